"""Codes that a shop's own scale prints: an item, and the price or weight of one piece of it.

Restricted circulation numbers (GS1 General Specifications 2.1.14 and 7.9.3): EAN-13 with
the prefix 02 or 20 to 29, laid out as each chain likes. A layout is the thirteen digits of
the code: the prefix, then ``I`` for the item, ``P`` for a price or ``W`` for a weight,
``V`` for the price's or weight's own check digit, and last ``C``, that of the whole code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from stdnum import ean

from core.catalogue.barcodes import BarcodeError

LAYOUT = re.compile(r"(?=.{13}\Z)(02|2[0-9])(I{3,8})(V?)(P{4,6}|W{4,6})(V?)C")

# What a digit counts for, by weighting factor (GS1 General Specifications 7.9.3, table of weighted products).
_TWICE_LESS = (0, 2, 4, 6, 8, 9, 1, 3, 5, 7)
_THRICE = (0, 3, 6, 9, 2, 5, 8, 1, 4, 7)
_FIVE_MORE = (0, 5, 1, 6, 2, 7, 3, 8, 4, 9)
_FIVE_LESS = (0, 5, 9, 4, 8, 3, 7, 2, 6, 1)


class Label(NamedTuple):
    """One piece: exactly one of ``price``, in the currency's decimals, and ``weight_g`` is given."""

    code: str
    price: Decimal | None = None
    weight_g: int | None = None


class Layout(NamedTuple):
    """How a chain lays codes of one prefix out. ``decimals``: of the price, or of the weight in kg."""

    prefix: str
    item: slice
    value: slice
    is_weight: bool
    verifier: int | None
    decimals: int

    def item_of(self, code: str) -> str:
        """Return the code by which the catalogue may know the item: prefix and item digits."""
        return self.prefix + code[self.item]

    def blank(self, code: str) -> str:
        """Return the code with nothing for a value, the other way in which a catalogue may know the item."""
        digits = list(code)
        digits[self.value] = "0" * (self.value.stop - self.value.start)
        if self.verifier is not None:
            digits[self.verifier] = "0"
        body = "".join(digits[:12])
        return body + str(ean.calc_check_digit(body))

    def label(self, code: str) -> Label | None:
        """Return what is printed, None for nothing; raises BarcodeError if its own check digit is wrong."""
        value = code[self.value]
        if not int(value):
            return None
        if self.verifier is not None and (expected := verifier(value)) != code[self.verifier]:
            raise BarcodeError(
                "barcode_check_digit",
                f"The check digit of {value} within {code} is wrong: expected {expected},"
                f" got {code[self.verifier]}. Please scan it again.",
            )
        amount = Decimal(int(value)).scaleb(-self.decimals)
        if self.is_weight:
            return Label(code, weight_g=int(amount * 1000))
        return Label(code, price=amount)


def verifier(value: str) -> str:
    """Return the check digit of a price or weight of four, five or six digits.

    Six digits have no rule in the specification; the first is left out, as scales do.
    """
    if len(value) == 4:
        weights = (_TWICE_LESS, _TWICE_LESS, _THRICE, _FIVE_LESS)
        return str(sum(weight[int(digit)] for weight, digit in zip(weights, value, strict=True)) * 3 % 10)
    five = (_FIVE_MORE, _TWICE_LESS, _FIVE_LESS, _FIVE_MORE, _TWICE_LESS)
    total = sum(weight[int(digit)] for weight, digit in zip(five, value[-5:], strict=True))
    return str(_FIVE_LESS.index(-total % 10))


def layout(pattern: str, decimals: int) -> Layout:
    """Return the layout that the pattern describes; raises ValueError."""
    found = LAYOUT.fullmatch(pattern)
    if found is None:
        raise ValueError(f"Expected a layout such as 21IIIIIVPPPPC, got {pattern[:20]!r}.")
    prefix, _, before, _, after = found.groups()
    if before and after:
        raise ValueError("Expected V at most once, got it twice.")
    place = found.start(3) if before else found.start(5) if after else None
    return Layout(prefix, slice(*found.span(2)), slice(*found.span(4)), "W" in pattern, place, decimals)


def by_prefix(layouts: Iterable[Layout]) -> dict[str, Layout]:
    """Return the layouts by prefix."""
    return {each.prefix: each for each in layouts}
