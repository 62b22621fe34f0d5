"""Promotions as data: what a chain promises for several goods at once, and what it made of a cart."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from actors.messages.money.amounts import ZERO

PromotionKind = Literal["n_for_m", "nth", "bundle", "price", "spend"]
"""``n`` units for the price of ``m``; each ``n``-th at so much less; a set for a price; a price of each unit;
something off once so much was spent."""


class Promotion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One promotion in force. What is not of its kind is left at its default."""

    promotion_id: str
    name: str
    kind: PromotionKind
    units: tuple[int, ...] = (1,)
    """How many units of each of its sets of goods make one application; one set for all but a ``bundle``."""
    off_units: int = 1
    """How many of them, the cheapest, cost less (``n_for_m``, ``nth``)."""
    percent: Decimal = ZERO
    """How much less, of a unit's price or of what was spent."""
    amount: Decimal | None = None
    """The price of a ``bundle`` or of a unit (``price``), or what a ``spend`` takes off."""
    threshold: Decimal = ZERO
    """What has to be spent (``spend``), counted before any promotion."""
    combines: bool = True
    """Whether others may apply in the same cart."""
    priority: int = 0
    """The higher one comes first, whatever the others would save."""


class Deal(msgspec.Struct, frozen=True, gc=False):
    """A promotion with the lines of one cart that it is about."""

    promotion: Promotion
    keys: tuple[tuple[str, ...], ...]
    """Keys of lines by its sets of goods; a ``spend`` for a gift has the gifts as its second one."""
