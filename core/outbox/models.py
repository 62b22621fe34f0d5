"""Messages that are to go out, and what became of them."""

from __future__ import annotations

import uuid

from django.db import models


class Channel(models.TextChoices):
    """How a message goes out."""

    EMAIL = "email", "e-mail"
    SMS = "sms", "text message"
    PUSH = "push", "web push"


class DeliveryOutcome(models.TextChoices):
    """What became of a message."""

    SENT = "sent"
    NOT_WANTED = "not_wanted", "nothing to say any more"
    REFUSED = "refused", "refused by whoever was to deliver it"
    GIVEN_UP = "given_up", "given up"
    NO_SENDER = "no_sender", "nothing sends this way here"


class OutgoingMessage(models.Model):
    """One message to one address. Its text is composed when it is sent: no secret is stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=120, unique=True)
    """The occasion: two messages with one key are the same message."""
    channel = models.CharField(max_length=10, choices=Channel)
    to = models.CharField(max_length=320)
    """An e-mail address, a phone number (E.164), or the id of a browser."""
    kind = models.CharField(max_length=40)
    """Who composes it, see ``letters.composer``."""
    data = models.JSONField(default=dict, blank=True)
    """What the composer needs: ids, the language; no secret."""
    user_id = models.UUIDField(null=True, blank=True, db_index=True)
    """Whose message it is, if that was known when it was posted."""
    posted_at = models.DateTimeField()
    due_at = models.DateTimeField()
    """Not before; while somebody is at it, when somebody else may take over."""
    good_until = models.DateTimeField()
    """Later it is worth nothing and does not go out."""
    attempts = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=DeliveryOutcome, blank=True, default="")

    class Meta:
        ordering = ["-posted_at"]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(done_at=None), name="outbox_due"),
            models.Index(fields=["done_at"], name="outbox_done"),
            models.Index(fields=["to", "posted_at"], name="outbox_to"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}"
