"""Admin of payments, to look at: what was paid, what became of it, and every call of a provider."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core import owner_jobs
from core.admin import ReadOnlyAdmin
from core.payments.models import Attempt, Payment, SandboxCharge, SandboxDispute, SandboxRefund
from core.payments.providers import sandbox_desk
from core.payments.tasks import CATCH_UP


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Money that somebody owes or paid."""

    list_display = (
        "payment_id", "branch_code", "user_id", "order_id", "session_id", "provider", "status",
        "amount", "refunded", "currency", "unsettled",
        "refunds_refused", "started_at",
    )  # fmt: skip
    list_filter = ("status", "provider", "unsettled", "branch_code")
    search_fields = ("payment_id", "order_id", "user_id", "reference", "capture")
    date_hierarchy = "started_at"


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """The ledger of what providers were asked and what they said."""

    list_display = ("payment_id", "provider", "asked", "outcome", "detail", "at", "took_ms")
    list_filter = ("provider", "asked", "outcome")
    search_fields = ("payment_id", "reference", "event_id")
    date_hierarchy = "at"


# --- the sandbox's own desk ------------------------------------------------------------------


def _done(model_admin: ReadOnlyAdmin, request: HttpRequest, results: list[Any]) -> None:
    """Say how many could be done, and have it found out."""
    owner_jobs.send(CATCH_UP, "sandbox")
    model_admin.message_user(request, f"{sum(map(bool, results))} of {len(results)} could be done.")


@admin.register(SandboxCharge)
class SandboxChargeAdmin(ReadOnlyAdmin):
    """What the sandbox took, and what people do with it there."""

    list_display = ("payment_id", "status", "amount", "currency", "paid_at")
    list_filter = ("status",)
    search_fields = ("payment_id",)
    actions = ("give_back", "dispute")

    @admin.action(description="Give back what is left, at the sandbox itself")
    def give_back(self, request: HttpRequest, rows: QuerySet[SandboxCharge]) -> None:
        """Bulk action."""
        _done(self, request, [sandbox_desk.give_back(row, sandbox_desk.refundable(row)) for row in rows])

    @admin.action(description="Have the buyer's bank dispute it")
    def dispute(self, request: HttpRequest, rows: QuerySet[SandboxCharge]) -> None:
        """Bulk action."""
        _done(self, request, [sandbox_desk.dispute(row, "product_not_received") for row in rows])


@admin.register(SandboxRefund)
class SandboxRefundAdmin(ReadOnlyAdmin):
    """What the sandbox gave back."""

    list_display = ("refund_id", "payment_id", "amount", "status", "detail", "at")
    list_filter = ("status",)
    search_fields = ("refund_id", "payment_id")
    actions = ("bounce",)

    @admin.action(description="Let the buyer's bank send it back")
    def bounce(self, request: HttpRequest, rows: QuerySet[SandboxRefund]) -> None:
        """Bulk action."""
        _done(self, request, [sandbox_desk.bounce(row) for row in rows])


@admin.register(SandboxDispute)
class SandboxDisputeAdmin(ReadOnlyAdmin):
    """What buyers' banks want back from the sandbox."""

    list_display = ("dispute_id", "payment_id", "amount", "reason", "status", "due_by")
    list_filter = ("status",)
    search_fields = ("dispute_id", "payment_id")
    actions = ("win", "lose")

    @admin.action(description="Let the bank leave the money to the shop")
    def win(self, request: HttpRequest, rows: QuerySet[SandboxDispute]) -> None:
        """Bulk action."""
        _done(self, request, [sandbox_desk.decide(row, "won") for row in rows])

    @admin.action(description="Let the bank take the money back")
    def lose(self, request: HttpRequest, rows: QuerySet[SandboxDispute]) -> None:
        """Bulk action."""
        _done(self, request, [sandbox_desk.decide(row, "lost") for row in rows])
