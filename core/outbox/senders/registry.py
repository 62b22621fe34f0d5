"""The sender of each channel, made of its address in the settings when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.core.signals import setting_changed

from core.outbox.models import Channel
from core.outbox.senders.port import Sender


class SenderMissing(Exception):
    """Nothing delivers on this channel here."""


Maker = Callable[[], Sender | None]

_makers: dict[Channel, Maker] = {}


def register(channel: Channel, make: Maker) -> None:
    """Register the channel's sender, made by ``make``; None: not sent here."""
    _makers[channel] = make


@cache
def sender_of(channel: str) -> Sender:
    """Return the channel's sender; raises SenderMissing."""
    make = _makers.get(Channel(channel))
    found = None if make is None else make()
    if found is None:
        raise SenderMissing(channel)
    return found


def sends(channel: Channel) -> bool:
    """Return whether anything delivers on the channel here."""
    try:
        sender_of(channel)
    except SenderMissing:
        return False
    return True


def _forget(*, setting: str, **_: object) -> None:
    if setting in ("SMS", "SENDS_MAIL", "VAPID_PRIVATE_KEY"):
        sender_of.cache_clear()


setting_changed.connect(_forget, dispatch_uid="outbox-senders")
