"""What is known of a shopper and of a branch from the orders. Blocking."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import NamedTuple

from django.db.models import Count
from django.utils import timezone

from core.accounts.models import User
from core.assistant.models import Feedback
from core.orders.models import Order, OrderItem

RECENT_ORDERS = 50
"""Purchases that say what somebody buys again and again."""
_RECENT = timedelta(days=30)
_BUYS = 40
_POPULAR = 60


LEAST = 50
"""With fewer purchases there is nothing to learn."""


class History(NamedTuple):
    """What is known of one shopper."""

    language: str = ""
    orders: int = 0
    bought: dict[str, int] = {}
    """In how many of the latest purchases each product was."""
    dismissed: frozenset[str] = frozenset()


def suffices(chain: str) -> bool:
    """Return whether the chain has so many orders that a model can be learnt of them."""
    return Order.objects.filter(chain_slug=chain)[:LEAST].count() == LEAST


def of(user_id: str, chain: str) -> History:
    """Return what is known of the shopper in the chain."""
    language = User.objects.filter(pk=user_id).values_list("language", flat=True).first() or ""
    latest = Order.objects.filter(user_id=user_id, chain_slug=chain).order_by("-placed_at")
    orders = list(latest.values_list("order_id", flat=True)[:RECENT_ORDERS])
    rows = OrderItem.objects.filter(order_id__in=orders).order_by().values_list("product_id")
    often = rows.annotate(times=Count("order_id", distinct=True)).order_by("-times")[:_BUYS]
    refused = Feedback.objects.filter(
        user_id=user_id, action=Feedback.Action.DISMISSED, at__gt=timezone.now() - _RECENT
    )
    return History(
        language,
        len(orders),
        {str(product): times for product, times in often},
        frozenset(map(str, refused.values_list("product_id", flat=True))),
    )


def popular(chain: str, branch: str) -> dict[str, float]:
    """Return in which share of the branch's latest purchases each product was, the most popular first.

    Without a branch, or while nobody has bought anything there, of the chain's.
    """
    for where in ({"branch_code": branch}, {"chain_slug": chain}):
        orders = (
            Order.objects.filter(**where).order_by("-placed_at").values_list("order_id", flat=True)[:2000]
        )
        ids: list[uuid.UUID] = list(orders)
        if not ids:
            continue
        rows = OrderItem.objects.filter(order_id__in=ids).order_by().values_list("product_id")
        found = rows.annotate(times=Count("order_id", distinct=True)).order_by("-times", "product_id")
        return {str(product): times / len(ids) for product, times in found[:_POPULAR]}
    return {}
