"""The carts as the journal's projector writes them. Read only for everybody else."""

from __future__ import annotations

import uuid

from django.db import models


def cart_id_of(user_id: str) -> uuid.UUID:
    """Return the id of a user's cart; made from the user's id, so that reading needs no write."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"cart:{user_id}")


class Cart(models.Model):
    """A user's open cart: totals only. Projected."""

    user_id = models.UUIDField(primary_key=True)
    cart_id = models.UUIDField(unique=True)
    currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    items_count = models.IntegerField(default=0, db_default=0)
    total_items = models.IntegerField(default=0, db_default=0)
    total_price = models.DecimalField(max_digits=14, decimal_places=4, default=0, db_default=0)
    revision = models.BigIntegerField(default=0, db_default=0)
    session_id = models.UUIDField(null=True, blank=True, db_index=True)
    updated_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.cart_id)


class Need(models.Model):
    """An approval that a cart's goods need, and the decision of staff. Projected."""

    need_id = models.UUIDField(primary_key=True)
    user_id = models.UUIDField(db_index=True)
    branch_code = models.CharField(max_length=40, blank=True, default="")
    """Empty: of a cart without a trolley."""
    session_id = models.UUIDField(null=True, blank=True)
    product_id = models.UUIDField()
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=200)
    age = models.IntegerField(default=0)
    state = models.CharField(max_length=10)
    """``waiting``, ``approved``, ``refused``, or ``withdrawn`` once the goods are gone."""
    raised_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.UUIDField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["raised_at"]
        indexes = [models.Index(fields=["branch_code", "state"], name="shopping_need_waiting")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class BudgetAlert(models.Model):
    """A share of a user's budget that was reached. Projected."""

    id = models.UUIDField(primary_key=True)
    user_id = models.UUIDField(db_index=True)
    share = models.DecimalField(max_digits=4, decimal_places=2)
    amount = models.DecimalField(max_digits=14, decimal_places=4)
    currency = models.CharField(max_length=3)
    period = models.CharField(max_length=10)
    at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "shopping_budget_alert"

    def __str__(self) -> str:
        return f"{self.share} of {self.amount} {self.currency} a {self.period}"


class CartItem(models.Model):
    """A line of a user's open cart. Projected."""

    line_id = models.UUIDField(primary_key=True)
    user_id = models.UUIDField(db_index=True)
    product_id = models.UUIDField(db_index=True)
    variant_id = models.UUIDField(null=True, blank=True)
    barcode = models.CharField(max_length=40)
    name = models.CharField(max_length=160)
    quantity = models.IntegerField()
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    line_total = models.DecimalField(max_digits=14, decimal_places=4)
    added_at = models.DateTimeField()
    lots = models.TextField(blank=True, default="", db_default="")
    """One a line: the production lots of its units, as far as their labels said."""

    class Meta:
        db_table = "shopping_cart_item"
        ordering = ["added_at"]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.name}"
