"""Messages of ``till/<branch code>``: it numbers the branch's orders."""

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
"""Nobody asks a till."""
Event = NumberTaken
