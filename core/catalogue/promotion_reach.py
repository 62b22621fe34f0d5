"""Which goods and branches a promotion has, and the note of it that the audit trail keeps.

They stand in tables beside the promotion's own, whose rows nobody changes one by one: the trail is told how
all of them were before and are after one change.
"""

from __future__ import annotations

from typing import NamedTuple

from core.catalogue.models import Promotion
from core.trail.notes import RowPlace, note


class Reach(NamedTuple):
    """As people read it; empty where it is for all."""

    branches: str = ""
    """Codes."""
    goods: str = ""
    """Set by set: how many units of which barcodes and categories' slugs."""


def of(row: Promotion) -> Reach:
    """Return the reach that is written down. Blocking."""
    branches = sorted(row.branches.values_list("code", flat=True))
    return Reach(", ".join(branches), "; ".join(_sets(row)))


def _sets(row: Promotion) -> list[str]:
    found = []
    for each in row.goods.order_by("id").prefetch_related("products", "categories"):
        names = [product.barcode for product in each.products.all()]
        names += [category.slug for category in each.categories.all()]
        gift = "gift: " if each.is_gift else ""
        found.append(f"{gift}{each.units} × {' '.join(sorted(names)) or '*'}")
    return found


def note_change(row: Promotion, before: Reach) -> None:
    """Note what differs now."""
    after = of(row)
    changes = {
        name: [old or None, new or None]
        for name, old, new in zip(Reach._fields, before, after, strict=True)
        if old != new
    }
    if changes:
        note("promotion.changed", f"promotion/{row.pk}", RowPlace(row.chain.slug), changes=changes)
