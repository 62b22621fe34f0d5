"""Checks that need the database: a production server with the demo's accounts does not start."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from core.config.production import DEMO_PASSWORD

DEMO_USERNAMES = (
    "shopper", "shopper2", "gold", "silver", "staff", "manager", "chain-admin", "manager-berlin", "admin",
)  # fmt: skip


def demo_accounts() -> list[str]:
    """Return the usernames that can be entered with the demo's password. Blocking."""
    from core.accounts.models import User

    users = User.objects.filter(username__in=DEMO_USERNAMES, is_active=True).order_by("username")
    return [user.username for user in users if _has_demo_password(user.password)]


@functools.lru_cache(maxsize=16)
def _has_demo_password(encoded: str) -> bool:
    # Slow by design, and the login page of a demonstration asks each time.
    return check_password(DEMO_PASSWORD, encoded)


def refuse_demo_accounts() -> None:
    """Raise ImproperlyConfigured in production if a demo account still has the demo's password.

    Called by the server at start, after migrations. Blocking.
    """
    if settings.PRODUCTION and (found := demo_accounts()):
        raise ImproperlyConfigured(
            f"Demo accounts: expected none with the demo's password in production, got {', '.join(found)}."
            " Change their passwords or delete them."
        )


def check_demo_accounts(**_: Any) -> Sequence[checks.CheckMessage]:
    """Report the same as a system check."""
    try:
        refuse_demo_accounts()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="core.E001")]
    except DatabaseError:
        # Before the first migration there are no accounts at all.
        return []
    return []


def register() -> None:
    """Register the checks with Django."""
    checks.register(check_demo_accounts, checks.Tags.security)
