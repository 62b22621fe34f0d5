"""The search for the best use of units that several promotions want.

A dynamic programme over the units, the dearest first; a state is how many units stand in each group that
is not full yet. As long as there are few states that is all. Else every promotion is given all units that it
wants, each at a price for which others want it as well (Lagrange multipliers), and so has its own best way to
go on from every state: together with the prices that is the most that a state can lead to. The prices are
bettered until promotions hardly want the same units any more (subgradient). States that cannot lead to more
than the best way that is known are left out, so the result stays exact.

Only the most promising states are followed at once, more of them in each attempt, until none had to be left
out for their number or no more can be saved. Where the last attempt is not enough, which takes dozens of
promotions that overlap in rings, the result is the best that was found: a command is not held up for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from actors.pricing.options import Option, Slot

_MOST = (32, 96, 256)
"""How many states are followed, attempt by attempt."""
_FEW = 48
"""So many states need no bound."""
_ROUNDS = 60
"""How often the prices are bettered at a time."""
_PATIENCE = 4
"""After so many times without success in smaller steps."""

State = tuple[int, ...]
Alone = tuple[int, Option | None]
"""What a unit saves that counts for none of these promotions (weighted), and what it counts for then."""
_Ways = dict[State, tuple[int, Any]]
"""State -> what it saves (weighted), and how it came about: (option or None, the same of the unit before)."""
_Group = tuple[int, int, int, int, Option]
"""A slot, its group's size, how many of a group pay, what a unit there that does not saves, the promotion."""
_NEVER = -(10**60)


class Search:
    """One component: ``prices`` of units, the dearest first, and the slots that each may count ``on``."""

    def __init__(
        self, slots: Sequence[Slot], prices: list[int], on: list[list[int]], alone: list[Alone]
    ) -> None:
        self._slots, self._prices, self._on, self._alone = slots, prices, on, alone
        self._start: State = (0,) * len(slots)
        self._was_cut = False
        self._left = [[0] * len(slots)]
        """By unit, how many from it on may count for each slot."""
        for these in reversed(on):
            left = self._left[-1].copy()
            for slot in these:
                left[slot] += 1
            self._left.append(left)
        self._left.reverse()

    def best(self) -> list[Option | None]:
        """Return what each unit counts for, so that the sum of the weighted savings is the greatest."""
        value, path = self._run(_FEW, None, 0)
        if self._was_cut:
            bounds = Bounds(self._slots, self._prices, self._on, [gain for gain, _ in self._alone])
            for most in _MOST:
                if bounds.better(value) <= value:
                    break
                self._was_cut = False
                found, way = self._run(most, bounds, value)
                if found > value:
                    value, path = found, way
                if not self._was_cut:
                    break
        chosen = []
        while path is not None:
            option, path = path
            chosen.append(option)
        return chosen[::-1]

    def _run(self, most: int, bounds: Bounds | None, known: int) -> tuple[int, Any]:
        ways: _Ways = {self._start: (0, None)}
        for place, price in enumerate(self._prices):
            ways = self._step(ways, price, self._on[place], place + 1, self._alone[place])
            if bounds is not None:
                ways = self._promising(ways, bounds, place + 1, most, known)
            elif len(ways) > most:
                self._was_cut = True
                kept = dict(sorted(ways.items(), key=lambda each: -each[1][0])[:most])
                if self._start in ways:
                    kept[self._start] = ways[self._start]
                ways = kept
        return ways.get(self._start, (_NEVER, None))

    def _promising(self, ways: _Ways, bounds: Bounds, place: int, most: int, known: int) -> _Ways:
        """Return the ways that may save more than what is ``known``, or the best of them."""
        reach = {state: way[0] + bounds.from_here(state, place) for state, way in ways.items()}
        kept = {state: way for state, way in ways.items() if reach[state] > known}
        if len(kept) > most:
            self._was_cut = True
            kept = dict(sorted(kept.items(), key=lambda each: -reach[each[0]])[:most])
        return kept

    def _step(self, ways: _Ways, price: int, slots: list[int], place: int, alone: Alone) -> _Ways:
        """Return the ways after one more unit that may count for these slots, or alone."""
        after: _Ways = {}
        gain, single = alone
        left = self._left[place]
        groups, bundles = self._gains(slots, price)
        for state, (value, path) in ways.items():
            if self._can_end(state, slots, left):
                known = after.get(state)
                if known is None or known[0] < value + gain:
                    after[state] = (value + gain, (single, path))
            for slot, n, pays, off, option in groups:
                count = state[slot] + 1
                if count < n and count + left[slot] < n:
                    continue
                then = (*state[:slot], count if count < n else 0, *state[slot + 1 :])
                more = value + off if count > pays else value
                known = after.get(then)
                if (known is None or known[0] < more) and self._can_end(then, slots, left):
                    after[then] = (more, (option, path))
            for slot in bundles:
                then, more = self._placed(state, slot, price)
                known = after.get(then)
                if (known is None or known[0] < value + more) and self._can_end(then, slots, left):
                    after[then] = (value + more, (self._slots[slot].option, path))
        return after

    def _gains(self, slots: list[int], price: int) -> tuple[list[_Group], list[int]]:
        """Return the groups that a unit may count for, and what it can save there; and slots of bundles."""
        groups, bundles = [], []
        for number in slots:
            option, n, _, _ = self._slots[number]
            if option.off is None:
                bundles.append(number)
            else:
                groups.append((number, n, n - option.off_units, option.off(price) * option.weight, option))
        return groups, bundles

    def _placed(self, state: State, number: int, price: int) -> tuple[State, int]:
        """Return the numbers with one more unit in a bundle's set, and what that saves (weighted)."""
        option, _, first, _ = self._slots[number]
        numbers = [*state]
        numbers[number] += 1
        more = price
        if all(numbers[first + at] >= units for at, (units, _) in enumerate(option.parts)):
            more -= option.price
            for at, (units, _) in enumerate(option.parts):
                numbers[first + at] -= units
        return tuple(numbers), more * option.weight

    def _can_end(self, state: State, slots: list[int], left: list[int]) -> bool:
        """Whether enough units are to come to fill what was begun in these slots."""
        for number in slots:
            option, n, first, _ = self._slots[number]
            if option.off is not None:
                if state[number] and state[number] + left[number] < n:
                    return False
                continue
            parts = option.parts
            begun = max(-(-state[first + at] // units) for at, (units, _) in enumerate(parts))
            if begun and any(
                state[first + at] + left[first + at] < begun * units for at, (units, _) in enumerate(parts)
            ):
                return False
        return True


class _Own(NamedTuple):
    """What a promotion would do alone, with the units that it may have at their prices."""

    places: list[int]
    """Of its units among all."""
    rest: list[list[int]]
    """By its unit and the units in its open group, the most that it can still save."""


class Bounds:
    """What a state can save at the very most from a unit on."""

    def __init__(
        self, slots: Sequence[Slot], prices: list[int], on: list[list[int]], alone: list[int]
    ) -> None:
        self._slots, self._prices, self._alone = slots, prices, alone
        self._multipliers = alone.copy()
        self._shared = [place for place, these in enumerate(on) if len(these) > 1]
        self._places: list[list[int]] = [[] for _ in slots]
        for place, these in enumerate(on):
            for slot in these:
                self._places[slot].append(place)
        self._own: list[_Own] = []
        self._base: list[int] = []
        self._at: list[list[int]] = []

    def better(self, known: int) -> int:
        """Choose the multipliers, knowing that so much can be saved; return the most that can be."""
        best, kept, brake, since = 0, self._multipliers, 1, 0
        for _ in range(_ROUNDS):
            self._own = [self._solved(slot) for slot in range(len(self._slots))]
            most = sum(self._multipliers) + sum(own.rest[0][0] for own in self._own)
            since += 1
            if not best or most < best:
                best, kept, since = most, self._multipliers, 0
            elif since > _PATIENCE:
                brake, since, self._multipliers = brake * 2, 0, kept
                continue
            slope = self._slope()
            if best <= known or not slope:
                break
            stride = max(1, (most - known) // (brake * sum(step * step for step in slope.values())))
            self._multipliers = self._multipliers.copy()
            for place, step in slope.items():
                moved = self._multipliers[place] + step * stride
                self._multipliers[place] = max(self._alone[place], moved)
        self._multipliers = kept
        self._finish()
        return best

    def _slope(self) -> dict[int, int]:
        """Return for each unit that not just one promotion wants whether it should cost more or less."""
        wanted = self._wanted()
        return {
            place: wanted[place] - 1
            for place in self._shared
            if wanted[place] > 1 or (not wanted[place] and self._multipliers[place] > self._alone[place])
        }

    def from_here(self, state: State, place: int) -> int:
        """Return the most that a state before the unit at that place can still save."""
        reach = self._base[place]
        at = self._at[place]
        for number, count in enumerate(state):
            if count:
                slot = self._slots[number]
                if slot.option.off is None:
                    reach -= count * slot.share
                else:
                    rest = self._own[number].rest[at[number]]
                    reach += rest[count] - rest[0]
        return reach

    def _finish(self) -> None:
        self._own = [self._solved(slot) for slot in range(len(self._slots))]
        size = len(self._prices)
        paid = 0
        at = [len(each) for each in self._places]
        self._base, self._at = [0] * (size + 1), [[]] * (size + 1)
        for place in range(size, -1, -1):
            if place < size:
                paid += self._multipliers[place]
                for number, places in enumerate(self._places):
                    if at[number] and places[at[number] - 1] == place:
                        at[number] -= 1
            self._at[place] = at.copy()
            self._base[place] = paid + sum(own.rest[at[n]][0] for n, own in enumerate(self._own))

    def _solved(self, number: int) -> _Own:
        option, n, _, share = self._slots[number]
        places = self._places[number]
        weight = option.weight
        if option.off is None:
            rest, most = [[0]], 0
            for place in reversed(places):
                most += max(0, self._prices[place] * weight - share - self._multipliers[place])
                rest.append([most])
            return _Own(places, rest[::-1])
        after = [0, *([_NEVER] * (n - 1))]
        rest = [after]
        pays = n - option.off_units
        for place in reversed(places):
            cost = self._multipliers[place]
            off = option.off(self._prices[place]) * weight
            after = [
                max(after[count], after[(count + 1) % n] + (off if count >= pays else 0) - cost)
                for count in range(n)
            ]
            rest.append(after)
        return _Own(places, rest[::-1])

    def _wanted(self) -> list[int]:
        """Return how many promotions want each unit, if each has its own way."""
        wanted = [0] * len(self._prices)
        for number, own in enumerate(self._own):
            option, n, _, share = self._slots[number]
            count = 0
            for at, place in enumerate(own.places):
                if option.off is None:
                    gain = self._prices[place] * option.weight - share - self._multipliers[place]
                    wanted[place] += gain > 0
                elif own.rest[at][count] != own.rest[at + 1][count]:
                    wanted[place] += 1
                    count = (count + 1) % n
        return wanted
