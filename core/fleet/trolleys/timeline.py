"""A trolley's history, with actors and reasons: read from the journal."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.people import ShownNames
from core.accounts.principals import Principal
from core.fleet.trolleys.branch_api import find_in
from core.journal.models import Event
from core.rest.fields import Moment, rfc3339
from core.rest.views import View

_PAGE = 100
_SEQ = {"type": "integer", "minimum": 1, "maximum": 2**53}
_DETAILS = ("reason", "notes", "outcome", "status", "detail")
"""Fields of a trolley's events that say why, or how."""


class HappeningAnswer(serializers.Serializer[Any]):
    """One event. ``by``: who gave the command, null for the system and for an erased account."""

    seq = serializers.IntegerField()
    at = Moment()
    name = serializers.CharField()
    by = serializers.CharField(allow_null=True)
    user = serializers.CharField(allow_null=True, help_text="Whom it is about.")
    why = serializers.CharField(help_text="Reason, notes or outcome; empty: none was given.")


class TimelineAnswer(serializers.Serializer[Any]):
    """The newest first; ``next`` is the ``before`` of the next page, null on the last."""

    next = serializers.IntegerField(allow_null=True)
    results = HappeningAnswer(many=True)


class TimelineView(View):
    """The timeline of a trolley."""

    @extend_schema(
        responses=TimelineAnswer,
        operation_id="branch_cart_timeline",
        parameters=[
            OpenApiParameter(
                "before",
                {"type": "integer", "minimum": 1, "maximum": 2**53},
                description="From a page before.",
            )
        ],
    )
    def get(self, request: Request, branch_id: str, cart_number: str) -> Response:
        """Return what happened to the trolley, newest first."""
        branch = scopes.find_branch(cast(Principal, request.auth), "branch.watch", branch_id)
        entity = f"trolley/{find_in(branch, cart_number).trolley_id}"
        rows = Event.objects.filter(entity=entity).order_by("-seq")
        if "before" in request.query_params:
            rows = rows.filter(seq__lt=int(request.query_params["before"]))
        found = list(rows.values_list("seq", "at", "name", "principal", "data")[: _PAGE + 1])
        results = _results(found[:_PAGE])
        return Response({"next": found[_PAGE - 1][0] if len(found) > _PAGE else None, "results": results})


def _results(rows: list[tuple[int, float, str, str, str]]) -> list[dict[str, Any]]:
    told = [
        (seq, at, name, _person(principal), msgspec.json.decode(data))
        for seq, at, name, principal, data in rows
    ]
    names = ShownNames()
    names.load(each for _, _, _, by, data in told for each in (by, _uuid(data.get("user_id"))))
    return [
        {
            "seq": seq,
            "at": rfc3339(datetime.fromtimestamp(at, UTC)),
            "name": name,
            "by": names.of(by),
            "user": names.of(_uuid(data.get("user_id"))),
            "why": next((str(data[field]) for field in _DETAILS if data.get(field)), ""),
        }
        for seq, at, name, by, data in told
    ]


def _person(principal: str) -> uuid.UUID | None:
    kind, _, key = principal.partition(":")
    return _uuid(key) if kind == "user" else None


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return None if text is None else uuid.UUID(text)
    except ValueError:
        return None
