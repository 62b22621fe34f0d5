"""Tasks about carts."""

from __future__ import annotations

from celery import shared_task

from core.shopping import budget_notifications


@shared_task(name="shopping.tell_budgets", ignore_result=True)  # type: ignore[untyped-decorator]
def notify_of_budgets() -> int:
    """Notify shoppers of the shares of their budgets that they have reached; return how many."""
    return budget_notifications.notify_due()
