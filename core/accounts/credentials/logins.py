"""Logins: begun by a password or a code, ended on request, checked with every access token.

Whatever door ends one (a logout, a refresh token used twice, a new password, an account that is
closed, the admin), it ends here, and LOGINS is announced, so that open sockets end with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from core import reference
from core.accounts.models import Ending, Login, RefreshToken, User


class LoginOrigin(NamedTuple):
    """Where a login was made: the browser's User-Agent, and the caller's address."""

    device: str = ""
    address: str = ""


NOWHERE = LoginOrigin()


def begin(user: User, place: LoginOrigin = NOWHERE) -> Login:
    """Return a new login."""
    now = timezone.now()
    return Login.objects.create(
        user=user, began_at=now, seen_at=now, device=place.device[:200], address=place.address[:45]
    )


def seen(login_id: uuid.UUID) -> None:
    """Note that a login goes on."""
    Login.objects.filter(pk=login_id).update(seen_at=timezone.now())


def end(login_ids: Iterable[uuid.UUID], why: Ending) -> int:
    """End these logins for good; return how many were still open."""
    return _end(Login.objects.filter(pk__in=list(login_ids)), why)


def end_all(user_id: Any, why: Ending) -> int:
    """End every login of an account; return how many were open."""
    return _end(Login.objects.filter(user=user_id), why)


def end_with_account(sender: type[User], instance: User, **_: Any) -> None:
    """End all logins of an account whose password was changed or which was closed; after it was saved."""
    if instance.ends_logins is not None:
        end_all(instance.pk, instance.ends_logins)


def _end(rows: QuerySet[Login], why: Ending) -> int:
    now = timezone.now()
    ids = list(rows.filter(ended_at=None).values_list("pk", flat=True))
    if not ids:
        return 0
    count = Login.objects.filter(pk__in=ids).update(ended_at=now, ended_by=why)
    RefreshToken.objects.filter(family__in=ids, revoked_at=None).update(revoked_at=now)
    reference.changed(reference.LOGINS)
    return count
