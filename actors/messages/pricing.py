"""Rules of prices as data: what an offer takes along, and what a voucher holds."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

Stage = Literal["sale", "quantity", "tier", "voucher"]
"""When a rule has its turn; in this order."""
Effect = Literal["percent", "amount", "price"]
"""So many percent off, so much off a unit, or this much a unit."""
Reach = Literal[0, 1, 2, 3, 4]
"""How narrow a scope is: chain, branch, category, product, variant."""

TIERS = ("STANDARD", "SILVER", "GOLD", "PLATINUM")
"""What an account can be, lowest first."""


class Rule(msgspec.Struct, frozen=True, gc=False):
    """One rule that could change a unit price."""

    rule_id: str
    stage: Stage
    effect: Effect
    value: Decimal
    """Percent, or an amount of the currency."""
    label: str
    """As the trace shows it, e.g. ``quantity:10``."""
    reach: Reach = 0
    priority: int = 0
    """A higher one wins over any narrower scope."""
    min_quantity: int = 1
    valid_from: float | None = None
    """POSIX seconds, inclusive; None: since ever."""
    valid_until: float | None = None
    """POSIX seconds, exclusive; None: for ever."""


class Voucher(msgspec.Struct, frozen=True):
    """A code that a cart holds, with its rule and what it is for; an empty field is for everything."""

    code: str
    rule: Rule
    category: str = ""
    """Id; products of categories below it too."""
    product_id: str = ""
    variant_id: str = ""
    max_uses: int | None = None
    """How many checkouts may be paid with it, of all people together; None: any number."""
    max_per_person: int | None = None
