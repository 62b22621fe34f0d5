"""Codes that a shop's own scale prints: an item, and the price or weight of one piece of it.

Restricted circulation numbers (GS1 General Specifications 2.1.14 and 7.9.3): EAN-13 with
the prefix 02 or 20 to 29, laid out as each chain likes. A layout is the thirteen digits of
the code: the prefix, then ``I`` for the item, ``P`` for a price or ``W`` for a weight,
``V`` for the price's or weight's own check digit, and last ``C``, that of the whole code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from stdnum import ean

from actors.kit.money import quantize
from core.catalogue import gs1
from core.catalogue.barcodes import BarcodeError
from core.wire.currencies import BY_NUMBER

LAYOUT = re.compile(r"(?=.{13}\Z)(02|2[0-9])(I{3,8})(V?)(P{4,6}|W{4,6})(V?)C")

# What a digit counts for, by weighting factor (GS1 General Specifications 7.9.3, table of weighted products).
_TWICE_LESS = (0, 2, 4, 6, 8, 9, 1, 3, 5, 7)
_THRICE = (0, 3, 6, 9, 2, 5, 8, 1, 4, 7)
_FIVE_MORE = (0, 5, 1, 6, 2, 7, 3, 8, 4, 9)
_FIVE_LESS = (0, 5, 9, 4, 8, 3, 7, 2, 6, 1)


class ScaleLabel(NamedTuple):
    """One piece: ``price``, in the currency's decimals, or ``weight_g``, or neither if it is sold whole."""

    code: str
    price: Decimal | None = None
    weight_g: int | None = None
    lot: str = ""
    expires: date | None = None
    """The last day on which it may be sold."""


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
        """Return the code without a value, the other form in which a catalogue may list the item."""
        digits = list(code)
        digits[self.value] = "0" * (self.value.stop - self.value.start)
        if self.verifier is not None:
            digits[self.verifier] = "0"
        body = "".join(digits[:12])
        return body + str(ean.calc_check_digit(body))

    def label(self, code: str) -> ScaleLabel:
        """Return what is printed; raises BarcodeError if that is nothing, or its own check digit is wrong."""
        value = code[self.value]
        if not int(value):
            raise empty("weighs" if self.is_weight else "costs")
        if self.verifier is not None and (expected := verifier(value)) != code[self.verifier]:
            raise BarcodeError(
                "barcode_check_digit",
                f"The check digit of {value} within {code} is wrong: expected {expected},"
                f" got {code[self.verifier]}. Please scan it again.",
            )
        amount = Decimal(int(value)).scaleb(-self.decimals)
        if self.is_weight:
            return ScaleLabel(code, weight_g=int(amount * 1000))
        return ScaleLabel(code, price=amount)


def of_message(found: Mapping[str, str], currency: str) -> ScaleLabel:
    """Return what a GS1 message says of one piece; raises BarcodeError.

    Net weight is 310n in kilograms or 320n in pounds, n its decimals; the price is 392n in the chain's
    currency, or 393n after the number of its currency, which has to be the chain's.
    """
    code = "".join(f"({ai}){value}" for ai, value in found.items())
    lot = found.get("10", "")
    try:
        expires = gs1.expiry(found["17"]) if "17" in found else None
    except gs1.MalformedMessage as error:
        raise BarcodeError("barcode_malformed", str(error)) from None
    price = weight = None
    for ai, value in found.items():
        kind = ai[:3]
        if len(ai) != 4 or kind not in _MEASURES:
            continue
        if kind == "393":
            value = _in_currency(ai, value, currency)
        if not (value.isascii() and value.isdigit()):
            raise BarcodeError(
                "barcode_malformed", f"Expected a weight (310n) or a price (392n), got ({ai}){value[:20]}."
            )
        amount = Decimal(int(value)).scaleb(-int(ai[3]))
        if not amount:
            raise empty("weighs" if kind in _GRAMS else "costs")
        if kind not in _GRAMS:
            price = _exact(amount, currency)
        else:
            weight = int(amount * _GRAMS[kind])
    return ScaleLabel(code, price, weight if price is None else None, lot, expires)


_GRAMS = {"310": Decimal(1000), "320": Decimal("453.59237")}
"""Grams of a unit of weight."""
_MEASURES = frozenset({*_GRAMS, "392", "393"})


def _in_currency(ai: str, value: str, currency: str) -> str:
    """Return the amount behind the number of a currency (393n); raises BarcodeError for another currency."""
    stated, amount = BY_NUMBER.get(value[:3]), value[3:]
    if stated is None or not amount:
        raise BarcodeError(
            "barcode_malformed",
            f"Expected the number of a currency (ISO 4217) and a price, got ({ai}){value[:20]}.",
        )
    if stated != currency:
        raise BarcodeError(
            "label_currency", f"The price on the label is in {stated}, and here it is paid in {currency}."
        )
    return amount


def _exact(amount: Decimal, currency: str) -> Decimal:
    price = quantize(amount, currency)
    if price != amount:
        raise BarcodeError("barcode_malformed", f"Expected a price in {currency}, got {amount} on the label.")
    return price


def empty(does: str) -> BarcodeError:
    """Return the refusal of a label that ``weighs`` or ``costs`` nothing."""
    return BarcodeError("label_empty", f"The label says that it {does} nothing. Please weigh it again.")


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
