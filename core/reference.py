"""The one announcement that reference data changed.

Models announce at the commit of their transaction; whoever keeps reference data in
memory subscribes and reloads. ``what`` is one of the names below. Each
announcement is counted in the database as well: processes that cannot hear it (a management
command's changes, a worker's) are noticed by who asks for :func:`versions` now and then.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, models, transaction
from django.db.models.signals import post_delete, post_save

log = logging.getLogger(__name__)

BRANCHES = "branches"
"""Chains and branches with their settings: few rows, and somebody waits for them to count."""
DIRECTORY = "directory"
"""Trolleys, devices, controllers, and the branches that they are in."""
CATALOGUE = "catalogue"
"""Categories, products, variants, price rules, vouchers."""
PEOPLE = "people"
"""Accounts and grants."""
LOGINS = "logins"
"""What somebody may do, or whether their login still counts: roles, closed accounts, ended logins."""
PREFERENCES = "preferences"
"""What shoppers eat, must not eat and care for."""

Subscriber = Callable[[str], None]
Waiter = Callable[[float], None]

_subscribers: list[Subscriber] = []
_waiters: list[Waiter] = []
_here = threading.local()
"""Whether this thread has announced something that nobody has waited for."""


def subscribe(subscriber: Subscriber) -> Callable[[], None]:
    """Call ``subscriber(what)`` after each change, in the thread that made it; return the way to stop that.

    It must be quick and must not raise; reloading belongs into a thread of its own.
    """
    _subscribers.append(subscriber)
    return lambda: _subscribers.remove(subscriber)


def follow(waiter: Waiter) -> Callable[[], None]:
    """Have ``waiter(seconds)`` block until what was announced so far is in memory; return the way to stop."""
    _waiters.append(waiter)
    return lambda: _waiters.remove(waiter)


def settle(seconds: float) -> None:
    """Wait until this process has in memory what this thread has changed, if it has changed anything."""
    if getattr(_here, "announced", False):
        _here.announced = False
        for waiter in tuple(_waiters):
            waiter(seconds)


def changed(what: str) -> None:
    """Announce a change at the commit of the current transaction, once however often it is called."""
    connection = transaction.get_connection()
    announce = _announcer(what)
    here = set(connection.savepoint_ids)
    # One that hangs on a savepoint of ours or further out lives as long as this call's change does.
    if any(call is announce and sids <= here for sids, call, _ in connection.run_on_commit):
        return
    # Robust: the change is committed; a failing listener is logged and does not fail its author.
    transaction.on_commit(announce, robust=True)


@functools.cache
def _announcer(what: str) -> Callable[[], None]:
    def announce() -> None:
        _count(what)
        _here.announced = True
        for subscriber in tuple(_subscribers):
            subscriber(what)

    return announce


def versions() -> dict[str, int]:
    """Return how often each kind has changed. Blocking."""
    from core.models import ReferenceVersion

    return dict(ReferenceVersion.objects.values_list("what", "number"))


def _count(what: str) -> None:
    from core.models import ReferenceVersion

    try:
        if not ReferenceVersion.objects.filter(pk=what).update(number=models.F("number") + 1):
            ReferenceVersion.objects.create(what=what)
    except DatabaseError:
        # The change itself is committed and announced here; other processes notice the next one.
        log.warning("a change of %s could not be counted", what, exc_info=True)


def watch(what: str, *kinds: type[models.Model]) -> None:
    """Announce ``what`` whenever a row of these models is saved or deleted (not by ``update()``)."""
    for kind in kinds:
        _connect(what, kind, new_too=True)


def watch_changes(what: str, *kinds: type[models.Model]) -> None:
    """Announce ``what`` whenever a row that was there is saved or deleted; a new one changes nothing."""
    for kind in kinds:
        _connect(what, kind, new_too=False)


def _connect(what: str, kind: type[models.Model], *, new_too: bool) -> None:
    def on_change(*, created: bool = False, **_: Any) -> None:
        if new_too or not created:
            changed(what)

    label = f"{what}-{kind._meta.label}"
    post_save.connect(on_change, sender=kind, weak=False, dispatch_uid=f"reference-save-{label}")
    post_delete.connect(on_change, sender=kind, weak=False, dispatch_uid=f"reference-delete-{label}")
