"""Notifies a person of an occasion once, in every way that they want."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from core import owner_jobs
from core.accounts.models import User
from core.notifications import composing, preferences
from core.notifications.models import Notification, PushSubscription
from core.outbox.models import Channel
from core.outbox.posting import post

KEPT = timedelta(days=90)
_GOOD_FOR = timedelta(days=1)


def notify(user_id: uuid.UUID | str, kind: str, data: dict[str, str], key: str) -> bool:
    """Notify a person of an occasion; return False if they were already, or have no account any more.

    ``key`` names the occasion, ``data`` holds codes and names of things for ``kinds.words_of``. In the
    caller's transaction: nothing leaves before its commit. Blocking.
    """
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return False
    made = Notification(user=user, kind=kind, key=key, data=data, created_at=timezone.now())
    Notification.objects.bulk_create([made], ignore_conflicts=True)
    if not Notification.objects.filter(pk=made.pk).exists():
        return False
    ways = preferences.of(user)[kind]
    if ways.email and user.email:
        _post(made, Channel.EMAIL, user.email)
    if ways.sms and user.phone:
        _post(made, Channel.SMS, user.phone)
    if ways.push:
        for subscription in PushSubscription.objects.filter(user=user):
            _post(made, Channel.PUSH, str(subscription.pk))
    if ways.socket:
        where = f"{user.pk} {made.pk}"
        transaction.on_commit(lambda: owner_jobs.send(owner_jobs.NOTIFICATION, where), robust=True)
    return True


def purge() -> int:
    """Delete old notifications; return how many. Blocking."""
    return Notification.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _post(made: Notification, channel: Channel, to: str) -> None:
    data = {"notification": str(made.pk)}
    key = f"notification:{made.pk}:{to}"[:120]
    post(channel, to, composing.KIND, key=key, data=data, user_id=made.user_id, good_for=_GOOD_FOR)
