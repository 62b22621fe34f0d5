"""What is handed over in coins when an order that was paid in cash is refunded."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from decimal import Decimal

from actors.kit import money
from core.orders.models import Refund
from core.payments.models import TillPayment


def handed_over(order_id: uuid.UUID, currency: str, refunds: Iterable[Refund]) -> dict[str, Decimal]:
    """Return, by their id, what of an order's refunds is handed over, the oldest first. Blocking.

    Nothing for one that failed, or if the order was not paid in cash.
    """
    counted = [each for each in refunds if each.status != "failed" and each.user_id is not None]
    if not counted or not TillPayment.objects.filter(pk=order_id, method="cash").exists():
        return {}
    found = money.coins((each.amount for each in counted), currency)
    return {each.id: coins for each, coins in zip(counted, found, strict=True)}
