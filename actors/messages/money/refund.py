"""Requests of an order or a cart to ``payment/<id>``: refund money."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class RefundPayment(msgspec.Struct, frozen=True, tag="RefundPayment"):
    """Give ``amount`` back, None: all that is left. An order that asked gets RefundMade or RefundFailed."""

    refund_id: str
    amount: Decimal | None
    reason: str
    order_id: str | None = None
    """The order that asked and wants to hear of it; None: the cart, which has no use for what was paid."""
