"""How orders are looked for: by what a manager knows of one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import django_filters
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from actors.order.state import Phase
from core.accounts.models import User
from core.orders import passes
from core.orders.models import Order, OrderItem
from core.rest.filters import DayFilter, MomentFilter, PriceFilter, words
from core.rest.folding import folded
from core.tenancy.lookup import by_id_or
from core.tenancy.models import Branch

BRANCH = OpenApiParameter("branch", OpenApiTypes.STR, description="Id or code.")


class OrderFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``from`` and ``to`` are moments; ``from_day`` and ``to_day`` whole days in the branch's zone, or UTC.

    ``search`` looks for a number, an exit code, a trolley, whoever bought it, or in the names of the goods.
    """

    status = words(get_args(Phase)[1:])
    number = django_filters.NumberFilter()
    search = django_filters.CharFilter(method="found")
    customer = django_filters.CharFilter(method="bought_by")
    trolley_id = django_filters.CharFilter(lookup_expr="iexact")
    exit_code = django_filters.CharFilter(method="with_code")
    left = django_filters.BooleanFilter("verified_at", lookup_expr="isnull", exclude=True)
    disputed = django_filters.BooleanFilter(method="with_dispute")
    min_total = PriceFilter("total", "gte")
    max_total = PriceFilter("total", "lte")
    from_day = DayFilter(method="since_day")
    to_day = DayFilter(method="until_day")
    ordering = django_filters.OrderingFilter(fields=("placed_at", "verified_at", "total", "number"))

    class Meta:
        model = Order
        fields = ()

    @classmethod
    def get_filters(cls) -> Any:
        """Return the filters; ``from`` is no name that Python knows."""
        filters = super().get_filters()
        filters["from"] = MomentFilter("placed_at", "gte")
        filters["to"] = MomentFilter("placed_at", "lt")
        return filters

    def found(self, rows: QuerySet[Order], _: str, text: str) -> QuerySet[Order]:
        """Keep what the text may mean of an order."""
        text = text.strip().removeprefix("#")
        named = OrderItem.objects.filter(order_id=OuterRef("pk"), name__folded__contains=folded(text))
        wanted = Q(Exists(named)) | Q(trolley_id__iexact=text) | Q(pk__in=_of_code(text))
        if text.isdecimal() and len(text) < 18:
            return rows.filter(wanted | Q(number=int(text)))
        return rows.filter(wanted | Q(_bought_by(text)))

    def bought_by(self, rows: QuerySet[Order], _: str, text: str) -> QuerySet[Order]:
        """Filter by the buyer's name or phone number."""
        return rows.filter(_bought_by(text.strip()))

    def with_code(self, rows: QuerySet[Order], _: str, text: str) -> QuerySet[Order]:
        """Keep the order of an exit pass, scanned or typed."""
        return rows.filter(pk__in=_of_code(text))

    def with_dispute(self, rows: QuerySet[Order], _: str, wanted: bool) -> QuerySet[Order]:
        """Filter by whether there is a dispute."""
        return rows.exclude(dispute_status="") if wanted else rows.filter(dispute_status="")

    def since_day(self, rows: QuerySet[Order], _: str, day: date) -> QuerySet[Order]:
        """Keep what was bought on that day or later."""
        return rows.filter(placed_at__gte=self._midnight(day))

    def until_day(self, rows: QuerySet[Order], _: str, day: date) -> QuerySet[Order]:
        """Keep what was bought on that day or earlier."""
        return rows.filter(placed_at__lt=self._midnight(min(day, date.max - timedelta(2)) + timedelta(1)))

    def _midnight(self, day: date) -> datetime:
        day = max(day, date.min + timedelta(2))
        return datetime(day.year, day.month, day.day, tzinfo=zone_of(self.data.get("branch")))


def zone_of(branch: str | None) -> ZoneInfo:
    """Return the zone of the branch with that id or code; UTC for none."""
    found = None if branch is None else Branch.objects.filter(by_id_or("code", branch)).first()
    return ZoneInfo("UTC" if found is None else found.timezone)


def _bought_by(text: str) -> Exists:
    """Return whether the text names who bought it; a phone number only whole, for none is there to browse."""
    named = Q(username__folded__contains=folded(text)) & (Q(phone=None) | ~Q(username=F("phone")))
    return Exists(User.objects.filter(named | Q(phone=text), pk=OuterRef("user_id")))


def _of_code(text: str) -> list[Any]:
    try:
        found = passes.find(text)
    except passes.PassError:
        return []
    return [] if found is None else [found.pk]
