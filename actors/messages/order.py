"""Messages of ``order/<payment id>``: what was bought and paid, and what became of it.

An order has the id of the payment that made it.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from actors.messages.cart import Line

# --- commands -------------------------------------------------------------


class PlaceOrder(msgspec.Struct, frozen=True, tag="PlaceOrder"):
    """From the cart: it is paid. The lines repeat the reserved prices; ``total`` is their sum."""

    user_id: str
    reservation_id: str
    branch: str
    chain: str
    session_id: str | None
    """The session in which the goods were put in; None without a trolley."""
    trolley_id: str | None
    lines: tuple[Line, ...]
    total: Decimal
    currency: str


class RefundMade(msgspec.Struct, frozen=True, tag="RefundMade"):
    """From the payment: the provider gave ``amount`` back."""

    refund_id: str
    amount: Decimal


class RefundFailed(msgspec.Struct, frozen=True, tag="RefundFailed"):
    """From the payment: the provider refused, with its reason as a sentence."""

    refund_id: str
    reason: str
