"""Admin of orders, to look at; refunds are given on the branch's page."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnlyAdmin, link_to
from core.orders.models import ExitCheck, Order, ReceiptMail, Refund


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """What was bought."""

    list_display = (
        "number", "branch_code", "user_id", "status", "total", "refunded", "currency", "units", "payment",
        "session_id", "placed_at",
    )  # fmt: skip
    list_filter = ("branch_code", "status")
    search_fields = ("order_id", "number", "user_id")
    date_hierarchy = "placed_at"

    @admin.display(description="payment")
    def payment(self, row: Order) -> str:
        """Return the way to the payment: an order has its key."""
        return link_to("payments", "payment", row.order_id, "payment")


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """What was given back."""

    list_display = ("order_id", "amount", "status", "reason", "at", "settled_at")
    list_filter = ("status",)
    search_fields = ("order_id",)


@admin.register(ExitCheck)
class ExitCheckAdmin(ReadOnlyAdmin):
    """What came of looking into trolleys at the exit."""

    list_display = (
        "order_id", "branch_code", "outcome", "missing_units", "unpaid_units", "unpaid_amount", "currency",
        "begun_at", "settled_at",
    )  # fmt: skip
    list_filter = ("branch_code", "outcome")
    search_fields = ("order_id", "user_id")
    date_hierarchy = "begun_at"


@admin.register(ReceiptMail)
class ReceiptMailAdmin(ReadOnlyAdmin):
    """Which receipts went out."""

    list_display = ("order_id", "outcome", "attempts", "claimed_at", "done_at")
    list_filter = ("outcome",)
    search_fields = ("order_id",)
