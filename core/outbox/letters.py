"""The content of a message, composed when it is sent.

An app registers a composer for each of its kinds in its ``AppConfig.ready``. A composer reads what it
needs by the ids in the message's data and returns None if there is nothing to say any more, so a
code or a link that is secret lies in no table while the message waits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings

from core.outbox.models import OutgoingMessage


class Letter(NamedTuple):
    """A message in words. A text message has no subject."""

    text: str
    subject: str = ""
    link: str = ""
    """Where a message that is no text leads to: a path of this site."""


Composer = Callable[[OutgoingMessage], Letter | None]

_composers: dict[str, Composer] = {}


def composer(kind: str, compose: Composer) -> None:
    """Have messages of this kind composed so."""
    _composers[kind] = compose


def compose(message: OutgoingMessage) -> Letter | None:
    """Return the message's text, None if it is obsolete. Blocking.

    Raises KeyError for a kind that nobody registered.
    """
    return _composers[message.kind](message)


def language_of(message: OutgoingMessage) -> str:
    """Return the language of the message's data, or the server's own."""
    return known_language(message.data.get("language"))


def known_language(language: object) -> str:
    """Return the language if it is one of ``settings.LANGUAGES``, else the server's own."""
    return str(language) if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
