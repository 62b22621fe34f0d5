"""Samples as devices sent them, and their numbers by five minutes and by the hour."""

from __future__ import annotations

from django.db import models


class Sample(models.Model):
    """One telemetry message. Written by the telemetry writer alone, in bulk."""

    device_id = models.UUIDField()
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    """When the device made it."""
    received_at = models.DateTimeField(db_index=True)
    data = models.TextField()
    """A JSON object."""

    class Meta:
        constraints = [
            # A repeat has the same time; a new card in an old Pi counts from one again, at another time.
            models.UniqueConstraint(fields=["device_id", "at", "seq"], name="telemetry_sample_once")
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.seq}"


class Bucket(models.Model):
    """One number of one device over a stretch of time."""

    device_id = models.UUIDField()
    kind = models.CharField(max_length=120)
    """The number's name: its path in the sample, joined by dots."""
    seconds = models.IntegerField()
    """How long the stretch is: 300 or 3600."""
    at = models.DateTimeField()
    """When it begins."""
    count = models.IntegerField()
    total = models.FloatField()
    least = models.FloatField()
    most = models.FloatField()
    last = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device_id", "seconds", "at", "kind"], name="telemetry_bucket_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.kind} {self.at}"


class Progress(models.Model):
    """Up to when samples have been rolled up, by the time they were received."""

    name = models.CharField(max_length=20, primary_key=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.until}"
