"""Fields that accept only what they declare, closed bodies, moments."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from django.core.exceptions import ValidationError as DjangoError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from core.problems import told
from core.wire import amounts, closed, ids
from core.wire.lines import NotOneLine, one_line


def rfc3339(moment: datetime) -> str:
    """Return the moment in UTC with milliseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def or_none(moment: datetime | None) -> str | None:
    """Return the moment as :func:`rfc3339` does, None for none."""
    return None if moment is None else rfc3339(moment)


_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.A)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""A day from what Python can hold, so that every zone can show it."""


def moment(text: str) -> datetime:
    """Return the RFC 3339 time in UTC; raises ValueError, also for what no calendar of UTC has."""
    found = _RFC3339.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        day, clock, fraction, zone = found.groups()
        leap = clock.endswith(":60")
        clock = clock[:-2] + "59" if leap else clock
        zone = "+00:00" if zone in "Zz" else zone
        return datetime.fromisoformat(f"{day}T{clock}{(fraction or '')[:7]}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        sentence = f"Expected a time such as 2026-01-31T12:00:00Z, got {ids.shown(text)}."
        raise ValueError(sentence) from None


def local_moment(text: str) -> datetime:
    """Return the time as :func:`moment` does, of those that every zone can show; raises ValueError."""
    given = moment(text)
    if not _FIRST <= given <= _LAST:
        span = f"from {rfc3339(_FIRST)} to {rfc3339(_LAST)}"
        raise ValueError(f"Expected a time {span}, got {ids.shown(text)}.")
    return given


@extend_schema_field(OpenApiTypes.DATETIME)
class Moment(serializers.Field[Any, Any, Any, Any]):
    """A time on the wire: RFC 3339, UTC, milliseconds. Read only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: datetime) -> str:
        """Return the moment as text."""
        return rfc3339(value)


class ClosedSerializer(serializers.Serializer[Any]):
    """A body whose fields are all there is: an unknown one is an error that names it.

    ``null`` for an optional field is the same as leaving it out.
    """

    def get_fields(self) -> Any:
        """Return the fields; the document says of the optional ones that they may be null."""
        fields = super().get_fields()
        for field in fields.values():
            field.allow_null = not field.required
        return fields

    def to_internal_value(self, data: Any) -> Any:
        """Check the body; raises ValidationError."""
        if not isinstance(data, dict):
            sentence = f"Expected a JSON object, got {type_name(data)}."
            raise serializers.ValidationError({"non_field_errors": [sentence]})
        if errors := closed.unknown(data, self.fields):
            unknown = {
                name: [told(text, "unknown_field") for text in texts] for name, texts in errors.items()
            }
            raise serializers.ValidationError(unknown)
        given = {
            name: value for name, value in data.items() if value is not None or self.fields[name].required
        }
        return super().to_internal_value(given)


def checked(body: type[ClosedSerializer], request: Request, *, partial: bool = False) -> dict[str, Any]:
    """Return the request's body as ``body`` describes it, or the fields that came of it (``partial``).

    Raises ValidationError.
    """
    found = body(data=request.data, partial=partial)
    found.is_valid(raise_exception=True)
    return cast("dict[str, Any]", found.validated_data)


class CodedErrors:
    """A field whose errors carry a code and values, so that they can be translated."""

    error_messages: dict[str, Any]
    validators: list[Any]

    def fail(self, key: str, **values: Any) -> Any:
        """Raise ValidationError of the field's own error of that key."""
        text = str(self.error_messages[key]).format(**values)
        raise serializers.ValidationError(told(text, key, **_plain(values)))

    def mistyped(self, expected: str, data: Any) -> serializers.ValidationError:
        """Return the error of a value of another type than was expected."""
        return serializers.ValidationError(told(f"Expected {expected}, got {type_name(data)}.", "wrong_type"))

    def run_validators(self, value: Any) -> None:
        """Ask every validator; raises ValidationError with what they say."""
        found: list[Any] = []
        for validator in self.validators:
            try:
                validator(value)
            except serializers.ValidationError as error:
                if isinstance(error.detail, dict):
                    raise
                found += error.detail
            except DjangoError as error:
                found += [
                    told(text, each.code or "invalid", **_plain(each.params))
                    for each in error.error_list
                    for text in each.messages
                ]
        if found:
            raise serializers.ValidationError(found)


class StrictText(CodedErrors, serializers.CharField):
    """Text that must come as text: a number is refused, not turned into one."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text; raises ValidationError."""
        if not isinstance(data, str):
            raise self.mistyped("text", data)
        return super().to_internal_value(data)


class LineText(StrictText):
    """A name, a title, a note: one line of visible text, kept in its normal form."""

    def to_internal_value(self, data: Any) -> str:
        """Return the line; raises ValidationError."""
        try:
            line = one_line(super().to_internal_value(data))
        except NotOneLine as error:
            raise serializers.ValidationError(str(error), "unfit") from None
        if not line and not self.allow_blank:
            self.fail("blank")
        return line


class StrictBoolean(CodedErrors, serializers.BooleanField):
    """True or false, and nothing that only looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the value; raises ValidationError."""
        if not isinstance(data, bool):
            raise self.mistyped("true or false", data)
        return data


class StrictInteger(CodedErrors, serializers.IntegerField):
    """A whole number that must come as one."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number; raises ValidationError."""
        if not isinstance(data, int) or isinstance(data, bool):
            raise self.mistyped("a whole number", data)
        return data


class StrictFloat(CodedErrors, serializers.FloatField):
    """A number that needs no digits kept and must come as one."""

    def to_internal_value(self, data: Any) -> float:
        """Return the number; raises ValidationError."""
        if not isinstance(data, int | Decimal) or isinstance(data, bool):
            raise self.mistyped("a number", data)
        return float(data)


class StrictChoice(CodedErrors, serializers.ChoiceField):
    """One of some words or numbers, of the type that they have."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the choice; raises ValidationError."""
        if not any(type(data) is type(key) and data == key for key in self.choices):
            expected = ", ".join(map(str, self.choices))
            got = ids.shown(data) if isinstance(data, str) else data if type(data) is int else type_name(data)
            sentence = f"Expected one of {expected}, got {got}."
            raise serializers.ValidationError(told(sentence, "invalid_choice", expected=expected))
        return data


class StrictDay(CodedErrors, serializers.DateField):
    """A day of the calendar such as 2026-01-31, in digits from 0 to 9."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the day; raises ValidationError."""
        if not isinstance(data, str):
            raise self.mistyped("a day such as 2026-01-31", data)
        if not _DAY.fullmatch(data):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(data)


class StrictEmail(CodedErrors, serializers.EmailField):
    """An e-mail address, which is text."""

    def to_internal_value(self, data: Any) -> str:
        """Return the address; raises ValidationError."""
        if not isinstance(data, str):
            raise self.mistyped("an e-mail address", data)
        return super().to_internal_value(data)


class ExactNumber(CodedErrors, serializers.DecimalField):
    """A number kept digit for digit; text is refused. Wants ``core.rest.json.JSONParser``."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the number; raises ValidationError."""
        if not isinstance(data, int | Decimal) or isinstance(data, bool):
            raise self.mistyped("a number", data)
        return super().to_internal_value(data)

    def validate_precision(self, value: Decimal) -> Decimal:
        """Return the number; raises ValidationError ``too_many_digits``."""
        try:
            return super().validate_precision(value)
        except serializers.ValidationError as error:
            [detail] = cast("Any", error.detail)
            values = getattr(detail.code, "values", {})
            raise serializers.ValidationError(told(str(detail), "too_many_digits", **values)) from None


class Money(ExactNumber):
    """An amount, as a JSON number or as text, digit for digit. Wants ``core.rest.json.JSONParser``."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the amount; raises ValidationError."""
        try:
            return super().to_internal_value(amounts.read(data))
        except amounts.InvalidAmount as error:
            raise serializers.ValidationError(told(str(error), "invalid_amount")) from None


def _plain(values: dict[str, Any] | None) -> dict[str, Any]:
    """Return the values in a validator's sentence as JSON has them, without what was given itself."""
    return {
        name: value if isinstance(value, str | int | None) else str(value)
        for name, value in (values or {}).items()
        if name not in ("value", "show_value")
    }


def type_name(data: Any) -> str:
    """Return what JSON calls the value's type."""
    names = {bool: "true or false", str: "text", dict: "an object", list: "a list", type(None): "null"}
    return names.get(type(data), "a number")


class StrictId(CodedErrors, serializers.UUIDField):
    """An id, which is text on the wire: UUIDs made of numbers are refused."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the UUID; raises ValidationError."""
        if not isinstance(data, str):
            raise self.mistyped("an id", data)
        try:
            return ids.parse(data)
        except ids.InvalidId as error:
            raise serializers.ValidationError(told(str(error), "invalid_id")) from None
