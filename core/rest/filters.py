"""Filters of lists, declared so that the API document states what they accept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.forms import DateField
from django_filters.fields import IsoDateTimeField
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from core.rest.fields import moment


def words(names: tuple[str, ...], column: str | None = None, **more: Any) -> Any:
    """Return a filter that takes one of these words."""
    return django_filters.ChoiceFilter(column, choices=[(name, name) for name in names], **more)


@extend_schema_field({"type": "number", "minimum": 0, "maximum": 999_999_999})
class PriceFilter(django_filters.NumberFilter):  # type: ignore[misc]
    """An amount of money, as large as columns hold."""


class _MomentField(IsoDateTimeField):  # type: ignore[misc]
    def to_python(self, value: str | None) -> datetime | None:
        """Return the RFC 3339 time, None for none."""
        try:
            return moment(value) if value else None
        except ValueError as error:
            raise ValidationError(str(error)) from None


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentFilter(django_filters.IsoDateTimeFilter):  # type: ignore[misc]
    """An RFC 3339 time."""

    field_class = _MomentField


@extend_schema_field({"type": "string", "format": "date"})
class DayFilter(django_filters.CharFilter):  # type: ignore[misc]
    """A day of the calendar such as 2026-01-31; whose day it is, is the list's to say."""

    field_class = DateField

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, input_formats=("%Y-%m-%d",), **options)
