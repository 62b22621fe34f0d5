"""Admin of chains and branches."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from core.admin import ModelAdmin, TabularInline, activate, deactivate
from core.tenancy.models import Branch, Chain


class BranchInline(TabularInline):
    """Branches of a chain."""

    model = Branch
    extra = 0
    fields = ("code", "name", "city", "timezone", "is_active")
    show_change_link = True


@admin.register(Chain)
class ChainAdmin(ModelAdmin):
    """Retailers."""

    list_display = ("name", "slug", "currency", "is_active")
    list_filter = ("is_active", "currency")
    search_fields = ("name", "slug")
    inlines = (BranchInline,)
    actions = (activate, deactivate)


@admin.register(Branch)
class BranchAdmin(ModelAdmin):
    """Stores and their settings."""

    list_display = (
        "code",
        "name",
        "chain",
        "city",
        "is_active",
        "session_timeout_s",
        "qr_sheet",
    )
    list_filter = ("chain", "is_active", "city")
    list_editable = ("is_active",)
    search_fields = ("code", "name", "city")
    autocomplete_fields = ("chain",)
    list_select_related = ("chain",)
    actions = (activate, deactivate)
    fieldsets = (
        (None, {"fields": ("chain", "code", "name", "is_active")}),
        ("Place", {"fields": ("address", "city", "latitude", "longitude", "timezone")}),
        (
            "Trolleys",
            {
                "fields": (
                    "session_timeout_s",
                    "restore_s",
                    "resumes_sessions",
                    "one_trolley_per_user",
                    "rental_minutes",
                    "returns_anywhere",
                    "signed_qr_only",
                )
            },
        ),
        ("Map", {"fields": ("floor_plan",), "classes": ("collapse",)}),
    )

    @admin.display(description="QR codes")
    def qr_sheet(self, row: Branch) -> str:
        """Return the link to the page to print."""
        return format_html('<a href="{}" target="_blank">print</a>', reverse("qr-sheet", args=[row.code]))
