"""Changing a row only as the client has seen it: ETag, If-Match, 412 and 428.

The ETag of a row with a ``version`` is that number in quotes. PUT, PATCH and DELETE want
it back in If-Match: without the header 428, with an old one 412; ``*`` means whatever is there.
"""

from __future__ import annotations

from typing import TypeVar

from django.db import models
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from core.problems import Problem

Row = TypeVar("Row", bound=models.Model)

IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "minLength": 1},
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of the row as it was read, or *. Missing: 428; no longer right: 412.",
)
KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255},
    OpenApiParameter.HEADER,
    description="The same key again gives the first answer again; with another body: 422.",
)


def tagged(response: Response, version: int) -> Response:
    """Return the response with the row's ETag."""
    response["ETag"] = f'"{version}"'
    return response


def claim(row: Row, request: Request) -> None:
    """Check If-Match and keep other writers of the row out until the transaction ends.

    Raises a 428 or 412 problem. The row counts a change, whatever comes of it.
    """
    wanted = request.headers.get("If-Match", "").strip()
    if not wanted:
        raise Problem(
            428, "precondition_required", "Expected an If-Match header with the ETag you have read."
        )
    rows = type(row)._default_manager.filter(pk=row.pk)
    if wanted != "*":
        tags = {tag.strip() for tag in wanted.split(",")}
        numbers = [int(tag[1:-1]) for tag in tags if tag[1:-1].isdecimal() and len(tag) < 13]
        rows = rows.filter(version__in=numbers)
    if not rows.update(version=models.F("version") + 1):
        raise Problem(
            412, "changed_since", "Somebody else has changed this since you read it; read it again."
        )
    row.refresh_from_db()
