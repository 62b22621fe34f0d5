"""Alarms, those that stand and those that are over. Written by the journal's projector alone."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Alarm(models.Model):
    """Something in a branch that needs attention. Projected."""

    alarm_id = models.UUIDField(primary_key=True)
    branch_code = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    severity = models.CharField(max_length=10)
    subject = models.CharField(max_length=120)
    trolley_code = models.CharField(max_length=40, null=True, blank=True)
    device_id = models.UUIDField(null=True, blank=True)
    slot = models.IntegerField(null=True, blank=True)
    user_id = models.UUIDField(null=True, blank=True)
    """The shopper it concerns."""
    detail = models.CharField(max_length=500, blank=True, default="", db_default="")
    raised_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.UUIDField(null=True, blank=True)
    assignee = models.UUIDField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    snoozed_by = models.UUIDField(null=True, blank=True)
    snooze_reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    note = models.CharField(max_length=300, blank=True, default="", db_default="")
    """What was said to the assignee."""
    cleared_at = models.DateTimeField(null=True, blank=True)
    cleared_by = models.UUIDField(null=True, blank=True)
    """Null: its cause went."""
    seq = models.BigIntegerField()
    """Journal seq of the branch's alarms at the last change."""

    class Meta:
        ordering = ["-raised_at"]
        indexes = [
            models.Index(fields=["branch_code", "-raised_at"], name="alarms_of_branch"),
            models.Index(fields=["raised_at"], name="alarms_raised"),
            models.Index(fields=["branch_code"], condition=Q(cleared_at=None), name="alarms_standing"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class AlarmNotification(models.Model):
    """That people were notified of an alarm. Not projected: what was sent cannot be replayed."""

    alarm_id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.alarm_id)
