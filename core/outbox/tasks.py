"""Tasks that send: a message as it is posted, and whatever was missed."""

from __future__ import annotations

import logging
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from core.config.database import fresh_connections
from core.outbox import sending

log = logging.getLogger(__name__)

_AT_ONCE = 500
"""Messages handed over by one round."""
_THREADS = 4


@shared_task(name="outbox.send", acks_late=True, ignore_result=True)  # type: ignore[untyped-decorator]
def send_message(message_id: str) -> bool:
    """Send a message; return whether it went out."""
    return sending.send(uuid.UUID(message_id))


@shared_task(name="outbox.send_due", ignore_result=True)  # type: ignore[untyped-decorator]
def send_due() -> int:
    """Have everything sent that is due; return how many messages. The net under a crash after a commit."""
    due = list(sending.due(timezone.now()).values_list("pk", flat=True)[:_AT_ONCE])
    for message_id in due:
        send_message.delay(str(message_id))
    return len(due)


@shared_task(name="outbox.purge", ignore_result=True)  # type: ignore[untyped-decorator]
def purge() -> int:
    """Forget what was done with long ago; return how many messages."""
    return sending.purge()


def hand_over(message_id: uuid.UUID) -> None:
    """Have a message sent soon: by a worker, or without a broker by a thread of this process."""
    try:
        if settings.CELERY_TASK_ALWAYS_EAGER and settings.TASKS_IN_THREADS:
            _threads().submit(fresh_connections()(sending.send), message_id)
        else:
            send_message.delay(str(message_id))
    except Exception as error:  # noqa: BLE001 - no broker, or we are stopping; what is due is found again
        log.warning("message %s waits for the next round: %s", message_id, type(error).__name__)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="outbox")
