"""A trolley's history, and a branch's latest events, with actors and reasons: read from the journal."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any, cast

import msgspec
from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.people import ShownNames
from core.accounts.principals import Principal
from core.fleet.models import Trolley
from core.fleet.trolleys.branch_api import find_in
from core.journal.models import Event
from core.rest.fields import Moment, rfc3339
from core.rest.views import View

_PAGE = 100
_SEQ = {"type": "integer", "minimum": 1, "maximum": 2**53}
_EACH = 20
"""Of a trolley's newest events are looked at for its branch's, by the key: however long its history is."""
_TOGETHER = 200
"""Trolleys that one query asks for."""
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


class BranchHappeningAnswer(HappeningAnswer):
    """One event of one of the branch's trolleys."""

    trolley_id = serializers.CharField()
    cart_number = serializers.IntegerField()


class BranchTimelineView(View):
    """What happened last in a branch."""

    @extend_schema(responses=BranchHappeningAnswer(many=True), operation_id="branch_timeline")
    def get(self, request: Request, branch_id: str) -> Response:
        """Return what happened last to the branch's trolleys, newest first, at most a hundred events."""
        branch = scopes.find_branch(cast(Principal, request.auth), "branch.watch", branch_id)
        rows = Trolley.objects.filter(branch=branch, seq__gt=0)
        known = {
            f"trolley/{code}": (code, number)
            for code, number in rows.values_list("trolley_id", "cart_number")
        }
        newest = [
            Q(entity=f"trolley/{code}", seq__gt=seq - _EACH)
            for code, seq in rows.values_list("trolley_id", "seq")
        ]
        found: list[tuple[Any, ...]] = []
        for place in range(0, len(newest), _TOGETHER):
            some = Event.objects.filter(reduce(or_, newest[place : place + _TOGETHER])).order_by("-at")
            found += some.values_list("seq", "at", "name", "principal", "data", "entity")[:_PAGE]
        found = sorted(found, key=lambda row: -row[1])[:_PAGE]
        told = _results([row[:5] for row in found])
        whose = [dict(zip(("trolley_id", "cart_number"), known[row[5]], strict=True)) for row in found]
        return Response([{**event, **trolley} for event, trolley in zip(told, whose, strict=True)])


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


def _results(rows: list[Any]) -> list[dict[str, Any]]:
    told = [
        (seq, at, name, person_of(principal), msgspec.json.decode(data))
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


def person_of(principal: str) -> uuid.UUID | None:
    """Return the user id of the principal of an event; None for devices and the system."""
    kind, _, key = principal.partition(":")
    return _uuid(key) if kind == "user" else None


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return None if text is None else uuid.UUID(text)
    except ValueError:
        return None
