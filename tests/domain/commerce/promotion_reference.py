"""What promotions make of a small cart, by trying everything: slow, and as plain as it can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations

from actors.messages.cart import Line
from actors.messages.money.promotions import Deal

Unit = tuple[int, str]
"""Price in cents, key of the line."""


def cents(amount: Decimal) -> int:
    return int(amount * 100)


def percent(price: int, percent_off: Decimal) -> int:
    return int((Decimal(price) * percent_off / 100).to_integral_value(ROUND_HALF_UP))


def off(deal: Deal, price: int) -> int:
    told = deal.promotion
    return percent(price, told.percent) if told.amount is None else max(0, price - cents(told.amount))


def applications(deal: Deal, units: tuple[Unit, ...]) -> Iterator[tuple[tuple[Unit, ...], int]]:
    """Yield every set of units that the deal can be applied to once, and what it saves."""
    told = deal.promotion

    def chosen(sets: int, left: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if sets == len(told.units):
            yield ()
            return
        there = [place for place in left if units[place][1] in deal.keys[sets]]
        for these in combinations(there, told.units[sets]):
            rest = tuple(place for place in left if place not in these)
            for others in chosen(sets + 1, rest):
                yield these + others

    for places in chosen(0, tuple(range(len(units)))):
        these = tuple(units[place] for place in places)
        prices = sorted(price for price, _ in these)
        if told.kind == "bundle":
            saved = sum(prices) - cents(told.amount or Decimal(0))
        else:
            saved = sum(off(deal, price) for price in prices[: told.off_units])
        left = list(units)
        for each in these:
            left.remove(each)
        yield tuple(left), saved


def of_goods(units: tuple[Unit, ...], deals: Sequence[Deal]) -> set[tuple[int, ...]]:
    """Return by deal what can be saved, in every way there is."""
    known: dict[tuple[Unit, ...], set[tuple[int, ...]]] = {}

    def ways(left: tuple[Unit, ...]) -> set[tuple[int, ...]]:
        found = known.get(left)
        if found is None:
            found = {(0,) * len(deals)}
            for place, deal in enumerate(deals):
                for rest, saved in set(applications(deal, left)):
                    found |= {(*way[:place], way[place] + saved, *way[place + 1 :]) for way in ways(rest)}
            known[left] = found
        return found

    return ways(tuple(sorted(units)))


def spent(lines: Mapping[str, Line], deals: Sequence[Deal]) -> list[tuple[Deal, int]]:
    """Return what is promised for what was spent: of those for the same goods the best."""
    best: dict[tuple[str, ...], tuple[int, int, Deal]] = {}
    for deal in deals:
        told = deal.promotion
        worth = sum(cents(lines[key].line_total) for key in deal.keys[0])
        if worth and worth >= cents(told.threshold):
            promised = percent(worth, told.percent) if told.amount is None else cents(told.amount)
            known = best.get(deal.keys[0])
            if known is None or (told.priority, promised) > known[:2]:
                best[deal.keys[0]] = (told.priority, promised, deal)
    return [(deal, promised) for _, promised, deal in best.values()]


def most_saved(lines: Mapping[str, Line], deals: Sequence[Deal]) -> tuple[int, ...]:
    """Return what is saved by priority, the highest first. Spending promotions stand apart from goods'
    (no line is in both), so that what is promised is what is taken."""
    levels = sorted({deal.promotion.priority for deal in deals}, reverse=True)
    units = tuple((cents(line.unit_price), key) for key, line in lines.items() for _ in range(line.quantity))

    def of(these: list[Deal]) -> tuple[int, ...]:
        goods = [deal for deal in these if deal.promotion.kind != "spend"]
        fixed = spent(lines, [deal for deal in these if deal.promotion.kind == "spend"])

        def by_level(way: tuple[int, ...]) -> tuple[int, ...]:
            saved = [*zip(goods, way, strict=True), *fixed]
            return tuple(
                sum(amount for deal, amount in saved if deal.promotion.priority == level) for level in levels
            )

        return max(by_level(way) for way in of_goods(units, goods))

    together = of([deal for deal in deals if deal.promotion.combines])
    return max([together, *(of([deal]) for deal in deals if not deal.promotion.combines)])
