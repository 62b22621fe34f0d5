"""Jobs for the process that owns the actors, from Celery's workers and the server itself.

A worker has no actors. What it finds to do it sends to the owner over the channel layer; in
the owner's own process whoever subscribed is called. A job that is lost comes again with
the next round of whoever sends it, so nothing here waits or retries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from channels.layers import get_channel_layer
from django.conf import settings

NOTIFICATION = "notification"
"""Have a person's open pages hear of a notification; the key is the user's id and the notification's."""

Runner = Callable[[str, str], None]

_runners: list[Runner] = []


def subscribe(runner: Runner) -> Callable[[], None]:
    """Call ``runner(what, key)`` for each job in this process; return the way to stop that."""
    _runners.append(runner)
    return lambda: _runners.remove(runner)


def owner_channel() -> str:
    """Return the channel on which the owner of this installation's actors listens."""
    return f"{settings.REDIS_PREFIX}.owner.{settings.PARTITION}"


def send(what: str, key: str) -> None:
    """Have the owner run the job. Blocking, from a thread without an event loop."""
    if _runners:
        for runner in tuple(_runners):
            runner(what, key)
    elif settings.REDIS_URL:
        asyncio.run(get_channel_layer().send(owner_channel(), {"job": [what, key]}))
