"""Ends reservations that no checkout ended in time."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from core import owner_jobs
from core.inventory.models import Reservation

GRACE_S = 60.0
"""How long after its time a reservation is looked at; until then its cart sees to it."""
SWEEP = "sweep_reservations"
"""The job; its key is a branch code."""


@shared_task(name="inventory.sweep_reservations")  # type: ignore[untyped-decorator]
def sweep_reservations() -> int:
    """Have each branch ask after what is overdue; return how many branches there were."""
    before = timezone.now() - timedelta(seconds=GRACE_S)
    overdue = Reservation.objects.filter(status="active", expires_at__lt=before)
    branches = sorted(set(overdue.values_list("branch_code", flat=True)))
    for code in branches:
        owner_jobs.send(SWEEP, code)
    return len(branches)
