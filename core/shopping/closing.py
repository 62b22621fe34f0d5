"""What runs of a shopper's ends with the account."""

from __future__ import annotations

import logging
from typing import Any

from actors.messages.cart import EndSession, FindSession
from core import actor_port
from core.accounts.models import User
from core.accounts.principals import Principal
from core.problems import Problem

log = logging.getLogger(__name__)


def end_session(user: User, **_: Any) -> None:
    """End the session of an account that is going. Blocking, and in no transaction."""
    who = Principal("user", str(user.pk), user.username)
    try:
        found = actor_port.ask("cart", who.id, FindSession(None), who).answer
        actor_port.ask("cart", who.id, EndSession(found.session_id), who)
    except Problem as problem:
        # None runs, or it must not end now (it is being paid); then it expires by itself.
        if problem.status_code >= 500:
            log.warning("the session of %s is left to expire: %s", user.pk, problem.detail)
