"""Which trolleys are out: in use, or with an open rental. A missing one is not expected back."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from core.fleet.models import Rental, Trolley
from core.fleet.trolleys.standing import with_standing
from core.tenancy.models import Branch


def is_out(row: Trolley) -> bool:
    """Return whether it is in use, or its rental goes on. Blocking."""
    standing = Rental.objects.filter(trolley_code=row.trolley_id, actual_return=None).exclude(status="lost")
    return row.phase != "available" or standing.exists()


def count_out(branches: QuerySet[Branch]) -> int:
    """Return how many trolleys of these branches are out. Blocking."""
    standing = Rental.objects.filter(branch_code__in=branches.values("code"), actual_return=None)
    codes = standing.exclude(status="lost").values("trolley_code")
    held = ~Q(phase="available") | Q(trolley_id__in=codes)
    return Trolley.objects.filter(held, branch__in=branches).count()


def free_in(code: str) -> list[str]:
    """Return the codes of a branch's trolleys that may be let, those in their slots first. Blocking.

    They count as available: none whose lock is at fault, or in a slot that nobody hears.
    """
    free = with_standing(Trolley.objects.filter(branch__code=code)).filter(standing="available")
    found = free.order_by("cart_number").values_list("trolley_id", "custody")
    return [trolley_id for trolley_id, _ in sorted(found, key=lambda row: row[1] != "docked")]
