"""Tasks about carts."""

from __future__ import annotations

from celery import shared_task

from core.shopping import budget_notifications, recall_notifications


@shared_task(name="shopping.tell_budgets", ignore_result=True)  # type: ignore[untyped-decorator]
def notify_of_budgets() -> int:
    """Notify shoppers of the shares of their budgets that they have reached; return how many."""
    return budget_notifications.notify_due()


@shared_task(name="shopping.notify_of_recalls", ignore_result=True)  # type: ignore[untyped-decorator]
def notify_of_recalls() -> int:
    """Notify shoppers of what in their carts was called back; return how many."""
    return recall_notifications.notify_due()
