"""Chores that belong to no single subject."""

from __future__ import annotations

from celery import shared_task

from core.rest import idempotency


@shared_task(name="core.purge_kept_answers")  # type: ignore[untyped-decorator]
def purge_kept_answers() -> int:
    """Delete kept answers past their retention; return how many."""
    return idempotency.purge()
