"""Suppliers that deliver products files again and again."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class SupplierFeed(models.Model):
    """Where products files of a chain come from: an address that is asked on a schedule, or uploads.

    What is delivered is an import: a dry run that waits for a person, or, with ``applies``, one that writes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.ForeignKey("tenancy.Chain", on_delete=models.CASCADE, related_name="supplier_feeds")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    """In whose name it delivers, and no more than they may at that moment."""
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500, blank=True)
    """Empty: it is only uploaded to."""
    every_hours = models.PositiveSmallIntegerField(default=24)
    applies = models.BooleanField(default=False)
    on_error = models.CharField(max_length=10, default="nothing")
    """As in ``ImportJob.OnError``."""
    is_active = models.BooleanField(default=True)
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    """When its address is asked next; null: never."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "name"], name="catalogue_supplier_feed_unique")
        ]

    def __str__(self) -> str:
        return self.name
