"""REST of orders: one's own, and a branch's for those who work there. Commands on them are realtime's."""

from __future__ import annotations

import uuid
from typing import Any, cast
from urllib.parse import quote

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.people import shown_names
from core.accounts.principals import Principal
from core.orders import passes
from core.orders.answers import OrderAnswer, OrderSummary, order_context
from core.orders.filters import BRANCH, OrderFilter
from core.orders.models import Order
from core.rest.views import ListView, RowView


def orders_of(request: Request) -> QuerySet[Order]:
    """Return the caller's orders, or those of the branch that the query names. Raises Http404."""
    who = cast("Principal | None", request.auth)
    if who is None:
        return Order.objects.none()
    wanted = request.query_params.get("branch")
    if wanted is None:
        return Order.objects.filter(user_id=who.id)
    branch = scopes.find_branch(who, "order.watch", wanted)
    return Order.objects.filter(branch_code=branch.code)


class OrdersView(ListView[Order]):
    """One's own orders, newest first; with ``branch`` those of a branch in which the caller works."""

    serializer_class = OrderSummary
    filterset_class = OrderFilter
    queryset = Order.objects.none()

    @extend_schema(parameters=[BRANCH])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of orders."""
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Order]:
        """Return whose orders it is about; another tenant's branch is not found."""
        return orders_of(self.request)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Return the serializer, with the names of all who are on the page."""
        rows = args[0] if args else ()
        names = shown_names(row.user_id for row in rows)
        return OrderSummary(*args, **{**kwargs, "context": {"names": names}})


class OrderView(RowView[Order]):
    """One order."""

    serializer_class = OrderAnswer
    queryset = Order.objects.none()

    @extend_schema(responses=OrderAnswer, operation_id="order")
    def get(self, request: Request, order_id: uuid.UUID) -> Response:
        """Return the caller's order, or one of a branch in which the caller works; all else is not found."""
        who = cast(Principal, request.auth)
        mine = Q(user_id=who.id)
        ours = Q(branch_code__in=scopes.branches(who, "order.watch").values("code"))
        row = generics.get_object_or_404(Order.objects.filter(mine | ours), pk=order_id)
        context = order_context(row, mine=str(row.user_id) == who.id)
        return Response(OrderAnswer(row, context=context).data)


@require_safe
def exit_pass(request: HttpRequest, code: str) -> HttpResponse:
    """Redirect an exit pass scanned with a plain camera to the exit's page, which is for staff."""
    try:
        order = passes.find(code)
    except passes.PassError:
        order = None
    if order is None:
        raise Http404("This is not the exit pass of an order.")
    return redirect(f"/branch/{quote(order.branch_code)}/exit?code={passes.code_of(order.order_id)}")
