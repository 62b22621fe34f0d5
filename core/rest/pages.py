"""Pages of lists: ``next`` leads on by a cursor, so that rows that are added meanwhile shift nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field, Model, Q, QuerySet
from django.db.models.expressions import F, OrderBy
from rest_framework.exceptions import NotFound
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

CURSOR = "cursor"
_MOST = 2000
"""Characters of a cursor: names are among the values that it holds."""


@dataclass(frozen=True)
class Key:
    """A column or an annotation by which a list is sorted; rows without a value come last."""

    name: str
    kind: Field[Any, Any]
    descending: bool
    nullable: bool

    def order(self) -> OrderBy:
        """Return the order."""
        last = True if self.nullable else None
        found = F(self.name)
        return found.desc(nulls_last=last) if self.descending else found.asc(nulls_last=last)

    def text(self, row: Any) -> str | None:
        """Return the row's value as text."""
        value = getattr(row, self.name)
        return value.isoformat() if isinstance(value, date) else None if value is None else str(value)

    def same(self, value: Any) -> Q:
        """Return what has this value."""
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def beyond(self, value: Any) -> Q:
        """Return what comes after this value."""
        if value is None:
            return Q(pk__in=())
        further = Q(**{f"{self.name}__{'lt' if self.descending else 'gt'}": value})
        return further | Q(**{f"{self.name}__isnull": True}) if self.nullable else further


def keys_of(rows: QuerySet[Any]) -> tuple[Key, ...] | None:
    """Return by what the rows are sorted, something unique last; None if a cursor cannot hold it."""
    model: type[Model] = rows.model
    columns = {field.name: field for field in model._meta.concrete_fields}
    by_default = model._meta.ordering if rows.query.default_ordering else ()
    named: list[Any] = [*(rows.query.order_by or by_default or ()), "pk"]
    keys: list[Key] = []
    for each in named:
        if not isinstance(each, str):
            return None
        name = each.removeprefix("-")
        column = model._meta.pk if name == "pk" else columns.get(name)
        if column is not None and not column.is_relation:
            keys.append(Key(column.name, column, each.startswith("-"), column.null))
            if column.unique:
                return tuple(keys)
        elif column is None and name in rows.query.annotations:
            keys.append(Key(name, rows.query.annotations[name].output_field, each.startswith("-"), True))
        else:
            return None
    return None


def cursor_after(keys: Sequence[Key], row: Any) -> str:
    """Return the cursor of what follows the row."""
    values = [key.text(row) for key in keys]
    text = json.dumps([_signature(keys), values], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(keys: Sequence[Key], cursor: str) -> list[Any]:
    """Return the values that a cursor holds. Raises NotFound for one that is not of this list's order."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        signature, values = json.loads(text)
        if signature != _signature(keys) or len(values) != len(keys):
            raise ValueError(signature)
        return [
            None if value is None else key.kind.to_python(value)
            for key, value in zip(keys, values, strict=True)
        ]
    except (binascii.Error, ValueError, TypeError, ValidationError, RecursionError):
        raise NotFound("This is no cursor of this list.") from None


def rows_after(rows: QuerySet[Any], keys: Sequence[Key], values: Sequence[Any]) -> QuerySet[Any]:
    """Return the rows that come after those values."""
    beyond, so_far = Q(pk__in=()), Q()
    for key, value in zip(keys, values, strict=True):
        beyond |= so_far & key.beyond(value)
        so_far &= key.same(value)
    first, value = keys[0], values[0]
    return rows.filter(first.same(value) | first.beyond(value)).filter(beyond)


def _signature(keys: Sequence[Key]) -> str:
    return ",".join("-" * key.descending + key.name for key in keys)


class Pages(PageNumberPagination):
    """Lists as ``{count, next, previous, results}``, ``page_size`` up to 200 of them at once.

    ``next`` is the address of what follows, by a cursor; ``page``, from 1, jumps anywhere instead.
    ``count`` is how many there are in all.
    """

    page_size_query_param = "page_size"
    max_page_size = 200
    count: int
    following: str | None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """Return the rows of the page. Raises NotFound for a page or a cursor that is not there."""
        given = request.query_params
        keys = keys_of(queryset) if isinstance(queryset, QuerySet) else None
        size = self.get_page_size(request)
        if keys is None or size is None or (self.page_query_param in given and CURSOR not in given):
            numbered: list[Any] | None = super().paginate_queryset(queryset, request, view)
            if self.page is not None:
                self.count, self.following = self.page.paginator.count, self.get_next_link()
            return numbered
        self.request, self.count = request, queryset.count()
        sorted_rows = queryset.order_by(*[key.order() for key in keys])
        if CURSOR in given:
            sorted_rows = rows_after(sorted_rows, keys, read_cursor(keys, given[CURSOR]))
        found = list(sorted_rows[: size + 1])
        shown = found[:size]
        self.following = self._address(cursor_after(keys, shown[-1])) if len(found) > size else None
        return shown

    def _address(self, cursor: str) -> str:
        url = self.request.build_absolute_uri() if self.request else ""
        return replace_query_param(remove_query_param(url, self.page_query_param), CURSOR, cursor)

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page; the one before it is named where pages are counted."""
        before = self.get_previous_link() if hasattr(self, "page") else None
        return Response({"count": self.count, "next": self.following, "previous": before, "results": data})

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameters, with what they may be; nothing else is taken."""
        whole = {"type": "integer", "minimum": 1}
        schemas: dict[str, tuple[str, dict[str, Any]]] = {
            "page": ("Which page, from 1.", {**whole, "maximum": 100_000}),
            "page_size": ("How many on a page.", {**whole, "maximum": self.max_page_size}),
            CURSOR: ("Where `next` of a page leads.", {"type": "string", "maxLength": _MOST}),
        }
        return [
            {"name": name, "in": "query", "required": False, "description": text, "schema": schema}
            for name, (text, schema) in schemas.items()
        ]
