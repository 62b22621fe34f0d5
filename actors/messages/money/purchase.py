"""A purchase: one struct for the cart, the payment and the order."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from actors.messages.cart import Line
from actors.messages.money.amounts import Amounts


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that a branch keeps for a shopper, at the prices that they have since.

    Who buys is not in it: that is the key of a cart, and stands beside it elsewhere.
    """

    reservation_id: str
    branch: str
    chain: str
    session_id: str | None
    """The session in which the goods were put in; None without a trolley."""
    trolley_id: str | None
    lines: tuple[Line, ...]
    total: Decimal
    """What is paid, in ``currency``."""
    currency: str
    amounts: Amounts | None = None
    """How the total comes about; None: it is the sum of the lines' totals."""
    removed: int = 0
    """How many lines the shopper took out again before; who often does is looked at more often."""


NO_PURCHASE = Purchase(
    reservation_id="",
    branch="",
    chain="",
    session_id=None,
    trolley_id=None,
    lines=(),
    total=Decimal(0),
    currency="",
)
"""Of a payment or an order that has not begun."""
