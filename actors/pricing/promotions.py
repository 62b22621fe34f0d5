"""What promotions make of a cart: the best total there is, and which line has what of it.

Promotions look at lines as the price rules have left them. They come in this order:

1. those of goods (``n_for_m``, ``nth``, ``bundle``, ``price``): a unit counts for one of them at most, and
   together they save as much as is possible (:mod:`actors.pricing.packing`);
2. ``spend``: what was spent, and what that gives, is reckoned before any promotion, so that nobody loses one
   promotion by another; it is taken off what is left of its goods, never below nothing. Of those for the
   same goods one applies.

A promotion that does not combine applies alone, if that saves more than all that do combine. Where priorities
differ, the saving of the highest is made as great as possible first, then that of the next. What is
weighed or priced by its label counts for what is spent and for nothing else. Every saving is laid on the
lines that count for it, by their prices, to the minor unit.

Source of the order: docs/decisions/0041-promotions.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from actors.kit import money
from actors.messages.cart import Line
from actors.messages.money.amounts import Promoted, PromotedLine
from actors.messages.money.promotions import Deal, Promotion
from actors.pricing.options import Option
from actors.pricing.packing import pack

_HUNDRED = Decimal(100)


class Saved(NamedTuple):
    """What a deal saves, in minor units: how often, in all, and by key units and amount."""

    deal: Deal
    times: int
    amount: int
    lines: dict[str, tuple[int, int]]


def promoted(lines: Mapping[str, Line], deals: Sequence[Deal], currency: str) -> tuple[Promoted, ...]:
    """Return the promotions that make lines of that currency, by their keys, cheapest; none twice."""
    if not deals or not lines:
        return ()
    cart = _Cart(lines, currency)
    weights = _weights(deals, cart)
    together = [deal for deal in deals if deal.promotion.combines]
    best = cart.saved(together, weights) if together else []
    most = _worth(best, weights)
    for deal in sorted(deals, key=lambda each: each.promotion.promotion_id):
        if not deal.promotion.combines:
            alone = cart.saved([deal], weights)
            if (worth := _worth(alone, weights)) > most:
                best, most = alone, worth
    return tuple(cart.shown(each) for each in best)


def _weights(deals: Sequence[Deal], cart: _Cart) -> dict[int, int]:
    """Return by priority by how much a saving outweighs: all that a cart costs, and a bit more, a step."""
    levels = sorted({deal.promotion.priority for deal in deals})
    return {level: cart.heavier**place for place, level in enumerate(levels)}


def _worth(found: Sequence[Saved], weights: Mapping[int, int]) -> int:
    return sum(each.amount * weights[each.deal.promotion.priority] for each in found)


class _Cart:
    """Lines in minor units."""

    def __init__(self, lines: Mapping[str, Line], currency: str) -> None:
        self._decimals = money.decimals(currency)
        self._lines = lines
        self._goods = {
            key: (self._minor(line.unit_price), line.quantity)
            for key, line in lines.items()
            if line.label is None
        }
        self._totals = {key: self._minor(line.line_total) for key, line in lines.items()}
        self.heavier = sum(self._totals.values()) + 1

    def _minor(self, amount: Decimal) -> int:
        return int(amount.scaleb(self._decimals).to_integral_value(ROUND_HALF_UP))

    def saved(self, deals: Sequence[Deal], weights: Mapping[int, int]) -> list[Saved]:
        """Return what deals that apply together save."""
        options = []
        for index, deal in enumerate(deals):
            if deal.promotion.kind != "spend":
                option = self._option(index, deal, weights[deal.promotion.priority])
                if option is not None:
                    options.append(option)
        found = []
        left = self._totals.copy()
        for each in pack(self._goods, options):
            if each.saved > 0:
                worth = {key: self._goods[key][0] * units for key, units in each.units.items()}
                parts = shares(each.saved, worth)
                by_line = {key: (each.units[key], parts[key]) for key in worth}
                found.append(Saved(deals[each.deal], each.times, each.saved, by_line))
                for key, part in parts.items():
                    left[key] -= part
        return found + self._spent(deals, left)

    def _option(self, index: int, deal: Deal, weight: int) -> Option | None:
        """Return the deal as it stands to these lines; None if there are too few."""
        promotion, goods = deal.promotion, self._goods
        parts, most = [], 0
        for n, keys in zip(promotion.units, deal.keys, strict=True):
            here = tuple([key for key in keys if key in goods])
            if not here or (n > 1 and sum([goods[key][1] for key in here]) < n):
                return None
            parts.append((n, here))
            most += n * max([goods[key][0] for key in here])
        if promotion.kind == "bundle":
            price = self._minor(promotion.amount or Decimal(0))
            return Option(index, tuple(parts), 0, None, price, weight) if most > price else None
        return Option(index, tuple(parts), promotion.off_units, self._off(promotion), 0, weight)

    def _off(self, promotion: Promotion) -> Callable[[int], int]:
        if promotion.amount is not None:
            price = self._minor(promotion.amount)
            return lambda unit: max(0, unit - price)
        return lambda unit: percent_of(unit, promotion.percent)

    # --- what was spent ---------------------------------------------------------------

    def _spent(self, deals: Sequence[Deal], left: dict[str, int]) -> list[Saved]:
        """Return what was saved by spending; takes it off what is ``left`` of the lines."""
        reached = []
        for deal in deals:
            if deal.promotion.kind == "spend":
                spent = sum(self._totals.get(key, 0) for key in deal.keys[0])
                if spent and spent >= self._minor(deal.promotion.threshold):
                    promises = self._promises(deal.promotion, spent)
                    reached.append((-deal.promotion.priority, -promises, deal.promotion.promotion_id, deal))
        found: list[Saved] = []
        taken: set[tuple[str, ...]] = set()
        for *_, promised, _, deal in sorted(reached, key=lambda each: each[:3]):
            if deal.keys[0] not in taken and (saved := self._taken(deal, -promised, left)) is not None:
                taken.add(deal.keys[0])
                found.append(saved)
        return found

    def _promises(self, promotion: Promotion, spent: int) -> int:
        if promotion.amount is not None:
            return self._minor(promotion.amount)
        return percent_of(spent, promotion.percent)

    def _taken(self, deal: Deal, promised: int, left: dict[str, int]) -> Saved | None:
        keys = [key for key in deal.keys[0] if left.get(key)]
        units = {key: self._lines[key].quantity for key in keys}
        if len(deal.keys) > 1:
            gifts = [key for key in deal.keys[1] if left.get(key)]
            if not gifts:
                return None
            key = max(gifts, key=lambda each: min(self._unit(each), left[each]))
            keys, units, promised = [key], {key: 1}, self._unit(key)
        amount = min(promised, sum(left[key] for key in keys))
        if amount <= 0:
            return None
        parts = shares(amount, {key: left[key] for key in keys})
        for key, part in parts.items():
            left[key] -= part
        return Saved(deal, 1, amount, {key: (units[key], part) for key, part in parts.items()})

    def _unit(self, key: str) -> int:
        return self._totals[key] // self._lines[key].quantity

    def shown(self, saved: Saved) -> Promoted:
        """Return what was saved in the currency's own decimals."""
        promotion = saved.deal.promotion
        lines = (
            PromotedLine(key, units, self._major(part)) for key, (units, part) in saved.lines.items() if units
        )
        return Promoted(
            promotion.promotion_id,
            promotion.name,
            promotion.kind,
            saved.times,
            self._major(saved.amount),
            tuple(lines),
        )

    def _major(self, minor: int) -> Decimal:
        return Decimal(minor).scaleb(-self._decimals)


@lru_cache(100_000)
def percent_of(minor: int, percent: Decimal) -> int:
    """Return so many percent of an amount in minor units, rounded half up."""
    return int((minor * percent / _HUNDRED).to_integral_value(ROUND_HALF_UP))


def shares(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Return the amount in parts as large as their weights, exactly: by largest remainder.

    No part is larger than its weight as long as the amount is not larger than all of them.
    """
    whole = sum(weights.values())
    parts = {key: amount * weight // whole for key, weight in weights.items()}
    left = amount - sum(parts.values())
    for key in sorted(weights, key=lambda each: -(amount * weights[each] % whole))[:left]:
        parts[key] += 1
    return parts
