"""Notifications of recalls: to everybody who bought what was called back, once each.

A lot is known only of what was scanned with a label that names it. Who bought the product and nobody knows
of which lot is notified too, and told to look at it.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from core.catalogue.models import RecalledLot
from core.notifications.dispatch import notify
from core.notifications.models import Notification
from core.orders.models import Order, OrderItem

_RECENT = timedelta(days=2)
"""For so long something may still be paid that was on its way when its lot was called back."""
_EARLIER = timedelta(days=180)
"""What was bought longer before that is taken to be used up."""


def notify_due() -> int:
    """Send the notifications that are due; return how many. Blocking."""
    recent = RecalledLot.objects.filter(created_at__gt=timezone.now() - _RECENT).select_related("product")
    return sum(
        _notify(recall, user_id, order_id)
        for recall in recent
        for user_id, order_id in _buyers(recall).items()
    )


def _buyers(recall: RecalledLot) -> dict[uuid.UUID, uuid.UUID]:
    """Return who bought it and has not been told, each with the latest order that it is in."""
    told = Notification.objects.filter(key=_key(recall)).values("user_id")
    order = Order.objects.filter(pk=OuterRef("order_id"))
    rows = (
        OrderItem.objects.filter(product_id=recall.product_id, quantity__gt=F("returned"))
        .annotate(buyer=Subquery(order.values("user_id")), placed=Subquery(order.values("placed_at")))
        .filter(placed__gt=recall.created_at - _EARLIER)
        .exclude(buyer__in=told)
        .order_by("placed")
    )
    return {
        buyer: order_id
        for buyer, order_id, lots in rows.values_list("buyer", "order_id", "lots")
        if not lots or recall.lot.upper() in lots.upper().split("\n")
    }


def _key(recall: RecalledLot) -> str:
    return f"recall_bought:{recall.pk}"


def _notify(recall: RecalledLot, user_id: uuid.UUID, order_id: uuid.UUID) -> bool:
    data = {"product": recall.product.name, "lot": recall.lot, "order": str(order_id)}
    with transaction.atomic():
        return notify(user_id, "recall_bought", data, _key(recall))
