"""Orders as the journal's projector writes them; read only for all else. Beside them, what was mailed."""

from __future__ import annotations

from django.db import models

from core.lines import LineField


class Order(models.Model):
    """A paid purchase. Projected."""

    order_id = models.UUIDField(primary_key=True)
    """That of the payment that made it."""
    number = models.BigIntegerField(null=True, blank=True)
    """Unique in the branch; null for the moment until the till has counted it."""
    branch_code = models.CharField(max_length=40)
    chain_slug = models.CharField(max_length=50)
    user_id = models.UUIDField()
    reservation_id = models.UUIDField()
    session_id = models.UUIDField(null=True, blank=True)
    trolley_id = models.CharField(max_length=40, null=True, blank=True)
    status = models.CharField(max_length=20)
    """paid, partly_refunded, refunded."""
    currency = models.CharField(max_length=3)
    items_count = models.IntegerField()
    units = models.IntegerField()
    total = models.DecimalField(max_digits=14, decimal_places=4)
    amounts = models.TextField(blank=True, default="", db_default="")
    """JSON, see ``core.orders.amounts``; empty: the total is the sum of the lines."""
    removed_lines = models.IntegerField(default=0, db_default=0)
    """Lines that were taken out again before it was paid."""
    refunded = models.DecimalField(max_digits=14, decimal_places=4)
    placed_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    """When its exit pass was used."""
    verified_by = models.UUIDField(null=True, blank=True)
    dispute_status = models.CharField(max_length=20, blank=True, default="")
    """needs_response, under_review, won, lost; empty: the buyer's bank has asked for nothing."""
    dispute_reason = models.CharField(max_length=60, blank=True, default="")
    dispute_amount = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    dispute_due_by = models.DateTimeField(null=True, blank=True)
    """Until when the bank can be answered."""

    class Meta:
        ordering = ["-placed_at", "order_id"]
        indexes = [
            models.Index(fields=["user_id", "-placed_at"], name="orders_order_user"),
            models.Index(fields=["branch_code", "-placed_at"], name="orders_order_branch"),
            models.Index(fields=["branch_code", "number"], name="orders_order_number"),
        ]

    def __str__(self) -> str:
        return f"{self.branch_code} {self.number or self.order_id}"


class OrderItem(models.Model):
    """A line of an order, as it was sold. Projected."""

    id = models.CharField(primary_key=True, max_length=50)
    """``order:place``."""
    order_id = models.UUIDField(db_index=True)
    place = models.IntegerField()
    line_id = models.CharField(max_length=64)
    product_id = models.UUIDField(db_index=True)
    variant_id = models.UUIDField(null=True, blank=True)
    barcode = models.CharField(max_length=40)
    name = models.CharField(max_length=160)
    variant_name = models.CharField(max_length=160, null=True, blank=True)
    weight_g = models.IntegerField(null=True, blank=True)
    quantity = models.IntegerField()
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    line_total = models.DecimalField(max_digits=14, decimal_places=4)
    paid = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    """With a tax that came on top and a deposit; null: the line's total."""
    price_trace = models.TextField()
    """JSON: ``[{rule, unit_price}]``."""
    returned = models.IntegerField()
    """Units that went back into the stock."""
    lots = models.TextField(blank=True, default="", db_default="")
    """One a line: the production lots of its units, as far as their labels said."""

    class Meta:
        ordering = ["order_id", "place"]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.name}"


class Refund(models.Model):
    """Money that was given back, or is to be. Projected."""

    id = models.CharField(primary_key=True, max_length=110)
    """``order:refund``: the payment's own refunds may have names of any kind."""
    order_id = models.UUIDField(db_index=True)
    place = models.IntegerField()
    amount = models.DecimalField(max_digits=14, decimal_places=4)
    reason = models.CharField(max_length=200, blank=True)
    user_id = models.UUIDField(null=True, blank=True)
    """Who gave it; null: it was given at the payment's provider itself."""
    status = models.CharField(max_length=10)
    """pending, made, failed."""
    detail = models.CharField(max_length=200, blank=True)
    taxes = models.TextField(blank=True, default="", db_default="")
    """JSON: ``[{class, name, rate, net, tax}]`` of what goes back; empty: none is known."""
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["order_id", "place"]

    def __str__(self) -> str:
        return f"{self.amount} {self.status}"


class ExitCheck(models.Model):
    """What came of a check at the exit. Projected."""

    order_id = models.UUIDField(primary_key=True)
    """An order is checked once."""
    branch_code = models.CharField(max_length=40)
    chain_slug = models.CharField(max_length=50)
    user_id = models.UUIDField()
    """Whose order it is."""
    checked_by = models.UUIDField()
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, blank=True, default="")
    """clean, differences; empty: it goes on."""
    missing_units = models.IntegerField(default=0)
    unpaid_units = models.IntegerField(default=0)
    unpaid_amount = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    currency = models.CharField(max_length=3)
    settled_method = models.CharField(max_length=10, blank=True, default="", db_default="")
    """cash, card; empty: nothing was paid."""
    settled_at = models.DateTimeField(null=True, blank=True)
    """When what was not paid was paid."""

    class Meta:
        ordering = ["-begun_at"]
        indexes = [
            models.Index(fields=["branch_code", "-begun_at"], name="orders_exitcheck_branch"),
            models.Index(fields=["user_id", "-begun_at"], name="orders_exitcheck_user"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.outcome}"


class OrderBuyer(models.Model):
    """The business that an order was for. Not projected: a journal keeps no names."""

    order_id = models.UUIDField(primary_key=True)
    name = LineField(max_length=120)
    tax_number = LineField(max_length=30)
    address = LineField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        return self.name


class ReceiptMail(models.Model):
    """What became of the mail with an order's receipt. Not projected: what went out cannot be replayed."""

    order_id = models.UUIDField(primary_key=True)
    claimed_at = models.DateTimeField()
    """Since when somebody is at it; who has not finished in time has died."""
    attempts = models.IntegerField(default=1)
    done_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    """sent, or no_address."""

    class Meta:
        ordering = ["-claimed_at"]

    def __str__(self) -> str:
        return f"{self.order_id} {self.outcome}"
