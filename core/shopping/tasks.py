"""Tasks about carts."""

from __future__ import annotations

from celery import shared_task

from core.shopping import telling


@shared_task(name="shopping.tell_budgets", ignore_result=True)  # type: ignore[untyped-decorator]
def tell_budgets() -> int:
    """Tell shoppers of the shares of their budgets that they have reached; return how many."""
    return telling.tell_due()
