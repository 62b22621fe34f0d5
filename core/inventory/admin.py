"""Admin of stock, to look at; it is changed by commands, and imported with a dry run."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from core.accounts.models import User
from core.accounts.principals import of
from core.admin import ModelAdmin, ReadOnlyAdmin
from core.catalogue.imports.sheets import SheetError
from core.inventory import counts
from core.inventory.models import Movement, Reservation, StockImport, StockLevel

if TYPE_CHECKING:
    _Form = forms.ModelForm[StockImport]
else:
    # Only type checkers know it as generic.
    _Form = forms.ModelForm

SHOWN = 2000
"""Lines of an import on its page; what is refused or changes comes first."""


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


class StockImportForm(_Form):
    """A file is checked before it is kept; keeping it changes no stock."""

    file = forms.FileField(
        help_text="CSV with the columns barcode, variant (if there are some), counted or received, low_at."
    )

    class Meta:
        model = StockImport
        fields = ("branch",)

    def clean(self) -> dict[str, Any] | None:
        """Read the file against the branch's stock."""
        cleaned = super().clean()
        file = self.files.get("file")
        if not cleaned or file is None or self.errors:
            return cleaned
        if (file.size or 0) > settings.IMPORT_MAX_BYTES:
            self.add_error("file", f"Expected at most {settings.IMPORT_MAX_BYTES} bytes.")
            return cleaned
        try:
            lines = counts.check(cleaned["branch"], file.read())
        except SheetError as error:
            self.add_error("file", str(error))
            return cleaned
        self.instance.lines = [dataclasses.asdict(line) for line in lines]
        self.instance.name = (file.name or "")[:200]
        return cleaned


@admin.register(StockImport)
class StockImportAdmin(ModelAdmin):
    """Counts and deliveries from a file: first what it would do, line by line, then doing it."""

    form = StockImportForm
    list_display = ("name", "branch", "status", "by", "created_at", "applied_at")
    list_filter = ("status", "branch")
    search_fields = ("name", "branch__code")
    list_select_related = ("branch", "by")
    autocomplete_fields = ("branch",)

    def has_change_permission(self, request: HttpRequest, obj: StockImport | None = None) -> bool:
        """Return False: a preview is not edited; see ``apply``."""
        return False

    def get_fields(self, request: HttpRequest, obj: StockImport | None = None) -> tuple[str, ...]:
        """Return what is filled in, or what is shown."""
        return ("branch", "file") if obj is None else ("branch", "name", "status", "by", "applied_at")

    def save_model(self, request: HttpRequest, obj: StockImport, form: Any, change: bool) -> None:
        """Note who brought it."""
        obj.by_id = request.user.pk
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: StockImport, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go to what the file would do."""
        messages.info(request, "This is a dry run: nothing has been changed yet.")
        return HttpResponseRedirect(_page(obj))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the lines, and a button while there is something to do."""
        job = StockImport.objects.filter(pk=object_id).first()
        if job is not None:
            order = ("refused", "changed", "applied", "unchanged")
            lines = sorted(job.lines, key=lambda line: (order.index(line["outcome"]), line["line"]))
            extra_context = {
                "lines": lines[:SHOWN],
                "left_off": max(0, len(lines) - SHOWN),
                "counts": Counter(line["outcome"] for line in lines),
                "may_apply": self.has_add_permission(request),
            }
        return super().change_view(request, object_id, form_url, extra_context)

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the button."""
        apply = path(
            "<uuid:pk>/apply/",
            self.admin_site.admin_view(require_POST(self.apply)),
            name="inventory_stockimport_apply",
        )
        return [apply, *super().get_urls()]

    def apply(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Do what the dry run showed."""
        if not self.has_add_permission(request):
            return HttpResponse(status=403)
        job = get_object_or_404(StockImport.objects.select_related("branch"), pk=pk)
        counts.apply(job, of(cast(User, request.user)))
        left = sum(line["outcome"] == "changed" for line in job.lines)
        if left:
            self.message_user(request, f"{left} lines could not be done; try again.", messages.WARNING)
        else:
            self.message_user(request, "The stock has been changed.")
        return HttpResponseRedirect(_page(job))


def _page(job: StockImport) -> str:
    return reverse("admin:inventory_stockimport_change", args=[job.pk])
