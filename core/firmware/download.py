"""A file over HTTP, whole or from where a download broke off (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from core.web.streaming import stream

_PIECE = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def part_of(header: str, size: int) -> tuple[int, int] | None:
    """Return first and last byte that a Range header asks for.

    None: the header is none we serve (several ranges, another unit), and the whole file is right.
    Raises ValueError if nothing of the file is in the range.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.group(1) == match.group(2) == "":
        return None
    begin, end = match.groups()
    if not begin:
        first, last = max(0, size - int(end)), size - 1
    else:
        first, last = int(begin), min(int(end), size - 1) if end else size - 1
        if end and int(end) < first:
            return None
    if first > last:
        raise ValueError(f"expected a range within {size} bytes, got {header}")
    return first, last


def serve(request: HttpRequest, file: Path, etag: str, name: str) -> HttpResponseBase:
    """Answer with the file, or with the part that Range asks for (206), or 416."""
    size = file.stat().st_size
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{etag}"', "Cache-Control": "private, no-transform"}
    first, last, status = 0, size - 1, 200
    wanted = request.headers.get("Range", "")
    if wanted and request.headers.get("If-Range", f'"{etag}"') == f'"{etag}"':
        try:
            part = part_of(wanted, size)
        except ValueError:
            return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
        if part is not None:
            (first, last), status = part, 206
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    headers["Content-Length"] = str(last - first + 1)
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers, content_type="application/octet-stream")
    return stream(
        request,
        _pieces(file, first, last),
        status=status,
        headers=headers,
        content_type="application/octet-stream",
    )


def _pieces(file: Path, first: int, last: int) -> Iterator[bytes]:
    with file.open("rb") as stream:
        stream.seek(first)
        left = last - first + 1
        while left > 0 and (piece := stream.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece
