"""The account of a proven phone number or e-mail address; made if there is none."""

from __future__ import annotations

import secrets

from django.db import IntegrityError, transaction

from core.accounts.codes.codes import Target
from core.accounts.models import User
from core.outbox.models import Channel
from core.tenancy.models import Chain


def account_of(target: Target, language: str = "", made_in: Chain | None = None) -> tuple[User, bool]:
    """Return the account, and whether it was made now (by the staff of ``made_in``). Blocking."""
    found = find(target)
    if found is not None:
        return found, False
    try:
        with transaction.atomic():
            return _made(target, language, made_in), True
    except IntegrityError:
        # Somebody proved the same at the same moment.
        found = find(target)
        if found is None:
            raise
        return found, False


def find(target: Target) -> User | None:
    """Return the account whose phone or confirmed address it is. Blocking."""
    if target.channel is Channel.SMS:
        return User.objects.filter(phone=target.address).first()
    return User.objects.filter(email__iexact=target.address).first()


def _made(target: Target, language: str, made_in: Chain | None) -> User:
    user = User(username=name_of(target), language=language, made_in=made_in)
    if target.channel is Channel.SMS:
        user.phone = target.address
    else:
        user.email = target.address
    user.set_unusable_password()
    user.save(force_insert=True)
    return user


def name_of(target: Target) -> str:
    """Return the number as a username if it is free, or a neutral name."""
    taken = User.objects.filter(username=target.address) | User.objects.filter(name_key=target.address)
    if target.channel is Channel.SMS and not taken.exists():
        return target.address
    return nameless()


def nameless() -> str:
    """Return a neutral username, made at random."""
    return f"shopper-{secrets.token_hex(6)}"
