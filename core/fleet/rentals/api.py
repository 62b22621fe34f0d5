"""REST of a branch's rentals, for those who work there. Commands are realtime's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import django_filters
from django.db.models import Avg, Count, F, Q, QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import names, scopes
from core.accounts.models import User
from core.accounts.people import ShownNames, shown_names
from core.accounts.principals import Principal
from core.fleet.models import Rental
from core.problems import rule
from core.rest.fields import Moment, moment, or_none, rfc3339
from core.rest.filters import MomentFilter, words
from core.rest.prepared import FirstPage
from core.rest.tables import CSV_ANSWER, csv_response, local
from core.rest.views import ColumnsListView, View

STATUSES = ("active", "overdue", "returned", "lost", "found")
_COLUMNS = (
    "id", "trolley_id", "user", "start_time", "expected_return", "actual_return", "status",
    "duration_minutes", "notes",
)  # fmt: skip
_AT_ONCE = 1000


def status_of(row: Any, now: datetime) -> str:
    """Return the status as of now: a rental that goes on beyond its time is overdue."""
    late = row.expected_return is not None and row.expected_return < now
    status: str = row.status
    return "overdue" if status == "active" and late else status


def minutes_of(row: Any, now: datetime) -> int:
    """Return for how long it was out, or has been."""
    return int(((row.actual_return or now) - row.start_time).total_seconds() // 60)


class RentalAnswer(serializers.ModelSerializer[Rental]):
    """Custody of a trolley. ``status``: active, overdue (active past its time), returned, lost or found."""

    trolley_id = serializers.CharField(source="trolley_code")
    user = serializers.CharField(read_only=True, allow_null=True, help_text="Who took it.")
    status = serializers.CharField(read_only=True)
    start_time = Moment()
    expected_return = Moment(allow_null=True)
    actual_return = Moment(allow_null=True)
    duration_minutes = serializers.IntegerField(read_only=True)

    class Meta:
        model = Rental
        fields = (
            "id", "trolley_id", "user", "user_id", "start_time", "expected_return", "actual_return", "status",
            "duration_minutes", "notes",
        )  # fmt: skip


_READ = (
    "id", "trolley_code", "user_id", "start_time", "expected_return", "actual_return", "status", "notes",
)  # fmt: skip


def shown_rentals(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Return rentals, or their columns, as ``RentalAnswer`` tells. Blocking: reads the people's names."""
    now, people = timezone.now(), shown_names({row.user_id for row in rows} - {None})
    return [
        {
            "id": row.id,
            "trolley_id": row.trolley_code,
            "user": people.get(str(row.user_id)),
            "user_id": row.user_id,
            "start_time": rfc3339(row.start_time),
            "expected_return": or_none(row.expected_return),
            "actual_return": or_none(row.actual_return),
            "status": status_of(row, now),
            "duration_minutes": minutes_of(row, now),
            "notes": row.notes,
        }
        for row in rows
    ]


def history_of(branch_code: str) -> QuerySet[Rental]:
    """Return a branch's rentals, newest first."""
    return Rental.objects.filter(branch_code=branch_code).order_by("-start_time", "id")


FIRST_PAGE = FirstPage(history_of, _READ, shown_rentals, placeholder=str(UUID(int=0)))
"""Of a branch's history, by the branch's code."""


class RentalFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``from`` and ``to``: when it began; ``user`` is an id or a username."""

    user = django_filters.CharFilter(method="of_user")
    trolley_id = django_filters.CharFilter("trolley_code", "iexact")
    status = words(STATUSES, method="of_status")

    class Meta:
        model = Rental
        fields = ()

    @classmethod
    def get_filters(cls) -> Any:
        """Return the filters; ``from`` is no name that Python knows."""
        filters = super().get_filters()
        filters["from"] = MomentFilter("start_time", "gte")
        filters["to"] = MomentFilter("start_time", "lt")
        return filters

    def of_user(self, rows: QuerySet[Rental], _: str, text: str) -> QuerySet[Rental]:
        """Keep those of one person."""
        found = names.find_id(User.objects.all(), text)
        return rows.none() if found is None else rows.filter(user_id=found)

    def of_status(self, rows: QuerySet[Rental], _: str, status: str) -> QuerySet[Rental]:
        """Keep those that have it as of now."""
        late = Q(expected_return__lt=timezone.now())
        match status:
            case "overdue":
                return rows.filter(late, status="active")
            case "active":
                return rows.filter(status="active").exclude(late)
        return rows.filter(status=status)


class StatsAnswer(serializers.Serializer[Any]):
    """Of a stretch of time; averages are null without a rental. ``active`` and ``overdue`` are of now."""

    begin = Moment()
    end = Moment()
    active = serializers.IntegerField()
    overdue = serializers.IntegerField()
    lost = serializers.IntegerField()
    started = serializers.IntegerField()
    returned = serializers.IntegerField()
    average_minutes = serializers.IntegerField(allow_null=True)


class _Rentals(ColumnsListView[Rental]):
    serializer_class = RentalAnswer
    queryset = Rental.objects.none()
    columns = _READ

    def shown(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the rentals with who took them."""
        return shown_rentals(rows)

    def of_branch(self) -> QuerySet[Rental]:
        """Return the branch's rentals; another tenant's branch is not found."""
        who = cast("Principal | None", self.request.auth)
        if who is None:
            return Rental.objects.none()
        _, code = scopes.find_branch_key(who, "branch.watch", self.kwargs["branch_id"])
        return history_of(code)


class ActiveRentalsView(_Rentals):
    """Trolleys that are out, those that are due first."""

    filter_backends: Any = ()

    def get_queryset(self) -> QuerySet[Rental]:
        """Return the branch's open rentals."""
        return (
            self.of_branch().filter(actual_return=None).order_by(F("expected_return").asc(nulls_first=True))
        )


class RentalHistoryView(_Rentals):
    """Rentals, newest first."""

    filterset_class = RentalFilter

    def get_queryset(self) -> QuerySet[Rental]:
        """Return the branch's rentals."""
        return self.of_branch()


class RentalHistoryCsvView(_Rentals):
    """The same as a file."""

    filterset_class = RentalFilter
    pagination_class = None

    def get_queryset(self) -> QuerySet[Rental]:
        """Return the rentals, oldest first."""
        return self.of_branch().order_by("start_time", "id")

    @extend_schema(responses=CSV_ANSWER, operation_id="branch_rental_history_csv")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> StreamingHttpResponse:  # type: ignore[override]
        """Return the rentals as CSV, by the branch's clock; no cell is one that a spreadsheet would run."""
        rows = self.filter_queryset(self.get_queryset())
        branch = scopes.find_branch(cast(Principal, request.auth), "branch.watch", self.kwargs["branch_id"])
        cells = _cells(rows, ZoneInfo(branch.timezone))
        return csv_response(request, f"rentals-{self.kwargs['branch_id']}.csv", _COLUMNS, cells)


def _cells(rows: QuerySet[Rental], zone: ZoneInfo) -> Iterator[tuple[Any, ...]]:
    now = timezone.now()
    found = rows.iterator(_AT_ONCE)
    while some := list(islice(found, _AT_ONCE)):
        shown = ShownNames()
        shown.load(row.user_id for row in some)
        for row in some:
            yield (
                row.pk, row.trolley_code, shown.of(row.user_id) or "", local(row.start_time, zone),
                local(row.expected_return, zone), local(row.actual_return, zone),
                status_of(row, now), minutes_of(row, now), row.notes,
            )  # fmt: skip


class RentalStatsView(View):
    """How much a branch's trolleys are out."""

    refuses = ("unfit",)

    @extend_schema(
        responses=StatsAnswer,
        operation_id="branch_rental_stats",
        parameters=[
            OpenApiParameter("from", OpenApiTypes.DATETIME, description="By default 7 days before `to`."),
            OpenApiParameter("to", OpenApiTypes.DATETIME, description="By default now."),
        ],
    )
    def get(self, request: Request, branch_id: str) -> Response:
        """Return the counts of a stretch of time."""
        branch = scopes.find_branch(cast(Principal, request.auth), "branch.watch", branch_id)
        begin, end = window(request.query_params, timedelta(days=7))
        found = {"begin": begin, "end": end, **_stats(branch.code, begin, end)}
        return Response(StatsAnswer(found).data)


_FIRST = datetime.min.replace(tzinfo=UTC)


def window(given: Any, length: timedelta) -> tuple[datetime, datetime]:
    """Return ``from`` and ``to`` of a query, by default the last ``length``. Raises the 400."""
    end = moment(given["to"]) if "to" in given else timezone.now()
    begin = moment(given["from"]) if "from" in given else end - min(length, end - _FIRST)
    if begin > end:
        raise rule("unfit", **{"from": "Expected a time before `to`."})
    return begin, end


def _stats(code: str, begin: datetime, end: datetime) -> dict[str, int | None]:
    rows = Rental.objects.filter(branch_code=code)
    standing = Q(status="active")
    returned = Q(actual_return__gte=begin, actual_return__lt=end)
    found = rows.aggregate(
        active=Count("id", filter=standing),
        overdue=Count("id", filter=standing & Q(expected_return__lt=timezone.now())),
        lost=Count("id", filter=Q(status="lost")),
        started=Count("id", filter=Q(start_time__gte=begin, start_time__lt=end)),
        returned=Count("id", filter=returned),
        long=Avg(F("actual_return") - F("start_time"), filter=returned),
    )
    long = found.pop("long")
    return {**found, "average_minutes": None if long is None else int(long.total_seconds() // 60)}
