"""Orders in sum and as a table, of whatever the same filters keep as in the list."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet, Sum
from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.kit import money
from actors.kit.money import quantize
from core.accounts.people import ShownNames
from core.orders import amounts
from core.orders.answers import OrderAmount
from core.orders.api import orders_of
from core.orders.filters import BRANCH, OrderFilter, zone_of
from core.orders.models import Order
from core.rest.tables import CSV_ANSWER, csv_response, local
from core.rest.views import ListView

_AT_ONCE = 1000
_COLUMNS = (
    "id", "number", "status", "branch", "placed_at", "customer", "trolley_id", "units", "currency", "total",
    "refunded", "kept", "left_at", "dispute", "subtotal", "savings", "taxes", "rounding",
)  # fmt: skip


class TotalsAnswer(serializers.Serializer[Any]):
    """What orders in one currency come to; ``kept`` is what was paid and not given back."""

    currency = serializers.CharField()
    orders = serializers.IntegerField()
    units = serializers.IntegerField()
    total = OrderAmount()
    refunded = OrderAmount()
    kept = OrderAmount()


class _Kept(ListView[Order]):
    filterset_class = OrderFilter
    pagination_class = None
    queryset = Order.objects.none()

    def get_queryset(self) -> QuerySet[Order]:
        """Return whose orders it is about; another tenant's branch is not found."""
        return orders_of(self.request)


class OrderTotalsView(_Kept):
    """Sums of orders."""

    serializer_class = TotalsAnswer

    @extend_schema(parameters=[BRANCH], responses=TotalsAnswer(many=True), operation_id="orders_totals")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return what the orders come to, a row for each currency that they were paid in."""
        rows = self.filter_queryset(self.get_queryset()).order_by("currency").values("currency")
        summed = rows.annotate(
            orders=Count("pk"), units=Sum("units"), total=Sum("total"), refunded=Sum("refunded")
        )
        return Response([_totals(each) for each in summed])


def _totals(row: Any) -> dict[str, Any]:
    kept = row["total"] - row["refunded"]
    amounts = {"total": row["total"], "refunded": row["refunded"], "kept": kept}
    return {**row, **{name: quantize(amount, row["currency"]) for name, amount in amounts.items()}}


class OrdersCsvView(_Kept):
    """Orders as a file."""

    @extend_schema(parameters=[BRANCH], responses=CSV_ANSWER, operation_id="orders_csv")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> StreamingHttpResponse:  # type: ignore[override]
        """Return the orders as CSV, newest first, by the branch's clock (UTC for one's own orders)."""
        branch = request.query_params.get("branch")
        rows = self.filter_queryset(self.get_queryset())
        return csv_response(request, "orders.csv", _COLUMNS, _cells(rows, zone_of(branch)))


def _cells(rows: QuerySet[Order], zone: ZoneInfo) -> Iterator[tuple[Any, ...]]:
    found = rows.iterator(_AT_ONCE)
    while some := list(islice(found, _AT_ONCE)):
        names = ShownNames()
        names.load(row.user_id for row in some)
        for row in some:
            amounts = [
                quantize(each, row.currency) for each in (row.total, row.refunded, row.total - row.refunded)
            ]
            yield (
                row.pk, row.number or "", row.status, row.branch_code, local(row.placed_at, zone),
                names.of(row.user_id) or "", row.trolley_id or "", row.units, row.currency, *amounts,
                local(row.verified_at, zone), row.dispute_status, *_sums(row),
            )  # fmt: skip


def _sums(row: Order) -> tuple[Any, Any, Any, Any]:
    """Return the order's subtotal, what was saved, its taxes, and what was rounded."""
    found = amounts.read(row)
    nothing = money.zero(row.currency)
    return (
        found["subtotal"],
        sum((each["amount"] for each in found["savings"]), nothing),
        sum((each["tax"] for each in found["taxes"]), nothing),
        found["rounding"],
    )
