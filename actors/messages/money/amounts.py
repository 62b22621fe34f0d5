"""What a cart, a purchase and a receipt amount to, and the terms on which goods are taxed."""

from __future__ import annotations

from decimal import Decimal

import msgspec

ZERO = Decimal(0)


class TaxRate(msgspec.Struct, frozen=True, gc=False):
    """One tax of a class: a class may have several, as CGST and SGST are."""

    name: str
    """As a receipt calls it, e.g. ``CGST``."""
    percent: Decimal


class TaxClass(msgspec.Struct, frozen=True):
    """A class of goods with the taxes that it has at one moment in one branch."""

    code: str
    """E.g. ``standard``; empty: goods of no class, which no tax is known for."""
    rates: tuple[TaxRate, ...] = ()


UNTAXED = TaxClass("")


class GoodsTerms(msgspec.Struct, frozen=True):
    """On which terms a product is sold."""

    tax: TaxClass = UNTAXED
    deposit: Decimal = ZERO
    """Of a unit, given back when its container comes back; nothing: there is none."""
    deposit_tax: TaxClass = UNTAXED


PLAIN = GoodsTerms()


class TaxTerms(msgspec.Struct, frozen=True):
    """How a chain taxes what it sells."""

    included: bool = True
    """Prices hold the tax; else it is added on top."""
    by_line: bool = False
    """Each line's tax is rounded; else the sum of a class."""
    goods: dict[str, GoodsTerms] = {}
    """By key of a line; what is not in here is ``PLAIN``."""


class Saving(msgspec.Struct, frozen=True, gc=False):
    """What one rule takes off a whole cart; ``name`` is the rule's, as in a line's trace."""

    name: str
    amount: Decimal


class Tax(msgspec.Struct, frozen=True, gc=False):
    """What one tax makes of all goods of its class."""

    tax_class: str
    name: str
    rate: Decimal
    """Percent."""
    net: Decimal
    """Of the goods, before any tax."""
    tax: Decimal


class Deposit(msgspec.Struct, frozen=True, gc=False):
    """What is paid for the containers of a line's goods: a line of its own."""

    key: str
    """Of the goods' line."""
    name: str
    quantity: int
    unit_price: Decimal
    line_total: Decimal


class Share(msgspec.Struct, frozen=True, gc=False):
    """What of the sum that is paid falls on a line."""

    key: str
    paid: Decimal
    """Its goods, with the tax, without a deposit."""
    deposit: Decimal
    tax_class: str
    """Of the goods; empty: not taxed."""
    deposit_tax_class: str


class PromotedLine(msgspec.Struct, frozen=True, gc=False):
    """What of a promotion's saving falls on a line, and how many of its units count for it."""

    key: str
    units: int
    amount: Decimal


class Promoted(msgspec.Struct, frozen=True):
    """What one promotion takes off a whole cart; the lines' parts make the amount."""

    promotion_id: str
    name: str
    kind: str
    times: int
    """How often it applied."""
    amount: Decimal
    lines: tuple[PromotedLine, ...]


PROMOTION = "promotion:"
"""What stands before a promotion's name where savings are listed."""


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """Exact, in the currency's decimals.

    ``subtotal - savings + deposits (+ taxes, if they come on top) + rounding = total``; the shares add up
    to the total, too.
    """

    subtotal: Decimal
    """The goods before anything was taken off."""
    savings: tuple[Saving, ...]
    """By rule, and by promotion."""
    deposits: tuple[Deposit, ...]
    taxes: tuple[Tax, ...]
    tax_included: bool
    rounding: Decimal
    """To an amount that can be paid."""
    total: Decimal
    """What is paid."""
    shares: tuple[Share, ...]
    """In the order of the lines; empty while nothing is to be paid yet."""
    promotions: tuple[Promoted, ...] = ()
    """What of the savings promotions made, by line: the lines' own totals know nothing of them."""
