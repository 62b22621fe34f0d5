"""What every REST endpoint shares: exact JSON, pages of a list, closed bodies, moments."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import msgspec
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


def rfc3339(moment: datetime) -> str:
    """Return the moment in UTC with milliseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Renderer(BaseRenderer):
    """JSON in which a Decimal is a number with all its digits, as it stands in the currency."""

    media_type = "application/json"
    format = "json"
    charset = None
    # Lazy translations and the like are text.
    _encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=str)

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the JSON; nothing at all for an answer without a body."""
        return b"" if data is None else self._encoder.encode(data)


class ExactJSONParser(BaseParser):
    """JSON whose numbers with a point are Decimals, digit for digit. NaN and Infinity are no JSON."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value; raises ParseError."""
        try:
            return json.loads(stream.read(), parse_float=Decimal, parse_constant=_no_json)
        except (ValueError, RecursionError) as error:
            raise ParseError("The body is not JSON: " + str(error)[:200]) from None


def _no_json(name: str) -> Any:
    raise ValueError(f"{name} is not a number.")


class AlwaysFirst(BaseContentNegotiation):
    """The view's first renderer and the parser that fits; the Accept header is not asked.

    There is one representation, and a problem must reach a client that only asked for an image.
    """

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        """Return the parser for the content type, or None (415)."""
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """Return the first renderer and its media type."""
        return renderers[0], renderers[0].media_type


class Pages(PageNumberPagination):
    """Lists as ``{count, next, previous, results}``; ``page`` from 1, ``page_size`` up to 200."""

    page_size_query_param = "page_size"
    max_page_size = 200


@extend_schema_field(OpenApiTypes.DATETIME)
class Moment(serializers.Field):  # type: ignore[type-arg]
    """A time on the wire: RFC 3339, UTC, milliseconds. Read only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: datetime) -> str:
        """Return the moment as text."""
        return rfc3339(value)


class ClosedSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """A body whose fields are all there is: an unknown one is an error that names it.

    ``null`` for an optional field is the same as leaving it out.
    """

    def to_internal_value(self, data: Any) -> Any:
        """Check the body; raises ValidationError."""
        if not isinstance(data, dict):
            sentence = f"Expected a JSON object, got {type(data).__name__}."
            raise serializers.ValidationError({"non_field_errors": [sentence]})
        if unknown := sorted(set(data) - set(self.fields)):
            raise serializers.ValidationError({name: ["This field is not known."] for name in unknown})
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


class StrictText(serializers.CharField):
    """Text that must come as text: a number is refused, not turned into one."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text; raises ValidationError."""
        if not isinstance(data, str):
            raise serializers.ValidationError(f"Expected text, got {type(data).__name__}.")
        return super().to_internal_value(data)


class StrictBoolean(serializers.BooleanField):
    """True or false, and nothing that only looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the value; raises ValidationError."""
        if not isinstance(data, bool):
            raise serializers.ValidationError(f"Expected true or false, got {type_name(data)}.")
        return data


class StrictInteger(serializers.IntegerField):
    """A whole number that must come as one."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number; raises ValidationError."""
        if not isinstance(data, int) or isinstance(data, bool):
            raise serializers.ValidationError(f"Expected a whole number, got {type_name(data)}.")
        return data


class ExactNumber(serializers.DecimalField):
    """A number kept digit for digit; text is refused. Wants ``ExactJSONParser``."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the number; raises ValidationError."""
        if not isinstance(data, int | Decimal) or isinstance(data, bool):
            raise serializers.ValidationError(f"Expected a number, got {type_name(data)}.")
        return super().to_internal_value(data)


def type_name(data: Any) -> str:
    """Return what JSON calls the value's type."""
    names = {bool: "true or false", str: "text", dict: "an object", list: "a list", type(None): "null"}
    return names.get(type(data), "a number")


class StrictId(serializers.UUIDField):
    """An id, which is text on the wire: UUIDs made of numbers are refused."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the UUID; raises ValidationError."""
        if not isinstance(data, str):
            raise serializers.ValidationError(f"Expected an id, got {type_name(data)}.")
        return super().to_internal_value(data)
