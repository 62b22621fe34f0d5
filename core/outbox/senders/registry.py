"""The sender of each channel, made of its address in the settings when it is first needed."""

from __future__ import annotations

from functools import cache

from django.core.signals import setting_changed

from core.outbox.models import Channel
from core.outbox.senders.port import Sender


class SenderMissing(Exception):
    """Nothing delivers on this channel here."""


@cache
def sender_of(channel: str) -> Sender:
    """Return the channel's sender; raises SenderMissing."""
    # Twilio's SDK is slow to import, and most processes send nothing.
    from core.outbox.senders import mail, sms

    make = {Channel.EMAIL: mail.make, Channel.SMS: sms.make}.get(Channel(channel))
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
    if setting in ("SMS", "SENDS_MAIL"):
        sender_of.cache_clear()


setting_changed.connect(_forget, dispatch_uid="outbox-senders")
