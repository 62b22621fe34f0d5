"""Which trolleys are out: somebody has them, or they have left their slots."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from core.fleet.models import Trolley
from core.tenancy.models import Branch

OUT = ~Q(phase="available") | Q(custody="out")


def is_out(row: Trolley) -> bool:
    """Return whether somebody has it, or it is out of its slot."""
    return row.phase != "available" or row.custody == "out"


def count_out(branches: QuerySet[Branch]) -> int:
    """Return how many trolleys of these branches are out. Blocking."""
    return Trolley.objects.filter(OUT, branch__in=branches).count()
