"""Reading an amount of money that a caller gave: a JSON number or a decimal text, digit for digit."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_TEXT = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)


class InvalidAmount(ValueError):
    """Not an amount; the message names what was expected and what came."""


def read(given: Any) -> Decimal:
    """Return the amount, exact. Raises InvalidAmount for all but ints, Decimals and texts such as 12.50."""
    if isinstance(given, str) and _TEXT.fullmatch(given):
        return Decimal(given)
    if isinstance(given, int | Decimal) and not isinstance(given, bool) and Decimal(given).is_finite():
        return Decimal(given)
    shown = repr(given[:40]) if isinstance(given, str) else str(given)[:40]
    raise InvalidAmount(f"Expected an amount such as 12.50, as a number or as text, got {shown}.")
