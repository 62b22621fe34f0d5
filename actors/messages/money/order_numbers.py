"""Messages of a branch's order numbers (``till/<branch code>``)."""

from __future__ import annotations

import msgspec


class TakeNumber(msgspec.Struct, frozen=True, tag="TakeNumber"):
    """From an order: what is it called? Tells GiveNumber back."""

    order_id: str


class NumberTaken(msgspec.Struct, frozen=True, tag="NumberTaken"):
    """Numbers count from 1 and have no gap."""

    order_id: str
    number: int
    at: float


Command = TakeNumber
Answer = None
"""Nobody asks for a number but an order, and that is told."""
Event = NumberTaken
