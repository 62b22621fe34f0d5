"""Tasks about alarms."""

from __future__ import annotations

from celery import shared_task

from core.alarms import notifications


@shared_task(name="alarms.notify_due", ignore_result=True)  # type: ignore[untyped-decorator]
def notify_due() -> int:
    """Tell people of the alarms that they have not been told of; return how many."""
    return notifications.notify_due()
