"""Which units of a cart count for which promotion, so that together they save the most: exactly.

A unit counts for one promotion of goods at most. Promotions that want the same lines are solved together
(:class:`_Component`), all others apart. Units are looked at from the dearest to the cheapest: what went
before matters only by how many units stand in each promotion's group that is not full yet. So it is a dynamic
programme over those numbers: of all ways to the same numbers the one that saves most is kept, and in the end
no group may be half full. That loses nothing: given the units of a promotion, filling its groups in the
order of price makes the dearest units of a group pay, and those that cost less as dear as they can be.

Where promotions overlap so much that there are too many ways, :mod:`actors.pricing.search` bounds what each
of them can still save, and leaves out those that cannot be the best.

Of very many units of one line all but a few stand in groups of nothing but themselves, of whichever
promotion saves most on each of them (else exchange as many units as both group sizes divide); these are
taken out beforehand (:meth:`_Component._uniform`).

All amounts are in minor units, and a saving of a higher priority is multiplied to outweigh all below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from actors.pricing.options import Option, Slot
from actors.pricing.search import Alone, Search


class Application(NamedTuple):
    """What one promotion does."""

    deal: int
    saved: int
    times: int
    units: dict[str, int]
    """By key of a line, the dearest first."""


Goods = Mapping[str, tuple[int, int]]
"""Unit price and quantity of lines by key."""
_Uses = dict[int, list[tuple[int, str, int]]]
"""Index of an option -> (unit price, key, units)."""


def pack(goods: Goods, options: Sequence[Option]) -> list[Application]:
    """Return the promotions that apply, so that the weighted sum of savings is the greatest possible."""
    singles: dict[str, tuple[int, Option]] = {}
    for option in options:
        if option.single and option.off is not None:
            for key in option.parts[0][1]:
                value = option.off(goods[key][0]) * option.weight
                if value > singles.get(key, (0, None))[0]:
                    singles[key] = (value, option)
    uses: _Uses = {}
    rest = set(singles)
    for together, keys in _components([each for each in options if not each.single]):
        if len(together) == 1 and singles.keys().isdisjoint(keys):
            uses[together[0].deal] = _alone(goods, together[0])
            continue
        rest -= keys
        for index, used in _Component(goods, together, singles).solve().items():
            uses.setdefault(index, []).extend(used)
    for key in goods:
        if key in rest:
            uses.setdefault(singles[key][1].deal, []).append((goods[key][0], key, goods[key][1]))
    by_index = {each.deal: each for each in options}
    return [_found(by_index[index], used) for index, used in sorted(uses.items())]


def _found(option: Option, used: list[tuple[int, str, int]]) -> Application:
    used.sort(key=lambda each: -each[0])
    units: dict[str, int] = {}
    prices: list[int] = []
    for price, key, count in used:
        units[key] = units.get(key, 0) + count
        prices += [price] * count
    whole = sum(n for n, _ in option.parts)
    return Application(option.deal, option.saves(prices), len(prices) // whole, units)


def _alone(goods: Goods, option: Option) -> list[tuple[int, str, int]]:
    """Return the units that a promotion uses with which no other competes: the dearest of each set."""
    sets = [sorted(((*goods[key], key) for key in keys), reverse=True) for _, keys in option.parts]
    times = min(
        sum(count for _, count, _ in these) // n for these, (n, _) in zip(sets, option.parts, strict=True)
    )
    if option.off is None:
        if len({key for these in sets for *_, key in these}) < sum(map(len, sets)):
            return _Component(goods, [option], {}).solve().get(option.deal, [])
        whole = [[price for price, count, _ in these for _ in range(count)] for these in sets]
        worth = [
            sum(
                sum(prices[time * n : time * n + n])
                for prices, (n, _) in zip(whole, option.parts, strict=True)
            )
            for time in range(times)
        ]
        times = sum(each > option.price for each in worth)
    uses = []
    for these, (n, _) in zip(sets, option.parts, strict=True):
        left = times * n
        for price, count, key in these:
            if left:
                uses.append((price, key, min(count, left)))
                left -= min(count, left)
    return uses


def _components(options: Sequence[Option]) -> Iterable[tuple[list[Option], set[str]]]:
    """Return those together that share lines, however many others lie between them, and those lines."""
    found: list[tuple[set[str], list[Option]]] = []
    for option in options:
        keys = {key for _, part in option.parts for key in part}
        together, apart = [option], []
        for known, members in found:
            if known.isdisjoint(keys):
                apart.append((known, members))
            else:
                keys |= known
                together = [*members, *together]
        found = [*apart, (keys, together)]
    return [(members, keys) for keys, members in found]


class _Component:
    """Promotions that want the same lines."""

    def __init__(self, goods: Goods, options: list[Option], singles: dict[str, tuple[int, Option]]) -> None:
        self._singles = singles
        self._slots: list[Slot] = []
        self._on: dict[str, list[int]] = {}
        for option in options:
            first = len(self._slots)
            whole = sum(n for n, _ in option.parts)
            share = option.price * option.weight // whole
            for n, keys in option.parts:
                for key in keys:
                    self._on.setdefault(key, []).append(len(self._slots))
                self._slots.append(Slot(option, n, first, share))
        self._goods = {key: goods[key] for key in self._on}

    def solve(self) -> _Uses:
        """Return what each promotion uses."""
        uses: _Uses = {}
        units: list[tuple[int, str]] = []
        for key, (price, quantity) in sorted(self._goods.items(), key=lambda each: -each[1][0]):
            option, apart = self._uniform(key, price, quantity)
            if option is not None and apart:
                uses.setdefault(option.deal, []).append((price, key, apart))
            units += [(price, key)] * (quantity - apart)
        for (price, key), option in zip(units, self._choices(units), strict=True):
            if option is not None:
                uses.setdefault(option.deal, []).append((price, key, 1))
        return uses

    def _uniform(self, key: str, price: int, quantity: int) -> tuple[Option | None, int]:
        """Return what saves most on each unit of a line, and how many units are surely in such groups."""
        most, best = self._singles.get(key, (0, None))
        size, sizes, bound = 1, [1], 0
        for slot in self._on[key]:
            option, n = self._slots[slot][:2]
            if len(option.parts) > 1:
                sets = (sum(self._goods[each][1] for each in keys) // units for units, keys in option.parts)
                bound += n * min(sets)
                continue
            sizes.append(n)
            value = option.saves([price] * n) * option.weight
            if value * size > most * n:
                best, most, size = option, value, n
        bound += sum(size * n + 2 * n for n in sizes) + 3 * size
        return best, max(0, (quantity - bound) // size) * size

    def _choices(self, units: list[tuple[int, str]]) -> list[Option | None]:
        """Return for each unit, the dearest first, the promotion that it counts for."""
        alone: list[Alone] = [self._singles.get(key, (0, None)) for _, key in units]
        prices, slots = [price for price, _ in units], [self._on[key] for _, key in units]
        return Search(self._slots, prices, slots, alone).best()
