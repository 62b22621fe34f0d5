"""A notification as mail, text message or web push."""

from __future__ import annotations

from core.notifications.kinds import address_of, words_of
from core.notifications.models import Notification
from core.outbox.letters import Letter
from core.outbox.models import Channel, OutgoingMessage

KIND = "notifications.notification"


def compose(message: OutgoingMessage) -> Letter | None:
    """Return the message; None once it was read on a page."""
    found = Notification.objects.select_related("user").filter(pk=message.data["notification"]).first()
    if found is None or found.read_at is not None:
        return None
    words = words_of(found.kind, found.data, found.user.language)
    if message.channel == Channel.PUSH:
        return Letter(words.text, words.title, words.link)
    lines = [words.title, words.text, address_of(words.link)]
    if message.channel == Channel.SMS:
        return Letter("\n".join(line for line in lines if line))
    return Letter("\n\n".join(line for line in lines if line), words.title)
