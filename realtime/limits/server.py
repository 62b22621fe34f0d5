"""What every server of the product keeps to, whichever program serves: read once from the settings."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any

from django.conf import settings

from core.web.client_address import is_trusted
from realtime.limits.connections import Connections
from realtime.problems import CONTENT_TYPE, Problem
from realtime.wire import encode

LINGER_S = 1.0
"""So long is dropped what a refused client still sends, for closing at once may take our answer from it."""


class ServerLimits:
    """Of one process."""

    def __init__(self, head_bytes: int, head_s: float, connections: Connections) -> None:
        self.head_bytes = head_bytes
        """Of a request's address and headers."""
        self.head_s = head_s
        """From the first byte, or the connection, to the end of the headers."""
        self.connections = connections


@cache
def limits() -> ServerLimits:
    """Return this process's limits."""
    return ServerLimits(
        settings.HTTP_MAX_HEAD_BYTES,
        settings.HTTP_HEAD_S,
        Connections(
            settings.MAX_CONNECTIONS,
            settings.MAX_CONNECTIONS_PER_ADDRESS,
            lambda address: is_trusted(address, settings.TRUSTED_PROXIES),
        ),
    )


def _document(status: int, code: str, detail: str, retry_after: int | None = None) -> bytes:
    extra: dict[str, Any] = {} if retry_after is None else {"retry_after": retry_after}
    body = encode(Problem(status, code, detail, **extra).document())
    head = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"content-type: {CONTENT_TYPE}",
        f"content-length: {len(body)}",
        "connection: close",
        *([] if retry_after is None else [f"retry-after: {retry_after}"]),
    ]
    return "\r\n".join((*head, "", "")).encode() + body


REFUSALS: dict[int, bytes] = {
    400: _document(400, "invalid_request", "Expected an HTTP request, got something else."),
    408: _document(408, "head_too_slow", "The request's headers did not come in time."),
    413: _document(413, "body_too_large", "The body is larger than this server takes from strangers."),
    431: _document(431, "headers_too_large", "The request's address and headers are too large."),
    503: _document(503, "too_many_connections", "There are too many connections. Come again soon.", 5),
}
"""Whole responses, for what is refused before there is a request."""
