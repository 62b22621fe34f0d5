"""Notifications of recalls: to everybody whose cart holds a lot that was called back, once each."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from core.catalogue.models import RecalledLot
from core.notifications.dispatch import notify
from core.notifications.models import Notification
from core.shopping.models import CartItem

_RECENT = timedelta(days=2)
"""For so long a cart may still hold what was put in before its lot was called back."""


def notify_due() -> int:
    """Send the notifications that are due; return how many. Blocking."""
    recent = RecalledLot.objects.filter(created_at__gt=timezone.now() - _RECENT).select_related("product")
    return sum(_notify(recall, user_id) for recall in recent for user_id in _holders(recall))


def _holders(recall: RecalledLot) -> set[uuid.UUID]:
    """Return whose cart holds the lot, of those who have not been told."""
    told = Notification.objects.filter(key=_key(recall)).values("user_id")
    rows = CartItem.objects.filter(product_id=recall.product_id).exclude(lots="").exclude(user_id__in=told)
    return {
        user_id
        for user_id, lots in rows.values_list("user_id", "lots")
        if recall.lot.upper() in lots.upper().split("\n")
    }


def _key(recall: RecalledLot) -> str:
    return f"recall:{recall.pk}"


def _notify(recall: RecalledLot, user_id: uuid.UUID) -> bool:
    data = {"product": recall.product.name, "lot": recall.lot}
    with transaction.atomic():
        return notify(user_id, "recall", data, _key(recall))
