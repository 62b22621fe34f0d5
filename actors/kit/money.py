"""Exact money: Decimals in the currency's own number of decimals, rounded half up.

Source of the exceptions: ISO 4217, minor units. Every other currency has two decimals. Not every amount
that can be written can be paid: providers take the three-decimal currencies in tens
(docs.stripe.com/currencies, razorpay.com/docs/api/orders/entity).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

_NONE = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV")
_NONE_FRANCS = ("XAF", "XOF", "XPF")
_THREE = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
EXCEPTIONS = dict.fromkeys((*_NONE, *_NONE_FRANCS), 0) | dict.fromkeys(_THREE, 3)
"""How many decimals, of the currencies that have not two."""
_STEP = {0: Decimal(1), 2: Decimal("0.01"), 3: Decimal("0.001")}
_ZERO = {0: Decimal(0), 2: Decimal("0.00"), 3: Decimal("0.000")}


def decimals(currency: str) -> int:
    """Return how many decimals amounts of the currency (ISO 4217 code) have: 0, 2 or 3."""
    return EXCEPTIONS.get(currency, 2)


def quantize(amount: Decimal, currency: str) -> Decimal:
    """Return the amount in the currency's decimals, halves rounded away from zero."""
    return amount.quantize(_STEP[decimals(currency)], ROUND_HALF_UP)


def zero(currency: str) -> Decimal:
    """Return nothing, written in the currency's decimals."""
    return _ZERO[decimals(currency)]


_TENS = Decimal("0.010")


def payable(amount: Decimal, currency: str) -> Decimal:
    """Return the nearest amount that every way of paying can move, halves away from zero."""
    if decimals(currency) != 3:
        return amount
    return quantize((amount / _TENS).quantize(Decimal(1), ROUND_HALF_UP) * _TENS, currency)


_CASH = {
    "AUD": Decimal("0.05"), "CAD": Decimal("0.05"), "CHF": Decimal("0.05"), "CZK": Decimal(1),
    "DKK": Decimal("0.50"), "HUF": Decimal(5), "ILS": Decimal("0.10"), "INR": Decimal("0.50"),
    "KWD": Decimal("0.005"), "NOK": Decimal(1), "NZD": Decimal("0.10"), "SEK": Decimal(1),
}  # fmt: skip
"""The smallest coin, of the currencies whose smallest unit has none (their central banks)."""


def cash(amount: Decimal, currency: str) -> Decimal:
    """Return the nearest amount that coins can make up, halves away from zero."""
    step = _CASH.get(currency)
    if step is None:
        return amount
    return quantize((amount / step).quantize(Decimal(1), ROUND_HALF_UP) * step, currency)


def coins(amounts: Iterable[Decimal], currency: str) -> list[Decimal]:
    """Return what is handed over in coins for each of these amounts, one after the other.

    At any time that is, in all, what coins can make of their sum: what was rounded never adds up, and when
    all that was paid has gone back it is what was paid.
    """
    exact = handed = zero(currency)
    found: list[Decimal] = []
    for amount in amounts:
        exact += quantize(amount, currency)
        found.append(cash(exact, currency) - handed)
        handed += found[-1]
    return found
