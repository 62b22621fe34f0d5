"""Tasks about notifications."""

from __future__ import annotations

from celery import shared_task

from core.notifications import dispatch


@shared_task(name="notifications.purge", ignore_result=True)  # type: ignore[untyped-decorator]
def purge() -> int:
    """Delete old notifications; return how many."""
    return dispatch.purge()
