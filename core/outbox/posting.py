"""Posting to the outbox: within the transaction of the message's cause, handed over at its commit."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.outbox import tasks
from core.outbox.models import Channel, OutgoingMessage

GOOD_FOR = timedelta(days=2)


def post(
    channel: Channel,
    to: str,
    kind: str,
    *,
    key: str,
    data: dict[str, Any] | None = None,
    user_id: uuid.UUID | None = None,
    good_for: timedelta = GOOD_FOR,
    an_hour: int | None = None,
) -> bool:
    """Post a message; return False if one with this key was posted before. Blocking.

    ``an_hour``: how many of the kind may be posted to the address within an hour; one more is dropped,
    and nobody is told, for strangers may not fill the box of somebody whose address they know.

    Nothing is sent within the transaction: a worker sends it after the commit, or without a broker a
    thread of this process.
    """
    now = timezone.now()
    if an_hour is not None:
        lately = OutgoingMessage.objects.filter(to=to, kind=kind, posted_at__gt=now - timedelta(hours=1))
        if lately.count() >= an_hour:
            return False
    message = OutgoingMessage(
        key=key,
        channel=channel,
        to=to,
        kind=kind,
        data=data or {},
        user_id=user_id,
        posted_at=now,
        due_at=now,
        good_until=now + good_for,
    )
    made = OutgoingMessage.objects.bulk_create([message], ignore_conflicts=True)
    if not OutgoingMessage.objects.filter(pk=made[0].pk).exists():
        return False
    transaction.on_commit(lambda: tasks.hand_over(message.pk), robust=True)
    return True


def forget(user_id: uuid.UUID, *addresses: str | None) -> None:
    """Delete the messages to an erased account. Blocking."""
    known = [address for address in addresses if address]
    OutgoingMessage.objects.filter(user_id=user_id).delete()
    OutgoingMessage.objects.filter(to__in=known).delete()
