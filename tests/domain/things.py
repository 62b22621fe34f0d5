"""Reference data for the specs of the domain."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from actors.kit.decider import Tell
from actors.messages.cart import Offer
from actors.messages.trolley import Place, TrolleyRef

PLACE = Place("device-1", 0x13)
REF = TrolleyRef("TROLLEY_01", "BRANCH-001", "demo", 1, "INR", place=PLACE)
BARE = replace(REF, place=None)
"""The same trolley in a branch without lock hardware."""


def ref(number: int, **changed: Any) -> TrolleyRef:
    """Another trolley of the same branch."""
    return replace(REF, trolley_id=f"TROLLEY_{number:02}", cart_number=number, **changed)


def offer(name: str, price: str = "12.50", currency: str = "INR", variant: str | None = None) -> Offer:
    """A product on offer; its id and barcode are made from its name."""
    return Offer(f"product-{name}", f"bar-{name}", name, Decimal(price), currency, variant, variant)


def durable(told: list[Tell]) -> list[Any]:
    """The commands of the durable tells."""
    return [tell.command for tell in told if tell.durable]
