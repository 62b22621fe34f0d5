"""Admin of carts, to look at."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from core.shopping.models import BudgetAlert, Cart, CartItem


@admin.register(Cart)
class CartAdmin(ReadOnlyAdmin):
    """Open carts."""

    list_display = (
        "cart_id",
        "user_id",
        "items_count",
        "total_items",
        "total_price",
        "currency",
        "updated_at",
    )
    list_filter = ("currency", "updated_at")
    search_fields = ("cart_id", "user_id", "session_id")


@admin.register(BudgetAlert)
class BudgetAlertAdmin(ReadOnlyAdmin):
    """Shares of budgets that were reached."""

    list_display = ("at", "user_id", "share", "amount", "currency", "period")
    list_filter = ("period", "at")
    search_fields = ("user_id",)


@admin.register(CartItem)
class CartItemAdmin(ReadOnlyAdmin):
    """Lines of open carts."""

    list_display = ("name", "barcode", "quantity", "unit_price", "line_total", "user_id", "added_at")
    search_fields = ("name", "barcode", "user_id")
    list_filter = ("added_at",)
