"""Tasks about alarms."""

from __future__ import annotations

from celery import shared_task

from core.alarms import telling


@shared_task(name="alarms.tell_due", ignore_result=True)  # type: ignore[untyped-decorator]
def tell_due() -> int:
    """Tell people of the alarms that they have not been told of; return how many."""
    return telling.tell_due()
