"""Admin of chains and branches."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import phonenumbers
from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from core.admin import ModelAdmin, ModelForm, RetiringAdmin, TabularInline, activate, deactivate
from core.tenancy import closing
from core.tenancy.models import Branch, Chain
from core.wire import currencies

if TYPE_CHECKING:
    _Base = ModelAdmin
else:
    _Base = object

_CHOICES: dict[str, Callable[[], Iterable[str]]] = {
    "timezone": lambda: sorted(zoneinfo.available_timezones()),
    "currency": lambda: currencies.CODES,
    "country": lambda: sorted(phonenumbers.SUPPORTED_REGIONS),
}
"""What is chosen and not typed, by the column."""


class _ClosingForm(ModelForm):
    """A chain or branch; it closes only when no trolley of it is out."""

    class Meta:
        labels = {
            "session_timeout_s": "Session ends without a sign of life after (seconds)",
            "restore_s": "Goods of a session can be had back for (seconds)",
            "rental_minutes": "A trolley is expected back after (minutes)",
            "unpaid_minutes": "Out with unpaid goods is an alarm after (minutes)",
            "check_rate": "Share of orders that is looked into at the exit",
        }

    def clean(self) -> Any:
        """Refuse to close what has trolleys out."""
        values = super().clean() or {}
        row = self.instance
        if not row._state.adding and "is_active" in self.changed_data and not values.get("is_active"):
            closing.refuse_in_use(_branches_of(row))
        return values


def _branches_of(row: Chain | Branch) -> QuerySet[Branch]:
    return Branch.objects.filter(**({"chain": row} if isinstance(row, Chain) else {"pk": row.pk}))


@admin.action(description="Deactivate")
def close(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[Any]) -> None:
    """Bulk action: close those of which no trolley is out, and name the others."""
    busy = [row for row in rows if closing.trolleys_out(_branches_of(row))]
    for row in busy:
        model_admin.message_user(request, f"{row}: trolleys are out, so it stays open.", messages.ERROR)
    deactivate(model_admin, request, rows.exclude(pk__in=[row.pk for row in busy]))


class _Choosing(_Base):
    """Chooses time zones, currencies and countries from those that there are."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the field of a form."""
        known = _CHOICES.get(db_field.name)
        made: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if known is None:
            return made
        first = [] if made.required and db_field.has_default() else [("", "---------")]
        choices = [*first, *((each, each) for each in known())]
        return forms.ChoiceField(
            choices=choices, label=made.label, required=made.required, initial=made.initial
        )


class BranchInline(_Choosing, TabularInline):
    """Branches of a chain."""

    model = Branch
    extra = 0
    fields = ("code", "name", "city", "timezone", "is_active")
    readonly_fields = ("is_active",)
    """A branch is closed on its own page, which looks whether trolleys are out."""
    can_delete = False
    show_change_link = True


@admin.register(Chain)
class ChainAdmin(_Choosing, RetiringAdmin):
    """Retailers."""

    list_display = ("name", "slug", "currency", "is_active")
    list_filter = ("is_active", "currency")
    search_fields = ("name", "slug")
    inlines = (BranchInline,)
    actions = (activate, close)
    form = _ClosingForm


@admin.register(Branch)
class BranchAdmin(_Choosing, RetiringAdmin):
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
    search_fields = ("code", "name", "city")
    autocomplete_fields = ("chain",)
    list_select_related = ("chain",)
    actions = (activate, close)
    form = _ClosingForm
    fieldsets = (
        (None, {"fields": ("chain", "code", "name", "is_active")}),
        ("Place", {"fields": ("address", "city", "latitude", "longitude", "timezone", "opening_hours")}),
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
                    "conflict_display",
                    "check_rate",
                    "unpaid_minutes",
                )
            },
        ),
        ("Map", {"fields": ("floor_plan",), "classes": ("collapse",)}),
    )

    @admin.display(description="QR codes")
    def qr_sheet(self, row: Branch) -> str:
        """Return the link to the page to print."""
        return format_html('<a href="{}" target="_blank">print</a>', reverse("qr-sheet", args=[row.code]))
