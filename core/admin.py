"""What the admins of all subjects share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from core import reference
from core.rest.folding import folded
from core.trail.notes import note_rows
from core.wire import amounts

admin.site.site_header = admin.site.site_title = "Smart Trolley"
admin.site.index_title = "What is set up, and what has happened"


if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _TabularInline = admin.TabularInline[Any, Any]
    ModelForm = forms.ModelForm[Any]
else:
    # Only type checkers know these as generic.
    _ModelAdmin, _TabularInline, ModelForm = admin.ModelAdmin, admin.TabularInline, forms.ModelForm


class ExactNumberField(forms.DecimalField):
    """A number as every other door reads it: no exponent, no other script's digits, nothing between them."""

    def to_python(self, value: Any) -> Any:
        """Return the number, None if there is none. Raises ValidationError."""
        text = str(value).strip() if value is not None else ""
        if not text:
            return None
        try:
            return amounts.read(text)
        except amounts.InvalidAmount as error:
            raise ValidationError(str(error), code="invalid") from error


class ExactIntegerField(forms.IntegerField):
    """A whole number as every other door reads it: digits from 0 to 9 and nothing between or behind them."""

    def to_python(self, value: Any) -> Any:
        """Return the number, None if there is none. Raises ValidationError."""
        text = str(value).strip() if value is not None else ""
        if text and not _WHOLE.fullmatch(text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(text)


_WHOLE = re.compile(r"-?[0-9]{1,18}")
_EXACT: dict[Any, Any] = {
    models.DecimalField: {"form_class": ExactNumberField},
    models.IntegerField: {"form_class": ExactIntegerField},
    models.BigIntegerField: {"form_class": ExactIntegerField},
}


class TabularInline(_TabularInline):
    """Rows of another table on a row's page."""

    formfield_overrides = _EXACT


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

    formfield_overrides = _EXACT


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


_LINKS = {
    "order_id": ("orders", "order"),
    "payment_id": ("payments", "payment"),
    "session_id": ("fleet", "session"),
}
"""Columns that name a row of another kind by its key: each leads to that row's page."""
Column = Callable[[Any], str]


class ReadOnlyAdmin(ModelAdmin):
    """For rows that the projections write: to look at, not to change.

    People are shown by name, and what names a row leads to it, in lists as on the row's own page.
    """

    def get_list_display(self, request: HttpRequest) -> Any:
        """Show names and links where rows hold ids; the row's own key stays what opens it."""
        names = [str(name) for name in super().get_list_display(request)]
        return [names[0], *(self._column(name) for name in names[1:])]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the same on the row's own page."""
        if self.fields:
            return super().get_fields(request, obj)
        return [self._column(field.name) for field in self.opts.concrete_fields if field.editable]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows with the username of whom they are about, read along with them."""
        rows: QuerySet[Any] = super().get_queryset(request)
        if not self._has_person():
            return rows
        user: Any = apps.get_model("accounts", "User")
        named = user.objects.filter(pk=models.OuterRef("user_id")).values("username")[:1]
        annotated: QuerySet[Any] = rows.annotate(user_named=models.Subquery(named))
        return annotated

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Find rows by the username of whom they are about, too."""
        rows, twice = super().get_search_results(request, queryset, search_term)
        if search_term and self._has_person():
            user: Any = apps.get_model("accounts", "User")
            rows |= queryset.filter(
                user_id__in=user.objects.filter(username__icontains=search_term).values("pk")
            )
        return rows, twice

    def _has_person(self) -> bool:
        kinds = {field.name: field for field in self.opts.concrete_fields}
        return isinstance(kinds.get("user_id"), models.UUIDField)

    def _column(self, name: str) -> str | Column:
        if name == "user_id" and self._has_person():
            return _column(
                "user_id", "who", lambda row: link_to("accounts", "user", row.user_id, row.user_named)
            )
        if (
            name in _LINKS
            and name != self.opts.pk.name
            and isinstance(self.opts.get_field(name), models.UUIDField)
        ):
            return _column(
                name, name.removesuffix("_id"), lambda row: link_to(*_LINKS[name], getattr(row, name))
            )
        return name

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody may."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody may."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody may."""
        return False


def _column(name: str, title: str, shown: Column) -> Column:
    column: Any = admin.display(description=title, ordering=name)(lambda row: shown(row))
    column.__name__ = name
    result: Column = column
    return result


def link_to(app: str, kind: str, key: Any, text: str | None = None) -> str:
    """Return a link to a row's page; its key alone where there is no such row any more."""
    if key is None:
        return "–"
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{app}_{kind}_change", args=[key]), text or key)


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
    """Switch rows on or off and report it."""
    kind: type[models.Model] = model_admin.model
    kinds = {"catalogue": reference.CATALOGUE, "tenancy": reference.BRANCHES}
    what = kinds.get(kind._meta.app_label, reference.DIRECTORY)
    count = update_all(rows, what, is_active=active)
    names = kind._meta.verbose_name if count == 1 else kind._meta.verbose_name_plural
    model_admin.message_user(request, f"{count} {names} {'activated' if active else 'deactivated'}.")


@admin.action(description="Activate")
def activate(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[Any]) -> None:
    """Bulk action."""
    set_active(model_admin, request, rows, True)


@admin.action(description="Deactivate")
def deactivate(model_admin: ModelAdmin, request: HttpRequest, rows: QuerySet[Any]) -> None:
    """Bulk action."""
    set_active(model_admin, request, rows, False)
