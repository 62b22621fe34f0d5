"""Amounts as providers count them: whole numbers of a currency's smallest unit, to the last one.

Mostly that is what ISO 4217 says, which ``actors.kit.money`` knows; each provider documents its exceptions.
An amount that a provider cannot take exactly is not rounded: it cannot be paid there.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from actors.kit import money


class NotPayable(Exception):
    """The provider cannot take this amount; the text is a sentence for the shopper."""


class Counting(NamedTuple):
    """How one provider counts."""

    provider: str
    """Its name as people read it."""
    decimals: Mapping[str, int]
    """Where they differ from the currency's own."""
    step: Mapping[str, int]
    """Of which number its amounts must be a multiple; 1 where nothing is said."""
    takes: frozenset[str] | None = None
    """The only currencies that it takes."""

    def units(self, amount: Decimal, currency: str) -> int:
        """Return the amount in units of this provider. Raises NotPayable."""
        exact = amount.scaleb(self._decimals(currency))
        units = int(exact)
        taken = self.takes is None or currency in self.takes
        if not taken or units <= 0 or units != exact or units % self.step.get(currency, 1):
            raise NotPayable(f"{self.provider} cannot take an amount of {amount} {currency}.")
        return units

    def text(self, amount: Decimal, currency: str) -> str:
        """Return the amount as a decimal number with this provider's decimals. Raises NotPayable."""
        return str(Decimal(self.units(amount, currency)).scaleb(-self._decimals(currency)))

    def amount(self, units: int, currency: str) -> Decimal:
        """Return what so many units are, in the currency's own decimals."""
        return money.quantize(Decimal(units).scaleb(-self._decimals(currency)), currency)

    def _decimals(self, currency: str) -> int:
        return self.decimals.get(currency, money.decimals(currency))


_TENS = dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 10)
"""Both want the last of three decimals to be 0."""

STRIPE = Counting("Stripe", {"ISK": 2, "UGX": 2, "MGA": 0}, {**_TENS, "ISK": 100, "UGX": 100})
"""docs.stripe.com/currencies: zero-decimal, three-decimal and special cases. ISK and UGX have no decimals
but are written with two, which must be 00; MGA counts as having none."""
RAZORPAY = Counting("Razorpay", {}, _TENS)
"""razorpay.com/docs/api/orders/entity: ``amount``."""
_PAYPAL_TAKES = (
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "INR",
    "JPY", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD",
)  # fmt: skip
PAYPAL = Counting("PayPal", {"HUF": 0, "TWD": 0}, {}, frozenset(_PAYPAL_TAKES))
"""developer.paypal.com/api/rest/reference/currency-codes. Written as decimal numbers, HUF and TWD without
decimals; some are for accounts of that country only, which PayPal itself says."""
_COUNTINGS = {"stripe": STRIPE, "razorpay": RAZORPAY, "paypal": PAYPAL}


def not_payable(provider: str, amount: Decimal, currency: str) -> str | None:
    """Return why the provider cannot move this amount, None: it can, or takes any."""
    counting = _COUNTINGS.get(provider)
    try:
        if counting is not None:
            counting.units(amount, currency)
    except NotPayable as error:
        return str(error)
    return None
