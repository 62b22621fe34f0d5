"""Notifies people of a role that they were given."""

from __future__ import annotations

from typing import Any

from core.accounts.models import Grant
from core.notifications.dispatch import notify


def given(sender: Any, grant: Grant, **_: Any) -> None:
    """Tell whose role it is."""
    place = grant.chain.name if grant.branch is None else f"{grant.chain.name}, {grant.branch.name}"
    notify(grant.user_id, "role_given", {"place": place, "role": grant.role}, f"role:{grant.public_id}")
