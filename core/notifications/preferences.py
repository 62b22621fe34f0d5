"""Channels that people prefer for each kind of notification."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from core.accounts.models import User
from core.notifications.kinds import KINDS, Ways
from core.notifications.models import Preference


def of(user: User) -> dict[str, Ways]:
    """Return the ways of every kind. Blocking."""
    rows = {row.kind: row for row in Preference.objects.filter(user=user)}
    return {
        kind: Ways(row.socket, row.email, row.sms, row.push) if (row := rows.get(kind)) else ways
        for kind, ways in KINDS.items()
    }


def put(user: User, wanted: Mapping[str, Mapping[str, bool]]) -> None:
    """Save preferences; what is left out gets its default. Blocking."""
    with transaction.atomic():
        Preference.objects.filter(user=user).delete()
        Preference.objects.bulk_create(
            Preference(user=user, kind=kind, **{**KINDS[kind]._asdict(), **ways})
            for kind, ways in wanted.items()
        )


def shown(user: User, **_: object) -> dict[str, object]:
    """Return the part of ``/api/me`` that is about notifications. Blocking."""
    return {"notifications": {kind: ways._asdict() for kind, ways in of(user).items()}}
