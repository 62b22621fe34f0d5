"""Reads and writes what a shopper prefers, wherever each part of it is kept."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from core.accounts.models import User
from core.assistant.models import Preferences
from core.notifications import preferences as notifications

_OF_ACCOUNT = ("language", "receipts")
_OF_SHOPPER = ("diet", "allergens", "sustainability")


def of(user: User) -> dict[str, Any]:
    """Return everything that the person prefers. Blocking."""
    row = Preferences.objects.filter(user=user).first() or Preferences(user=user)
    return {
        **{name: getattr(row, name) for name in _OF_SHOPPER},
        **{name: getattr(user, name) for name in _OF_ACCOUNT},
        **notifications.shown(user),
    }


def put(user: User, wanted: dict[str, Any]) -> None:
    """Keep what is wanted; what is left out stays as it is. Blocking."""
    with transaction.atomic():
        of_account = {name: wanted[name] for name in _OF_ACCOUNT if name in wanted}
        if of_account:
            for name, value in of_account.items():
                setattr(user, name, value)
            user.save(update_fields=list(of_account))
        of_shopper = {name: wanted[name] for name in _OF_SHOPPER if name in wanted}
        if of_shopper:
            Preferences.objects.update_or_create(user=user, defaults=of_shopper)
        if "notifications" in wanted:
            notifications.put(user, wanted["notifications"])


def shown(user: User, **_: object) -> dict[str, Any]:
    """Return the part of ``/api/me`` that is about shopping. Blocking."""
    found = of(user)
    return {name: found[name] for name in (*_OF_SHOPPER, "receipts")}
