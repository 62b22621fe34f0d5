"""Tasks about telemetry; Celery Beat calls them, and calling them twice changes nothing."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from core.telemetry import rollup


@shared_task(name="telemetry.roll_up")  # type: ignore[untyped-decorator]
def roll_up() -> int:
    """Roll up what has come; return how many buckets were made."""
    return rollup.roll_up(timezone.now())


@shared_task(name="telemetry.purge")  # type: ignore[untyped-decorator]
def purge() -> tuple[int, int]:
    """Delete what is past its time; return how many samples and five-minute buckets that were."""
    return rollup.purge(timezone.now())
