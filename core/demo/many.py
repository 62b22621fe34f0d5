"""Chains of many branches with many trolleys, to see what an installation holds. Blocking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Field
from django.utils import timezone

from core import reference
from core.demo import plans, shelves
from core.demo.load import taxes
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
_AT_ONCE = 100
"""Rows of a statement: SQLite takes so many values and no more."""
_INSERT = """
INSERT INTO fleet_trolley (id, trolley_id, branch_id, cart_number, qr_nonce, is_active, created_at) VALUES """
_ROW = "(%s, %s, %s, %s, %s, %s, %s)"


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
            taxes(chain)
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
    """Write the rows with those columns alone that the database has no default for.

    ``bulk_create`` prepares each of a trolley's columns one by one, which took half of the whole time.
    """
    new_id, new_nonce = (_default_of(name) for name in ("id", "qr_nonce"))
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    for branch in branches:
        owner = _adapted(branch.pk)
        with connection.cursor() as cursor:
            for first in range(1, count + 1, _AT_ONCE):
                numbers = range(first, min(first + _AT_ONCE, count + 1))
                values = [
                    value
                    for number in numbers
                    for value in (
                        _adapted(new_id()), f"{branch.code}-{number:03}", owner, number,
                        new_nonce(), True, now,
                    )
                ]  # fmt: skip
                rows = ", ".join([_ROW] * len(numbers))
                cursor.execute(f"{_INSERT}{rows} ON CONFLICT DO NOTHING", values)
        yield branch


def _default_of(name: str) -> Callable[[], Any]:
    """Return what makes the default of a trolley's column."""
    return cast("Field[Any, Any]", Trolley._meta.get_field(name)).get_default


def _adapted(key: UUID) -> str:
    """Return an id as its column takes it."""
    return str(Trolley._meta.pk.get_db_prep_value(key, connection))
