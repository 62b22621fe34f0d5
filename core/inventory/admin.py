"""Admin of stock, to look at; it is changed by commands, and imported with a dry run."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from core.inventory.models import Movement, Reservation, StockLevel


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    """What there is."""

    list_display = ("branch_code", "sku", "on_hand", "reserved", "sold", "low_at", "low", "updated_at")
    list_filter = ("branch_code", "low")
    search_fields = ("sku", "branch_code")


@admin.register(Movement)
class MovementAdmin(ReadOnlyAdmin):
    """What came and went."""

    list_display = ("at", "branch_code", "sku", "kind", "units", "note", "principal")
    list_filter = ("branch_code", "kind")
    search_fields = ("sku", "note", "principal")
    date_hierarchy = "at"


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """What is kept, and was."""

    list_display = ("created_at", "branch_code", "status", "reason", "units", "expires_at", "closed_at")
    list_filter = ("branch_code", "status", "reason")
    search_fields = ("branch_code", "status")
    date_hierarchy = "created_at"
