"""What goes back when money goes back: of which lines, and of which taxes.

Every refund is laid on lines: first on the goods that come back, at what was paid for so many of them,
then on all lines by what is still kept of them. A class keeps of its taxes what it keeps of its sum; a
refund gives back the difference. So whatever is refunded, in whatever parts, paid - given back = kept, to
the minor unit, for each line and each tax.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from actors.kit import money
from actors.messages.cart import key_of
from actors.messages.money.amounts import ZERO, Amounts, Tax
from actors.messages.money.purchase import Purchase
from actors.pricing.amounts import split


class Return(NamedTuple):
    """Money that goes back: how much, and how many units of which lines (by id) came back for it."""

    amount: Decimal
    units: Mapping[str, int]


class Part(NamedTuple):
    """What of a refund falls on a line: its goods, and the deposit on them."""

    line_id: str
    goods: Decimal
    deposit: Decimal


class RefundParts(NamedTuple):
    """One refund, laid on lines and taxes; parts of nothing are left out."""

    parts: tuple[Part, ...]
    taxes: tuple[Tax, ...]


Spot = tuple[str, bool]
"""The key of a line, and whether it is about its deposit."""
Spots = dict[Spot, Decimal]


def given_back(purchase: Purchase, returns: Iterable[Return]) -> list[RefundParts]:
    """Return each refund as it is laid on lines and taxes, in the order in which they were given."""
    bought, currency = purchase.amounts, purchase.currency
    paid = _paid(purchase)
    kept = paid
    back = dict.fromkeys((line.line_id for line in purchase.lines), 0)
    found = []
    for each in returns:
        amount = min(each.amount, sum(kept.values(), ZERO))
        goods = _goods_back(purchase, each.units, paid, kept, back)
        after = _less(kept, amount, goods, currency)
        for line_id, units in each.units.items():
            back[line_id] += units
        taxes = () if bought is None else _taxes(bought, (paid, kept, after), currency)
        found.append(RefundParts(_parts(purchase, kept, after), taxes))
        kept = after
    return found


def _paid(purchase: Purchase) -> Spots:
    """Return what was paid for each spot; before there were taxes that was a line's total."""
    if purchase.amounts is None:
        return {(key_of(line), False): line.line_total for line in purchase.lines}
    spots: Spots = {}
    for share in purchase.amounts.shares:
        spots[share.key, False] = share.paid
        spots[share.key, True] = share.deposit
    return spots


def _goods_back(
    purchase: Purchase, units: Mapping[str, int], paid: Spots, kept: Spots, back: Mapping[str, int]
) -> Spots:
    """Return what the goods that come back were worth, no more than is kept of their lines."""
    worth: Spots = {}
    for line in purchase.lines:
        came = units.get(line.line_id, 0)
        for spot in ((key_of(line), False), (key_of(line), True)):
            if came and paid.get(spot):
                before, after = (
                    money.quantize(paid[spot] * count / line.quantity, purchase.currency)
                    for count in (back[line.line_id], back[line.line_id] + came)
                )
                worth[spot] = min(after - before, kept[spot])
    return worth


def _less(kept: Spots, amount: Decimal, first: Spots, currency: str) -> Spots:
    """Return what is kept after the amount is taken from ``first``, and from all if that is not enough."""
    wanted = min(amount, sum(first.values(), ZERO))
    after = _taken(kept, wanted, first, currency)
    return _taken(after, amount - wanted, after, currency)


def _taken(kept: Spots, amount: Decimal, by: Spots, currency: str) -> Spots:
    """Take the amount, by size."""
    if not amount:
        return kept
    parts = dict(zip(by, split(amount, list(by.values()), currency), strict=True))
    return {spot: left - parts.get(spot, ZERO) for spot, left in kept.items()}


def _parts(purchase: Purchase, before: Spots, after: Spots) -> tuple[Part, ...]:
    parts = []
    for line in purchase.lines:
        goods, deposit = (
            before.get(spot, ZERO) - after.get(spot, ZERO)
            for spot in ((key_of(line), False), (key_of(line), True))
        )
        if goods or deposit:
            parts.append(Part(line.line_id, goods, deposit))
    return tuple(parts)


def _taxes(bought: Amounts, spots: tuple[Spots, Spots, Spots], currency: str) -> tuple[Tax, ...]:
    """Return the taxes of what was kept less those of what is kept; ``spots``: paid, was kept, is kept."""
    whole, had, has = (_by_class(bought, each) for each in spots)

    def went(amount: Decimal, tax_class: str) -> Decimal:
        if not whole[tax_class]:
            return money.zero(currency)
        was, now = (
            money.quantize(amount * each[tax_class] / whole[tax_class], currency) for each in (had, has)
        )
        return was - now

    taxes = (
        replace(each, net=went(each.net, each.tax_class), tax=went(each.tax, each.tax_class))
        for each in bought.taxes
    )
    return tuple(each for each in taxes if each.net or each.tax)


def _by_class(bought: Amounts, spots: Spots) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for share in bought.shares:
        goods, deposit = share.tax_class, share.deposit_tax_class
        sums[goods] = sums.get(goods, ZERO) + spots[share.key, False]
        sums[deposit] = sums.get(deposit, ZERO) + spots[share.key, True]
    return sums
