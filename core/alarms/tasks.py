"""Tasks about alarms."""

from __future__ import annotations

from celery import shared_task

from core.alarms import notifications


@shared_task(name="alarms.notify_due", ignore_result=True)  # type: ignore[untyped-decorator]
def notify_due() -> int:
    """Send the due notifications of alarms; return how many."""
    return notifications.notify_due()
