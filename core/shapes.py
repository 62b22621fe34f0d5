"""JSON columns of one shape: the same check for forms, APIs, imports and what a migration finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db import models

Check = Callable[[Any], None]
"""Raises ValidationError that says what was expected and what came."""


class ShapedJSONField(models.JSONField):
    """A JSON column whose validators see every value.

    Django takes ``[]`` and ``{}`` for "left empty" and asks no validator about them, so an empty list came
    to stand where an object belongs.
    """

    empty_values = (None, "")

    def deconstruct(self) -> Any:
        """Stand in migrations as what the database knows."""
        name, _, args, kwargs = super().deconstruct()
        kwargs.pop("validators", None)
        return name, "django.db.models.JSONField", args, kwargs


def checked_by(shape: type[msgspec.Struct]) -> Check:
    """Return the check that a JSON value has this shape."""

    def check(value: Any) -> None:
        try:
            msgspec.convert(value, shape)
        except msgspec.ValidationError as error:
            raise ValidationError(f"{error}.", "unfit") from None

    return check


def mend(rows: models.QuerySet[Any], name: str, check: Check, empty: Callable[[], Any]) -> int:
    """Empty the column wherever its value has another shape, for migrations; return how often."""
    wrong = 0
    for row in rows.order_by("pk").only("pk", name).iterator(chunk_size=1000):
        try:
            check(getattr(row, name))
        except ValidationError:
            wrong += rows.filter(pk=row.pk).update(**{name: empty()})
    return wrong
