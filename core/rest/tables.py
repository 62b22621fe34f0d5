"""Tables as CSV files for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework.request import Request

from core.rest.fields import rfc3339
from core.web.streaming import stream

CSV_ANSWER: dict[Any, Any] = {(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR)}
"""What the document says of an endpoint that answers with a table."""
_RUN = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula, in wide letters too, or skips before one."""
_ROWS_A_PIECE = 500


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def cell(value: Any) -> Any:
    """Return the value as a cell; text that a spreadsheet would run has an apostrophe before it."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, str) and value.startswith(_RUN):
        return f"'{value}"
    return value


def local(moment: datetime | None, zone: ZoneInfo) -> str:
    """Return the moment as a branch's clock shows it, with how far that is from UTC; empty for none."""
    return "" if moment is None else moment.astimezone(zone).isoformat(timespec="milliseconds")


def csv_response(
    request: Request, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> StreamingHttpResponse:
    """Return a file of that name, in UTF-8 with a mark so that spreadsheets read it right."""
    return stream(
        request._request,
        _pieces(header, iter(rows)),
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
        content_type="text/csv; charset=utf-8",
    )


def _pieces(header: Sequence[str], rows: Iterator[Sequence[Any]]) -> Iterator[bytes]:
    writer = csv.writer(_Echo())
    yield writer.writerow(header).encode("utf-8-sig")
    while some := list(islice(rows, _ROWS_A_PIECE)):
        yield "".join(writer.writerow([cell(value) for value in row]) for row in some).encode()
