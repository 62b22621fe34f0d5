"""Answers that are sent while they are made, over ASGI and WSGI alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse


def stream(request: HttpRequest, pieces: Iterator[bytes], **response: Any) -> StreamingHttpResponse:
    """Return the answer that consists of these pieces, with status, headers and content type.

    Over ASGI Django would read a plain iterator to its end before it sends anything.
    """
    content = _without_waiting(pieces) if isinstance(request, ASGIRequest) else pieces
    return StreamingHttpResponse(content, **response)


async def _without_waiting(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces, each made in the request's own thread, where its database connection is."""
    make = sync_to_async(lambda: next(pieces, None))
    while (piece := await make()) is not None:
        yield piece
