"""JSON in and out of REST: read by the one decoder, written with exact money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from django.conf import settings
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from core.problems import Problem
from core.wire.json import InvalidJSON, decode

# Lazy translations and the like are text.
_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


def encode(data: Any) -> bytes:
    """Return the JSON."""
    try:
        return _encoder.encode(data)
    except UnicodeEncodeError:
        return _encoder.encode(_writable(data))


class Renderer(BaseRenderer):
    """JSON in which a Decimal is a number with all its digits, as it stands in the currency."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the JSON; nothing at all for an answer without a body."""
        return b"" if data is None else encode(data)


def _writable(value: Any) -> Any:
    """Return the value with what UTF-8 cannot hold written as ``\\udc00``."""
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, Mapping):
        return {_writable(name): _writable(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_writable(member) for member in value]
    return value


class JSONParser(BaseParser):
    """JSON whose numbers with a point are Decimals, digit for digit; at most as long as the settings say."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value; raises a 413 or 400 problem."""
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        data = stream.read(most + 1)
        if len(data) > most:
            raise Problem(413, "too_large", f"Expected a body of at most {most} bytes, got more.")
        try:
            return decode(data)
        except InvalidJSON as error:
            errors = {error.field: [error.sentence]} if error.field else None
            sentence = f"The body is not JSON that can be read: {error}"
            raise Problem(400, "invalid_json", sentence, errors=errors) from None


class AlwaysFirst(BaseContentNegotiation):
    """The view's first renderer and the parser that fits; the Accept header is ignored.

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
