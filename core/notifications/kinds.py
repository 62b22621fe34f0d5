"""The kinds of notifications: the default channels of each, and its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.conf import settings

from core.notifications.texts import WORDS
from core.outbox.letters import known_language


class Ways(NamedTuple):
    """How a kind is delivered: on open pages, by mail, text message, web push."""

    socket: bool = True
    email: bool = False
    sms: bool = False
    push: bool = True


KINDS: dict[str, Ways] = {
    "overdue": Ways(sms=True),
    "branch_overdue": Ways(),
    "alarm": Ways(),
    "role_given": Ways(email=True),
    "budget_alert": Ways(),
    "recall": Ways(sms=True),
    "recall_bought": Ways(email=True, sms=True),
}
"""``overdue``: one's own trolley is late; ``branch_overdue``, ``alarm``: to those who run the branch;
``budget_alert``: a share of one's own budget is reached; ``recall``: something in one's own cart was
called back; ``recall_bought``: something that one has bought was."""

LINKS: dict[str, str] = {
    "overdue": "/shop",
    "branch_overdue": "/branch/{branch}",
    "alarm": "/branch/{branch}",
    "role_given": "/",
    "budget_alert": "/shop",
    "recall": "/shop",
    "recall_bought": "/orders/{order}",
}
"""Where each leads to."""


class Words(NamedTuple):
    """A notification's text."""

    title: str
    text: str
    link: str


def words_of(kind: str, data: Mapping[str, str], language: str) -> Words:
    """Return the notification's text; a code in the data may have a text of its own."""
    words = WORDS[known_language(language)]
    told = {name: words.get(f"{name}.{value}", value) for name, value in data.items()}
    return Words(
        words[f"{kind}.title"].format(**told),
        words[f"{kind}.text"].format(**told),
        LINKS[kind].format(**data),
    )


def address_of(link: str) -> str:
    """Return the link as mail and text messages need it."""
    return f"{settings.PUBLIC_URL}{link}"
