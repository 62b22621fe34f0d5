"""Columns of one line of text: the same check and the same letters at every entry point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models

from core.wire.lines import NotOneLine, one_line


def check_line(text: str) -> None:
    """Raise ValidationError unless it is one line of visible text."""
    try:
        one_line(text)
    except NotOneLine as error:
        raise ValidationError(str(error), "unfit") from None


if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    # Only type checkers know it as generic.
    CharField = models.CharField


class LineField(CharField):
    """A name, an address, a note: one line, in normal form."""

    default_validators = [check_line]

    def to_python(self, value: Any) -> Any:
        """Return the text in its normal form; what is none is left to the validator."""
        text = super().to_python(value)
        return _normal(text)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Store the normal form."""
        text = _normal(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, text)
        return text

    def deconstruct(self) -> Any:
        """Stand in migrations as what the database knows."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


def _normal(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        return one_line(text)
    except NotOneLine:
        return text
