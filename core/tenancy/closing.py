"""Closing a branch: refused while trolleys are out, at every entry point.

Tenancy knows no trolleys; the app that has them registers how to count.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from core.tenancy.models import Branch

Counter = Callable[[QuerySet[Branch]], int]

_counters: list[Counter] = []


def register(counter: Counter) -> None:
    """Register ``counter``, which returns how many objects of these branches are in use."""
    _counters.append(counter)


def trolleys_out(branches: QuerySet[Branch]) -> int:
    """Return how many trolleys of these branches are in use, or out of their slots. Blocking."""
    return sum(counter(branches) for counter in _counters)


def refuse_in_use(branches: QuerySet[Branch]) -> None:
    """Raise ValidationError (code ``branch_in_use``) while a trolley of these branches is out. Blocking."""
    if out := trolleys_out(branches):
        what = "1 trolley is" if out == 1 else f"{out} trolleys are"
        raise ValidationError(f"{what} out: have them back, or close their rentals, first.", "branch_in_use")
