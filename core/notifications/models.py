"""Notifications, preferences, and browsers that take web push."""

from __future__ import annotations

import uuid

from django.db import models

from core.accounts.models import User


class Notification(models.Model):
    """A notification to one person. Its text is composed when it is shown, in the reader's language."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=120)
    """The occasion: one of a key for each person."""
    data = models.JSONField(default=dict)
    """What the words need: codes and names of things, never of people."""
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["user", "-created_at"], name="notifications_of_user")]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notifications_once")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"


class Preference(models.Model):
    """One person's preference for one kind; without a row the default in ``kinds`` holds."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notification_preferences")
    kind = models.CharField(max_length=30)
    socket = models.BooleanField()
    email = models.BooleanField()
    sms = models.BooleanField()
    push = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="notifications_preference_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"


class PushSubscription(models.Model):
    """A browser that takes web push (RFC 8030), with its keys (RFC 8291)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.URLField(max_length=1000, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=40)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"push for {self.user_id}"
