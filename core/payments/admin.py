"""Admin of payments, to look at: what was paid, what became of it, and every call of a provider."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from core.payments.models import Attempt, Payment


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Money that somebody owes or paid."""

    list_display = (
        "payment_id", "branch_code", "provider", "status", "amount", "refunded", "currency", "unsettled",
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
