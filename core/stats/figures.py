"""What has become of trolleys, rentals and sales in a stretch of time, in as many queries for many branches.

Days and hours are those of each branch's own time zone, also where a day has 23 hours or 25. Blocking.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Avg, Count, DateTimeField, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, ExtractHour, Greatest, Least, TruncDate, TruncHour

from core.alarms.models import Alarm
from core.fleet.models import Rental, Trolley
from core.fleet.trolleys.standing import counted
from core.orders.models import ExitCheck, Order
from core.tenancy.models import Branch

_HOURLY = timedelta(days=2)
"""Up to so long a stretch is shown by the hour, a longer one by the day."""


class Window(NamedTuple):
    """From ``begin`` to before ``end``; ``now`` is the time of the request."""

    begin: datetime
    end: datetime
    now: datetime

    @property
    def hourly(self) -> bool:
        """Return whether it is shown by the hour."""
        return self.end - self.begin <= _HOURLY

    @property
    def seconds(self) -> float:
        """Return how much of it has passed."""
        return max(0.0, (min(self.end, self.now) - self.begin).total_seconds())

    def marks(self, zone: ZoneInfo) -> list[datetime]:
        """Return the hours, or the midnights of that zone, from its beginning on; at most what has passed."""
        end = min(self.end, self.now)
        if self.hourly:
            first = self.begin.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            return list(_steps(first, end))
        days, found = self.begin.astimezone(zone).date(), []
        while (midnight := _midnight(days, zone)) < end:
            found.append(midnight)
            days += timedelta(days=1)
        return found


def _steps(at: datetime, end: datetime) -> Iterator[datetime]:
    while at < end:
        yield at
        at += timedelta(hours=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when the day begins there, in UTC; where midnight is left out, the first moment after it."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


@dataclass
class Figures:
    """Sums that can be added up over branches."""

    trolleys: Counter[str] = field(default_factory=Counter)
    rentals: Counter[str] = field(default_factory=Counter)
    busy: timedelta = timedelta()
    long: timedelta = timedelta()
    """Of all that came back, together."""
    hours: Counter[int] = field(default_factory=Counter)
    orders: int = 0
    revenue: Decimal = Decimal(0)
    alarms: int = 0
    checks: Counter[str] = field(default_factory=Counter)
    """At the exit: how many, how many of them found nothing, and units that were missing or not paid."""
    unpaid: Decimal = Decimal(0)
    """What was not paid for was worth so much."""
    series: Counter[int] = field(default_factory=Counter)
    """By place among the marks."""

    def __iadd__(self, other: Figures) -> Figures:
        """Add another branch's."""
        self.trolleys.update(other.trolleys)
        self.rentals.update(other.rentals)
        self.busy += other.busy
        self.long += other.long
        self.hours.update(other.hours)
        self.orders += other.orders
        self.revenue += other.revenue
        self.alarms += other.alarms
        self.checks.update(other.checks)
        self.unpaid += other.unpaid
        self.series.update(other.series)
        return self


def of_branches(branches: Sequence[Branch], window: Window) -> dict[str, Figures]:
    """Return the figures of each branch by its code."""
    found = {branch.code: Figures() for branch in branches}
    _count_trolleys(found, branches)
    _count_rentals(found, window)
    _count_sales(found, window)
    _count_checks(found, window)
    for zone, codes in _by_zone(branches).items():
        _follow(found, codes, window, ZoneInfo(zone))
    return found


def _by_zone(branches: Iterable[Branch]) -> dict[str, list[str]]:
    zones: dict[str, list[str]] = {}
    for branch in branches:
        zones.setdefault(branch.timezone, []).append(branch.code)
    return zones


_SAID = {"available": "free", "held": "in_use", "stray": "out_without_session"}
"""What a standing is called among the figures, where it is called otherwise."""


def _count_trolleys(found: dict[str, Figures], branches: Sequence[Branch]) -> None:
    for code, standing in counted(Trolley.objects.filter(branch__in=branches)).items():
        total = {"total": sum(standing.values())}
        found[code].trolleys = Counter(total | {_SAID.get(what, what): n for what, n in standing.items()})


def _count_rentals(found: dict[str, Figures], window: Window) -> None:
    begin, end, now = window
    rows = _rentals(found)
    returned = Q(actual_return__gte=begin, actual_return__lt=end)
    counted = rows.filter(Q(actual_return=None) | returned | Q(start_time__gte=begin, start_time__lt=end))
    for code, active, overdue, started, back, mean in counted.values_list("branch_code").annotate(
        active=Count("id", filter=Q(status="active")),
        overdue=Count("id", filter=Q(status="active", expected_return__lt=now)),
        started=Count("id", filter=Q(start_time__gte=begin, start_time__lt=end)),
        returned=Count("id", filter=returned),
        mean=Avg(F("actual_return") - F("start_time"), filter=returned),
    ):
        names = ("active", "overdue", "started", "returned")
        counts = (active, overdue, started, back)
        found[code].rentals = Counter(dict(zip(names, counts, strict=True)))
        found[code].long = (mean or timedelta()) * back
    last = Value(min(end, now), DateTimeField())
    stays = Least(Coalesce("actual_return", last), last) - Greatest(
        "start_time", Value(begin, DateTimeField())
    )
    overlapping = rows.filter(
        Q(actual_return=None) | Q(actual_return__gt=begin), start_time__lt=min(end, now)
    )
    for code, busy in overlapping.values_list("branch_code").annotate(busy=Sum(stays)):
        found[code].busy = busy or timedelta()


def _rentals(codes: Iterable[str]) -> QuerySet[Rental]:
    # Nobody knows where a lost one is; it is not in use.
    return Rental.objects.filter(branch_code__in=list(codes)).exclude(status="lost").order_by()


def _count_sales(found: dict[str, Figures], window: Window) -> None:
    rows = Order.objects.filter(
        branch_code__in=list(found), placed_at__gte=window.begin, placed_at__lt=window.end
    )
    for code, orders, revenue in (
        rows.order_by()
        .values_list("branch_code")
        .annotate(orders=Count("pk"), revenue=Sum(F("total") - F("refunded")))
    ):
        found[code].orders, found[code].revenue = orders, revenue
    alarms = Alarm.objects.filter(branch_code__in=list(found), cleared_at=None).order_by()
    for code, standing in alarms.values_list("branch_code").annotate(standing=Count("pk")):
        found[code].alarms = standing


def _count_checks(found: dict[str, Figures], window: Window) -> None:
    rows = ExitCheck.objects.filter(
        branch_code__in=list(found), finished_at__gte=window.begin, finished_at__lt=window.end
    )
    for code, made, clean, missing, unpaid, worth in (
        rows.order_by()
        .values_list("branch_code")
        .annotate(
            made=Count("pk"),
            found_nothing=Count("pk", filter=Q(outcome="clean")),
            missing=Sum("missing_units"),
            unpaid=Sum("unpaid_units"),
            worth=Sum("unpaid_amount"),
        )
    ):
        counts = {"made": made, "clean": clean, "missing_units": missing, "unpaid_units": unpaid}
        found[code].checks, found[code].unpaid = Counter(counts), worth


def _follow(found: dict[str, Figures], codes: list[str], window: Window, zone: ZoneInfo) -> None:
    """Count the hours in which rentals began, and how many trolleys were in use at each mark."""
    rows, (begin, end, _) = _rentals(codes), window
    began = rows.filter(start_time__gte=begin, start_time__lt=end)
    hours = began.annotate(hour=ExtractHour("start_time", tzinfo=zone)).values_list("branch_code", "hour")
    for code, hour, count in hours.annotate(count=Count("id")):
        found[code].hours[hour] += count
    marks = window.marks(zone)
    if not marks:
        return
    changes: dict[str, Counter[int]] = {code: Counter() for code in codes}
    at_first = rows.filter(Q(actual_return=None) | Q(actual_return__gte=marks[0]), start_time__lt=marks[0])
    for code, count in at_first.values_list("branch_code").annotate(count=Count("id")):
        changes[code][0] += count
    for column, sign in (("start_time", 1), ("actual_return", -1)):
        for code, place, count in _moves(rows, column, marks, window, zone):
            changes[code][place] += sign * count
    for code, moves in changes.items():
        standing = 0
        for place in range(len(marks)):
            standing += moves[place]
            found[code].series[place] = standing


def _moves(
    rows: QuerySet[Rental], column: str, marks: list[datetime], window: Window, zone: ZoneInfo
) -> Iterator[tuple[str, int, int]]:
    """Yield code, the mark that shows it first, and how many rentals began or ended before that mark."""
    within = rows.filter(**{f"{column}__gte": marks[0], f"{column}__lt": marks[-1]})
    if window.hourly:
        part: Any = TruncHour(column, tzinfo=UTC)
        places: dict[Any, int] = {mark: place for place, mark in enumerate(marks)}
    else:
        part = TruncDate(column, tzinfo=zone)
        places = {mark.astimezone(zone).date(): place for place, mark in enumerate(marks)}
    counted = within.annotate(part=part).values_list("branch_code", "part").annotate(count=Count("id"))
    for code, of, count in counted:
        yield code, places[of] + 1, count
