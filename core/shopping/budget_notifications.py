"""Telling shoppers what share of their budget they have reached, once each.

Whoever has the page open hears of it at once by the cart's topic. This is for the other ways that they want
to be told in; what was told stands among the notifications, so nothing is forgotten in a crash.
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


def tell_due() -> int:
    """Tell of what nobody was told of; return how many alerts. Blocking."""
    recent = BudgetAlert.objects.filter(at__gt=timezone.now() - _RECENT).order_by("-at")[:_AT_ONCE]
    keys = {_key(alert): alert for alert in recent}
    told = set(Notification.objects.filter(key__in=keys).values_list("key", flat=True))
    due = [alert for key, alert in keys.items() if key not in told]
    return sum(_tell(alert) for alert in reversed(due))


def _key(alert: BudgetAlert) -> str:
    return f"budget:{alert.pk}"


def _tell(alert: BudgetAlert) -> bool:
    data = {
        "percent": f"{alert.share * 100:f}".rstrip("0").rstrip("."),
        "amount": f"{quantize(alert.amount, alert.currency)} {alert.currency}",
        "period": alert.period,
    }
    with transaction.atomic():
        return notify(alert.user_id, "budget_alert", data, _key(alert))
