"""Ids as RFC 9562 section 4 writes them: 8-4-4-4-12 hexadecimal digits, capitals welcome."""

from __future__ import annotations

import re
import uuid

_FORM = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I | re.A)

EXPECTED = "Expected an id such as 018f6f2e-9c7b-7a43-8d05-1f2a3b4c5d6e"


class InvalidId(ValueError):
    """Not an id; the message names what was expected and what came."""


def parse(text: str) -> uuid.UUID:
    """Return the id; raises InvalidId. No braces, no ``urn:``, none without hyphens."""
    if not _FORM.fullmatch(text):
        raise InvalidId(f"{EXPECTED}, got {shown(text)}.")
    return uuid.UUID(text)


def canonical(text: str) -> str:
    """Return the id in small letters, as everything here keeps it; raises InvalidId."""
    return str(parse(text))


def shown(text: str) -> str:
    """Return text of a stranger for a sentence: quoted, printable, at most 64 characters."""
    return ascii(text if len(text) <= 64 else text[:64] + "...")
