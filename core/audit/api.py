"""REST of the audit trail, for those who run a chain or a branch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import names, scopes
from core.accounts.models import User
from core.accounts.people import ShownNames
from core.accounts.principals import PERMISSIONS, Principal
from core.audit import places
from core.rest.fields import Moment, moment, rfc3339
from core.rest.tables import CSV_ANSWER, csv_response, local
from core.rest.views import View
from core.tenancy.lookup import by_id_or
from core.tenancy.models import Branch
from core.trail.models import Entry
from core.wire import ids

_PAGE = 100
_UTC = ZoneInfo("UTC")
_AT_ONCE = 1000
_COLUMNS = ("chain", "seq", "at", "who", "name", "branch", "what", "on", "reason", "changes", "hash")
_PARAMETERS = [
    OpenApiParameter("chain", str, description="Slug or id."),
    OpenApiParameter("branch", str, description="Code or id."),
    OpenApiParameter("who", str, description="Username or id."),
    OpenApiParameter("what", str, description="A deed such as trolley.unlock, or trolley. for all of them."),
    OpenApiParameter("from", OpenApiTypes.DATETIME),
    OpenApiParameter("to", OpenApiTypes.DATETIME),
]
_CURSOR = OpenApiParameter(
    "cursor", {"type": "integer", "minimum": 1, "maximum": 2**53}, description="`next` of the page before."
)


class EntryAnswer(serializers.Serializer[Any]):
    """One deed. ``who`` is an id, ``name`` what people call it; ``hash`` binds it to the deed before."""

    chain = serializers.CharField(help_text="Slug; empty: of the platform.")
    seq = serializers.IntegerField()
    at = Moment()
    who = serializers.CharField()
    name = serializers.CharField(allow_null=True)
    branch = serializers.CharField()
    what = serializers.CharField()
    on = serializers.CharField()
    reason = serializers.CharField()
    changes = serializers.DictField(help_text="Field: [before, after].")
    hash = serializers.CharField()


class TrailAnswer(serializers.Serializer[Any]):
    """The newest first; ``next`` is the ``cursor`` of the next page, null on the last."""

    next = serializers.IntegerField(allow_null=True)
    results = EntryAnswer(many=True)


class AuditView(View):
    """The audit trail."""

    @extend_schema(parameters=[*_PARAMETERS, _CURSOR], responses=TrailAnswer, operation_id="audit")
    def get(self, request: Request) -> Response:
        """Return what was done in the chains and branches that the caller runs, newest first."""
        rows = _visible(request).order_by("-id")
        if "cursor" in request.query_params:
            rows = rows.filter(pk__lt=int(request.query_params["cursor"]))
        found = list(rows[: _PAGE + 1])
        following = found[_PAGE - 1].pk if len(found) > _PAGE else None
        return Response({"next": following, "results": list(_told(found[:_PAGE]))})


class AuditCsvView(View):
    """The same as a file."""

    @extend_schema(parameters=_PARAMETERS, responses=CSV_ANSWER, operation_id="audit_csv")
    def get(self, request: Request) -> StreamingHttpResponse:
        """Return the trail as CSV, oldest first, each deed by its branch's clock (UTC where it is of none).

        No cell is one that a spreadsheet would run.
        """
        return csv_response(request, "audit.csv", _COLUMNS, _lines(_visible(request).order_by("id")))


def _visible(request: Request) -> QuerySet[Entry]:
    """Return the requested entries that the caller may see. Raises PermissionDenied, Http404."""
    who, given = cast(Principal, request.auth), request.query_params
    rows = _allowed(who)
    if "chain" in given:
        chain = scopes.find_chain(who, given["chain"])
        rows = rows.filter(chain=chain.slug)
    if "branch" in given:
        branch = scopes.branches(who, "audit.watch").filter(by_id_or("code", given["branch"])).first()
        if branch is None:
            raise Http404
        rows = rows.filter(branch=branch.code)
    if "who" in given:
        found = names.find_id(User.objects.all(), given["who"])
        rows = rows.none() if found is None else rows.filter(who=f"user:{found}")
    if what := given.get("what"):
        rows = rows.filter(what__startswith=what) if what.endswith(".") else rows.filter(what=what)
    if "from" in given:
        rows = rows.filter(at__gte=moment(given["from"]))
    if "to" in given:
        rows = rows.filter(at__lt=moment(given["to"]))
    places.seal()
    return rows


def _allowed(who: Principal) -> QuerySet[Entry]:
    if who.is_platform_admin:
        return Entry.objects.all()
    mine = [grant for grant in who.grants if grant.role in PERMISSIONS["audit.watch"]]
    if not mine:
        raise PermissionDenied
    chains = [grant.chain for grant in mine if grant.branch is None]
    branches = [grant.branch for grant in mine if grant.branch is not None]
    return Entry.objects.filter(Q(chain__in=chains) | Q(branch__in=branches))


def _told(rows: list[Entry]) -> Iterator[dict[str, Any]]:
    shown = ShownNames()
    people = {row.who: _id_of(row.who) for row in rows}
    shown.load(people.values())
    for row in rows:
        yield {
            "chain": row.chain,
            "seq": row.seq,
            "at": rfc3339(row.at),
            "who": row.who,
            "name": shown.of(people[row.who]),
            "branch": row.branch,
            "what": row.what,
            "on": row.subject,
            "reason": row.reason,
            "changes": json.loads(row.changes) if row.changes else {},
            "hash": row.hash,
        }


def _id_of(who: str) -> Any:
    kind, _, key = who.partition(":")
    try:
        return ids.parse(key) if kind == "user" else None
    except ids.InvalidId:
        return None


def _lines(rows: QuerySet[Entry]) -> Iterator[tuple[Any, ...]]:
    found = rows.iterator(_AT_ONCE)
    zones = {code: ZoneInfo(name) for code, name in Branch.objects.values_list("code", "timezone")}
    while some := list(islice(found, _AT_ONCE)):
        for row, told in zip(some, _told(some), strict=True):
            told["at"] = local(row.at, zones.get(row.branch, _UTC))
            told["changes"] = json.dumps(told["changes"], ensure_ascii=False) if told["changes"] else ""
            yield tuple(told[name] if told[name] is not None else "" for name in _COLUMNS)
