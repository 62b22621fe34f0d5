"""Stock, movements and reservations as the journal's projector writes them; read only for all else.

And imports of counts and deliveries, which people begin.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from core.lines import LineField


class StockLevel(models.Model):
    """One SKU in one branch. Projected."""

    id = models.CharField(primary_key=True, max_length=120)
    """``branch:sku``."""
    branch_code = models.CharField(max_length=40, db_index=True)
    sku = models.CharField(max_length=73)
    """``product_id``, or ``product_id/variant_id``."""
    product_id = models.UUIDField(db_index=True)
    variant_id = models.UUIDField(null=True, blank=True)
    on_hand = models.BigIntegerField()
    reserved = models.BigIntegerField()
    received = models.BigIntegerField()
    """Ever, with every adjustment; always ``on_hand + sold``."""
    sold = models.BigIntegerField()
    low_at = models.BigIntegerField()
    low = models.BooleanField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["branch_code", "sku"]

    def __str__(self) -> str:
        return self.id


class Movement(models.Model):
    """Units that came or went for good: a delivery, a count, a sale. Projected."""

    id = models.CharField(primary_key=True, max_length=80)
    """``branch:seq:place``."""
    branch_code = models.CharField(max_length=40)
    sku = models.CharField(max_length=73)
    product_id = models.UUIDField(db_index=True)
    variant_id = models.UUIDField(null=True, blank=True)
    kind = models.CharField(max_length=10)
    """received, adjusted, sold."""
    units = models.BigIntegerField()
    """Less than nothing for what went."""
    reservation_id = models.UUIDField(null=True, blank=True)
    note = LineField(max_length=200, blank=True)
    principal = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "id"]
        indexes = [models.Index(fields=["branch_code", "-at"], name="inventory_movement_branch")]

    def __str__(self) -> str:
        return f"{self.kind} {self.units} x {self.sku}"


class Reservation(models.Model):
    """Goods kept for a shopper at the checkout. Projected."""

    reservation_id = models.UUIDField(primary_key=True)
    branch_code = models.CharField(max_length=40)
    user_id = models.UUIDField(db_index=True)
    status = models.CharField(max_length=20)
    """active, released, sold."""
    reason = models.CharField(max_length=20, blank=True)
    """Why it was released: cancelled, expired, session_ended, returned."""
    units = models.BigIntegerField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["status", "expires_at"], name="inventory_reservation_due")]

    def __str__(self) -> str:
        return f"{self.reservation_id} {self.status}"


class StockImport(models.Model):
    """A file of counts or deliveries of one branch: what it would do, and once it was applied what it did."""

    class Status(models.TextChoices):
        """``checked``: nothing has been written; ``begun``: some lines may have been, apply it again."""

        CHECKED = "checked"
        BEGUN = "begun"
        APPLIED = "applied"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    branch = models.ForeignKey("tenancy.Branch", on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status, default=Status.CHECKED)
    lines = models.JSONField(default=list)
    """One object a line of the file, as ``counts.Line``."""
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name
