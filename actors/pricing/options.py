"""Promotions of goods as the search for the best ones sees them: numbers of units and savings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Option(NamedTuple):
    """A promotion of goods: a group of ``n`` units with the cheapest at less, or a bundle for a price."""

    deal: int
    parts: tuple[tuple[int, tuple[str, ...]], ...]
    """Units and keys of its sets of goods; one set for what is no bundle."""
    off_units: int
    off: Callable[[int], int] | None
    """Unit price -> what it costs less, never less for a dearer one; None: a bundle."""
    price: int
    """Of a bundle."""
    weight: int = 1

    @property
    def single(self) -> bool:
        """Whether each unit stands for itself."""
        return self.off is not None and self.parts[0][0] == 1

    def saves(self, prices: Sequence[int]) -> int:
        """Return what full groups of these prices, the dearest first, save; unweighted."""
        n = sum(units for units, _ in self.parts)
        if self.off is None:
            return sum(prices) - self.price * (len(prices) // n)
        off, pays = self.off, n - self.off_units
        return sum(off(each) for place, each in enumerate(prices) if place % n >= pays)


class Slot(NamedTuple):
    """One number of a state: the units in an open group, or in one set of goods of open bundles."""

    option: Option
    units: int
    first: int
    """Place of the option's first slot."""
    share: int
    """What of a bundle's price falls on a unit, weighted; rounded down."""
