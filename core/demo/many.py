"""Chains of many branches with many trolleys, to see what an installation holds. Blocking."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.db import transaction

from core import reference
from core.demo import plans, shelves
from core.fleet.models import Trolley
from core.progress import ProgressBar
from core.tenancy.models import Branch, Chain
from core.trail.notes import without_notes

_PLACES = (
    ("IN", "INR", "Asia/Kolkata", 12.97, 77.59),
    ("DE", "EUR", "Europe/Berlin", 52.52, 13.40),
    ("US", "USD", "America/New_York", 40.71, -74.00),
    ("JP", "JPY", "Asia/Tokyo", 35.68, 139.69),
)
_AT_ONCE = 3000


def load(chains: int, branches: int, trolleys: int, progress: ProgressBar) -> None:
    """Make so many chains, so many branches in all, and so many trolleys in each. What is there stays."""
    with without_notes(), transaction.atomic():
        owners = list(progress.over("Chains", _chains(chains), chains))
        rows = [_branch(owners[number % chains], number) for number in range(1, branches + 1)]
        Branch.objects.bulk_create(rows, ignore_conflicts=True)
        found = list(Branch.objects.filter(code__in=[row.code for row in rows]).order_by("code"))
        for _ in progress.over("Branches", _trolleys(found, trolleys), len(found)):
            pass
        reference.changed(reference.DIRECTORY)


def _chains(count: int) -> Iterator[Chain]:
    pictures = shelves.draw()
    for number in range(1, count + 1):
        country, currency, *_ = _PLACES[(number - 1) % len(_PLACES)]
        chain, made = Chain.objects.get_or_create(
            slug=f"many-{number}",
            defaults={"name": f"Many Mart {number}", "currency": currency, "country": country},
        )
        if made:
            shelves.fill(chain, "products-berlin.csv", pictures)
        yield chain


def _branch(chain: Chain, number: int) -> Branch:
    place = next(each for each in _PLACES if each[0] == chain.country)
    _, _, zone, latitude, longitude = place
    return Branch(
        chain=chain,
        code=f"MANY-{number:04}",
        name=f"{chain.name}, branch {number}",
        latitude=Decimal(f"{latitude + number % 20 * 0.01:.6f}"),
        longitude=Decimal(f"{longitude + number // 20 * 0.01:.6f}"),
        timezone=zone,
        floor_plan=plans.without_bays(),
    )


def _trolleys(branches: list[Branch], count: int) -> Iterator[Branch]:
    waiting: list[Trolley] = []
    for branch in branches:
        waiting += [
            Trolley(trolley_id=f"{branch.code}-{number:03}", branch=branch, cart_number=number)
            for number in range(1, count + 1)
        ]
        if len(waiting) >= _AT_ONCE:
            Trolley.objects.bulk_create(waiting, ignore_conflicts=True)
            waiting = []
        yield branch
    Trolley.objects.bulk_create(waiting, ignore_conflicts=True)
