"""Tasks about orders: mail with receipts, and notifications of what was called back."""

from __future__ import annotations

import logging
import uuid

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from core.orders import mail, recall_notifications

log = logging.getLogger("orders")


@shared_task(name="orders.send_receipt", acks_late=True, ignore_result=True)  # type: ignore[untyped-decorator]
def send_receipt(order_id: str) -> bool:
    """Send one receipt; return whether it went out. What fails is due again."""
    try:
        return mail.send(uuid.UUID(order_id))
    except Exception as error:  # noqa: BLE001 - whatever it was, the next round tries again
        log.warning("the receipt of order %s could not be sent: %s", order_id, type(error).__name__)
        return False


@shared_task(name="orders.send_due_receipts", ignore_result=True)  # type: ignore[untyped-decorator]
def send_due_receipts() -> int:
    """Have every receipt sent that is due; return how many. The net under a crash after the commit."""
    if not settings.SENDS_MAIL:
        return 0
    due = [str(order_id) for order_id in mail.due(timezone.now()).values_list("pk", flat=True)[:1000]]
    for order_id in due:
        send_receipt.delay(order_id)
    return len(due)


@shared_task(name="orders.notify_of_recalls", ignore_result=True)  # type: ignore[untyped-decorator]
def notify_of_recalls() -> int:
    """Notify buyers of what they have bought and was called back; return how many."""
    return recall_notifications.notify_due()
