"""REST of the figures of a branch and of a chain."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.kit.money import quantize
from core.accounts import scopes
from core.accounts.principals import Principal
from core.problems import rule
from core.rest.fields import Moment, local_moment, rfc3339
from core.rest.views import View
from core.stats.figures import Figures, Window, of_branches
from core.tenancy.models import Branch

_DAYS = 7
_LONGEST = timedelta(days=400)
_PARAMETERS = [
    OpenApiParameter("from", OpenApiTypes.DATETIME, description="By default seven local days with today."),
    OpenApiParameter("to", OpenApiTypes.DATETIME, description="By default now."),
]


class TrolleyFigures(serializers.Serializer[Any]):
    """Of now, each trolley counted once: the others sum to total."""

    total = serializers.IntegerField()
    free = serializers.IntegerField()
    in_use = serializers.IntegerField()
    maintenance = serializers.IntegerField()
    faults = serializers.IntegerField()
    unreachable = serializers.IntegerField()
    missing = serializers.IntegerField()
    out_without_session = serializers.IntegerField()


class RentalFigures(serializers.Serializer[Any]):
    """``active`` and ``overdue`` are of now."""

    active = serializers.IntegerField()
    overdue = serializers.IntegerField()
    started = serializers.IntegerField()
    returned = serializers.IntegerField()


class SalesFigures(serializers.Serializer[Any]):
    """Refunds are taken off."""

    orders = serializers.IntegerField()
    revenue = serializers.FloatField()
    average_basket = serializers.FloatField(allow_null=True)
    currency = serializers.CharField()


class CheckFigures(serializers.Serializer[Any]):
    """Checks at the exit that were finished; ``clean`` of them found nothing."""

    made = serializers.IntegerField()
    clean = serializers.IntegerField()
    missing_units = serializers.IntegerField(help_text="Paid and not there.")
    unpaid_units = serializers.IntegerField()
    unpaid_amount = serializers.FloatField()


class AlarmFigures(serializers.Serializer[Any]):
    """Of now."""

    open = serializers.IntegerField()


class InUseAnswer(serializers.Serializer[Any]):
    """How many trolleys were out: that had left before that moment, and not come back before it."""

    at = Moment()
    in_use = serializers.IntegerField()


class FiguresAnswer(serializers.Serializer[Any]):
    """``utilisation`` is the part of all trolleys' time that they were let; hours are the branch's own."""

    trolleys = TrolleyFigures()
    rentals = RentalFigures()
    utilisation = serializers.FloatField(min_value=0, max_value=1)
    turns_per_day = serializers.FloatField()
    mean_minutes = serializers.FloatField(allow_null=True)
    busiest_hours = serializers.ListField(child=serializers.IntegerField(), min_length=24, max_length=24)
    sales = SalesFigures()
    checks = CheckFigures()
    alarms = AlarmFigures()
    series = InUseAnswer(many=True)


class BranchFiguresAnswer(FiguresAnswer):
    """One branch's figures within its chain's."""

    branch = serializers.CharField(help_text="Code.")
    name = serializers.CharField()


class ChainFiguresAnswer(FiguresAnswer):
    """All branches together, and each."""

    branches = BranchFiguresAnswer(many=True)


class BranchStatsView(View):
    """A branch's figures."""

    refuses = ("unfit",)

    @extend_schema(parameters=_PARAMETERS, responses=FiguresAnswer, operation_id="branch_stats")
    def get(self, request: Request, branch_id: str) -> Response:
        """Return the figures of a stretch of time."""
        branch = scopes.find_branch(cast(Principal, request.auth), "branch.watch", branch_id)
        zone = ZoneInfo(branch.timezone)
        window = _window(request.query_params, zone)
        figures = of_branches([branch], window)[branch.code]
        return Response(_shown(figures, window, zone, branch.chain.currency))


class ChainStatsView(View):
    """A chain's figures."""

    refuses = ("unfit",)

    @extend_schema(parameters=_PARAMETERS, responses=ChainFiguresAnswer, operation_id="chain_stats")
    def get(self, request: Request, chain_id: str) -> Response:
        """Return the figures of a stretch of time: of all branches together, and of each."""
        chain = scopes.chain_for(cast(Principal, request.auth), "chain.watch", chain_id)
        branches = list(Branch.objects.filter(chain=chain, is_active=True).order_by("code"))
        zone = ZoneInfo(branches[0].timezone) if branches else ZoneInfo("UTC")
        window = _window(request.query_params, zone)
        found, together = of_branches(branches, window), Figures()
        for figures in found.values():
            together += figures
        each = [
            {
                "branch": branch.code,
                "name": branch.name,
                **_shown(found[branch.code], window, ZoneInfo(branch.timezone), chain.currency),
            }
            for branch in branches
        ]
        return Response({**_shown(together, window, zone, chain.currency), "branches": each})


def _window(given: Any, zone: ZoneInfo) -> Window:
    """Return the stretch that the query names. Raises the 400."""
    now = timezone.now()
    end = _moment(given, "to") or now
    begin = _moment(given, "from") or _days_before(end, zone)
    if not begin <= end <= begin + _LONGEST:
        raise rule("unfit", **{"from": f"Expected a time before `to`, by {_LONGEST.days} days at most."})
    return Window(begin, end, now)


def _moment(given: Any, name: str) -> datetime | None:
    """Return the time of that name, if there is one. Raises the 400 of one that not every zone can show."""
    try:
        return local_moment(given[name]) if name in given else None
    except ValueError as error:
        raise rule("unfit", **{name: str(error)}) from None


def _days_before(end: datetime, zone: ZoneInfo) -> datetime:
    """Return the midnight that seven local days with the last one begin with."""
    if end.year <= 1:
        return end
    local = end.astimezone(zone)
    return (local - timedelta(days=_DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)


def _shown(figures: Figures, window: Window, zone: ZoneInfo, currency: str) -> dict[str, Any]:
    total, seconds = figures.trolleys["total"], window.seconds
    days = seconds / timedelta(days=1).total_seconds()
    room = total * seconds
    back, orders = figures.rentals["returned"], figures.orders
    names = tuple(TrolleyFigures().fields), tuple(RentalFigures().fields)
    revenue = quantize(figures.revenue, currency)
    return {
        "trolleys": {name: figures.trolleys[name] for name in names[0]},
        "rentals": {name: figures.rentals[name] for name in names[1]},
        "utilisation": round(min(1.0, figures.busy.total_seconds() / room), 4) if room else 0.0,
        "turns_per_day": round(figures.rentals["started"] / total / days, 2) if total and days else 0.0,
        "mean_minutes": round(figures.long.total_seconds() / 60 / back, 1) if back else None,
        "busiest_hours": [figures.hours[hour] for hour in range(24)],
        "sales": {
            "orders": orders,
            "revenue": revenue,
            "average_basket": quantize(figures.revenue / orders, currency) if orders else None,
            "currency": currency,
        },
        "checks": {
            **{name: figures.checks[name] for name in ("made", "clean", "missing_units", "unpaid_units")},
            "unpaid_amount": quantize(figures.unpaid, currency),
        },
        "alarms": {"open": figures.alarms},
        "series": [
            {"at": rfc3339(mark), "in_use": figures.series[place]}
            for place, mark in enumerate(window.marks(zone))
        ],
    }
