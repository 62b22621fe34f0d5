"""Payments as the journal's projector writes them, read only for all else; beside them, what the journal may
not know (addresses, secrets of the shopper's page), what providers were asked, and the sandbox's own books.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Payment(models.Model):
    """A payment, due or made. Projected."""

    payment_id = models.UUIDField(primary_key=True)
    user_id = models.UUIDField()
    branch_code = models.CharField(max_length=40)
    chain_slug = models.CharField(max_length=50)
    provider = models.CharField(max_length=20)
    status = models.CharField(max_length=20)
    """pending, requires_action, processing, paid, declined, refunded, failed."""
    amount = models.DecimalField(max_digits=14, decimal_places=4)
    refunded = models.DecimalField(max_digits=14, decimal_places=4)
    currency = models.CharField(max_length=3)
    reservation_id = models.UUIDField()
    session_id = models.UUIDField(null=True, blank=True)
    order_id = models.UUIDField(null=True, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    """The provider's own id."""
    capture = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    """Why it was declined, as a code."""
    detail = models.CharField(max_length=200, blank=True)
    unsettled = models.BooleanField()
    """The provider owes a word: on the payment, or on a refund."""
    refunds_refused = models.IntegerField()
    """Refunds that the provider will not make; somebody must."""
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    """When the reservation ends."""
    paid_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-started_at", "payment_id"]
        indexes = [
            models.Index(fields=["user_id", "-started_at"], name="payments_payment_user"),
            models.Index(fields=["unsettled", "updated_at"], name="payments_payment_due"),
            models.Index(fields=["provider", "reference"], name="payments_payment_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.status}"


class TillPayment(models.Model):
    """What a cashier took for a payment. Projected."""

    payment_id = models.UUIDField(primary_key=True)
    method = models.CharField(max_length=10)
    """cash, card."""
    due = models.DecimalField(max_digits=14, decimal_places=4)
    """Rounded to coins, for cash."""
    received = models.DecimalField(max_digits=14, decimal_places=4)
    taken_by = models.UUIDField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.received} {self.method}"


class Attempt(models.Model):
    """The ledger: one call of a provider, or one webhook of it, and what came of it."""

    payment_id = models.UUIDField()
    provider = models.CharField(max_length=20)
    asked = models.CharField(max_length=10)
    """create, confirm, look_up, refund, webhook."""
    outcome = models.CharField(max_length=20)
    """Name of what it said (Paid, Declined…) or of the trouble (ProviderDown…)."""
    reference = models.CharField(max_length=200, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    event_id = models.CharField(max_length=200, null=True, blank=True)
    """Of a webhook: the provider's id of the notice."""
    at = models.DateTimeField()
    took_ms = models.IntegerField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["payment_id", "-at"], name="payments_attempt_payment")]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="payments_attempt_event"),
        ]

    def __str__(self) -> str:
        return f"{self.asked} {self.outcome}"


class PaymentDetails(models.Model):
    """Details of a payment that do not belong in the journal: personal data, and the shopper's secret."""

    payment_id = models.UUIDField(primary_key=True)
    user_id = models.UUIDField(null=True, blank=True, db_index=True)
    """Known once the shopper gave addresses."""
    shipping_address = models.JSONField(null=True, blank=True)
    billing_address = models.JSONField(null=True, blank=True)
    client = models.JSONField(default=dict)
    """What the provider gave for the shopper's page."""

    def __str__(self) -> str:
        return str(self.payment_id)


class SandboxCharge(models.Model):
    """A payment in the books of the sandbox, which is a provider of its own."""

    payment_id = models.UUIDField(primary_key=True)
    amount = models.DecimalField(max_digits=14, decimal_places=4)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, default="open")
    """open, action, processing, paid, declined."""
    reason = models.CharField(max_length=40, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    """When it is paid; of ``processing``, when it will be."""

    def __str__(self) -> str:
        return f"{self.payment_id} {self.status}"


class SandboxRefund(models.Model):
    """Money that the sandbox gave back."""

    refund_id = models.CharField(primary_key=True, max_length=64)
    payment_id = models.UUIDField(db_index=True)
    amount = models.DecimalField(max_digits=14, decimal_places=4)
    status = models.CharField(max_length=10, default="made")
    """made, or failed: the buyer's bank sent it back."""
    detail = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)
    """Of its last change."""

    def __str__(self) -> str:
        return self.refund_id


class SandboxDispute(models.Model):
    """Money that a buyer's bank wants back from the sandbox."""

    dispute_id = models.CharField(primary_key=True, max_length=64)
    payment_id = models.UUIDField(db_index=True)
    amount = models.DecimalField(max_digits=14, decimal_places=4)
    reason = models.CharField(max_length=60)
    status = models.CharField(max_length=20, default="needs_response")
    """needs_response, won, lost."""
    due_by = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)
    """Of its last change."""

    def __str__(self) -> str:
        return f"{self.dispute_id} {self.status}"


class ProviderCursor(models.Model):
    """Up to when it is known what happened at a provider itself."""

    provider = models.CharField(primary_key=True, max_length=20)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.provider} {self.until}"


class SandboxNotice(models.Model):
    """A webhook that the sandbox has to deliver."""

    payment_id = models.UUIDField()
    event_id = models.CharField(max_length=64)
    """Two of the same id are one notice that is delivered twice."""
    due_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["delivered_at", "due_at"], name="payments_sandbox_notice_due")]

    def __str__(self) -> str:
        return self.event_id
