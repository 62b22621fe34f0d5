"""Notifications of budget alerts: what share of their budget shoppers have reached, once each.

An open page is updated at once by the cart's topic. This is for the other ways in which a shopper wants to
be notified; what was sent stands among the notifications, so nothing is forgotten in a crash.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from actors.kit.money import quantize
from core.notifications.dispatch import notify
from core.notifications.models import Notification
from core.shopping.models import BudgetAlert

_RECENT = timedelta(hours=6)
_AT_ONCE = 200


def notify_due() -> int:
    """Send the notifications that are due; return how many. Blocking."""
    recent = BudgetAlert.objects.filter(at__gt=timezone.now() - _RECENT).order_by("-at")[:_AT_ONCE]
    keys = {_key(alert): alert for alert in recent}
    sent = set(Notification.objects.filter(key__in=keys).values_list("key", flat=True))
    due = [alert for key, alert in keys.items() if key not in sent]
    return sum(_notify(alert) for alert in reversed(due))


def _key(alert: BudgetAlert) -> str:
    return f"budget:{alert.pk}"


def _notify(alert: BudgetAlert) -> bool:
    data = {
        "percent": f"{alert.share * 100:f}".rstrip("0").rstrip("."),
        "amount": f"{quantize(alert.amount, alert.currency)} {alert.currency}",
        "period": alert.period,
    }
    with transaction.atomic():
        return notify(alert.user_id, "budget_alert", data, _key(alert))
