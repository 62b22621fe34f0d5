"""Tables that belong to no single subject."""

from __future__ import annotations

from django.db import models


class KeptAnswer(models.Model):
    """The answer to a request with an Idempotency-Key, made in the same transaction as its effect."""

    key = models.CharField(max_length=64, primary_key=True)
    """Digest of caller, path and the client's key."""
    fingerprint = models.CharField(max_length=64)
    """Digest of what was sent."""
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return self.key


class ReferenceVersion(models.Model):
    """How often a kind of reference data has changed, so that every process notices what others changed."""

    what = models.CharField(max_length=20, primary_key=True)
    number = models.PositiveBigIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.what} {self.number}"
