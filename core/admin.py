"""What the admins of all subjects share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from core import reference
from core.rest.folding import folded
from core.trail.notes import note_rows

admin.site.site_header = admin.site.site_title = "Smart Trolley"
admin.site.index_title = "Reference data and read models"


if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    ModelForm = forms.ModelForm[Any]
else:
    # Only type checkers know these as generic.
    _ModelAdmin, TabularInline, ModelForm = admin.ModelAdmin, admin.TabularInline, forms.ModelForm


class FoldingSearch(_ModelAdmin):
    """A search that finds without regard to case and accents, as every other search does."""

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Return where a search looks; texts are compared as ``core.rest.folding`` does."""
        return [
            f"{name}__folded__contains" if _is_text(self.model, str(name)) else str(name)
            for name in super().get_search_fields(request)
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return what a search finds."""
        return super().get_search_results(request, queryset, folded(search_term))


class ModelAdmin(FoldingSearch):
    """The admin of a table."""


def _is_text(model: type[models.Model], path: str) -> bool:
    """Return whether a path of fields, without a lookup, ends at text."""
    field: Any = None
    for name in path.split("__"):
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            return False
        model = field.related_model or model
    return isinstance(field, models.CharField | models.TextField)


class ReadOnlyAdmin(ModelAdmin):
    """For rows that the projections write: to look at, not to change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody may."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody may."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody may."""
        return False


class RetiringAdmin(ModelAdmin):
    """For rows that have a history, which points to them: they are taken out of use, never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody may."""
        return False


def update_all(rows: QuerySet[Any], what: str, **values: Any) -> int:
    """Set values in many rows at once and announce the change; return how many."""
    note_rows(rows, values)
    if any(field.name == "version" for field in rows.model._meta.concrete_fields):
        values["version"] = models.F("version") + 1
    changed = rows.update(**values)
    reference.changed(what)
    return changed


def set_active(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[Any], active: bool) -> None:
    """Switch rows on or off and say so."""
    kind: type[models.Model] = model_admin.model
    kinds = {"catalogue": reference.CATALOGUE, "tenancy": reference.BRANCHES}
    what = kinds.get(kind._meta.app_label, reference.DIRECTORY)
    count = update_all(rows, what, is_active=active)
    model_admin.message_user(
        request, f"{count} {kind._meta.verbose_name_plural} {'activated' if active else 'deactivated'}."
    )


@admin.action(description="Activate")
def activate(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[Any]) -> None:
    """Bulk action."""
    set_active(model_admin, request, rows, True)


@admin.action(description="Deactivate")
def deactivate(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[Any]) -> None:
    """Bulk action."""
    set_active(model_admin, request, rows, False)
