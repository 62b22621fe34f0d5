"""The one announcement that reference data changed.

Models announce at the commit of their transaction; whoever keeps reference data in
memory subscribes and reloads. ``what`` is one of DIRECTORY, CATALOGUE and PEOPLE.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.db import models, transaction
from django.db.models.signals import post_delete, post_save

DIRECTORY = "directory"
"""Chains, branches, trolleys, devices, controllers."""
CATALOGUE = "catalogue"
"""Categories, products, variants, price rules, vouchers."""
PEOPLE = "people"
"""Accounts and grants."""

Subscriber = Callable[[str], None]

_subscribers: list[Subscriber] = []


def subscribe(subscriber: Subscriber) -> Callable[[], None]:
    """Call ``subscriber(what)`` after each change, in the thread that made it; return the way to stop that.

    It must be quick and must not raise; reloading belongs into a thread of its own.
    """
    _subscribers.append(subscriber)
    return lambda: _subscribers.remove(subscriber)


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
        for subscriber in tuple(_subscribers):
            subscriber(what)

    return announce


def watch(what: str, *kinds: type[models.Model]) -> None:
    """Announce ``what`` whenever a row of these models is saved or deleted (not by ``update()``)."""

    def on_change(**_: Any) -> None:
        changed(what)

    for kind in kinds:
        post_save.connect(
            on_change, sender=kind, weak=False, dispatch_uid=f"reference-save-{kind._meta.label}"
        )
        post_delete.connect(
            on_change, sender=kind, weak=False, dispatch_uid=f"reference-delete-{kind._meta.label}"
        )
