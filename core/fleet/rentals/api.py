"""REST of a branch's rentals, for those who work there. Commands are realtime's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import Avg, Count, F, Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.people import ShownNames
from core.accounts.principals import Principal
from core.fleet.models import Rental
from core.rest.fields import Moment
from core.rest.views import ListView, View


class RentalAnswer(serializers.ModelSerializer[Rental]):
    """Custody of a trolley. ``status``: active, overdue (active past its time), returned or lost."""

    trolley_id = serializers.CharField(source="trolley_code")
    user = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()
    start_time = Moment()
    expected_return = Moment(allow_null=True)
    actual_return = Moment(allow_null=True)
    duration_minutes = serializers.SerializerMethodField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._names = ShownNames()

    class Meta:
        model = Rental
        fields = (
            "id", "trolley_id", "user", "user_id", "start_time", "expected_return", "actual_return", "status",
            "duration_minutes",
        )  # fmt: skip

    def get_user(self, row: Rental) -> str | None:
        """Return who took it."""
        return self._names.of(row.user_id)

    def get_status(self, row: Rental) -> str:
        """Return the status, as of now."""
        late = row.expected_return is not None and row.expected_return < timezone.now()
        return "overdue" if row.status == "active" and late else row.status

    def get_duration_minutes(self, row: Rental) -> int:
        """Return for how long it was out, or has been."""
        return int(((row.actual_return or timezone.now()) - row.start_time).total_seconds() // 60)


class StatsAnswer(serializers.Serializer[Any]):
    """Of the last ``days``; averages are null without a rental."""

    days = serializers.IntegerField()
    active = serializers.IntegerField()
    overdue = serializers.IntegerField()
    started = serializers.IntegerField()
    returned = serializers.IntegerField()
    average_minutes = serializers.IntegerField(allow_null=True)


class _Rentals(ListView[Rental]):
    serializer_class = RentalAnswer
    queryset = Rental.objects.none()
    filter_backends: Any = ()

    def of_branch(self) -> QuerySet[Rental]:
        """Return the branch's rentals; another tenant's branch is not found."""
        who = cast("Principal | None", self.request.auth)
        if who is None:
            return Rental.objects.none()
        branch = scopes.find_branch(who, "branch.watch", self.kwargs["branch_id"])
        return Rental.objects.filter(branch_code=branch.code)


class ActiveRentalsView(_Rentals):
    """Trolleys that are out, those that are due first."""

    def get_queryset(self) -> QuerySet[Rental]:
        """Return them."""
        return (
            self.of_branch().filter(actual_return=None).order_by(F("expected_return").asc(nulls_first=True))
        )


class RentalHistoryView(_Rentals):
    """Rentals that are over, newest first."""

    def get_queryset(self) -> QuerySet[Rental]:
        """Return them."""
        return self.of_branch().exclude(actual_return=None).order_by("-start_time")


class RentalStatsView(View):
    """How much a branch's trolleys are out."""

    @extend_schema(responses=StatsAnswer, operation_id="branch_rental_stats")
    def get(self, request: Request, branch_id: str) -> Response:
        """Return the counts of the last seven days."""
        branch = scopes.find_branch(cast(Principal, request.auth), "branch.watch", branch_id)
        days, now = 7, timezone.now()
        return Response({"days": days, **_stats(branch.code, now, now - timedelta(days=days))})


def _stats(code: str, now: datetime, since: datetime) -> dict[str, int | None]:
    rows = Rental.objects.filter(branch_code=code)
    standing = Q(actual_return=None)
    found = rows.aggregate(
        active=Count("id", filter=standing),
        overdue=Count("id", filter=standing & Q(expected_return__lt=now)),
        started=Count("id", filter=Q(start_time__gte=since)),
        returned=Count("id", filter=Q(actual_return__gte=since)),
        long=Avg(F("actual_return") - F("start_time"), filter=Q(actual_return__gte=since)),
    )
    long = found.pop("long")
    return {**found, "average_minutes": None if long is None else int(long.total_seconds() // 60)}
