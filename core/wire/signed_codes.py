"""Short codes that name something of ours by its random id, with a signature: scanned, typed or read out.

Twelve characters of Crockford's base 32, in groups of four: the first 30 bits of the (random) id, then 30
bits of an HMAC-SHA-256 of the whole id under ``settings.SIGNING_KEY``. Who may do what with it, until when
and how often is for others to say. So few bits are enough where a guess is only ever tried by a member of
staff, and must hit something that still stands.

Source of the alphabet: Douglas Crockford, Base 32.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid

from django.conf import settings

from core.wire.secrets import same

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011", " -\u2013\u2014\t")
_CODE = re.compile(f"[{_ALPHABET}]{{12}}")
_BITS = 30
_REST = 128 - _BITS


def code_of(purpose: str, thing: uuid.UUID) -> str:
    """Return the code, e.g. ``7K2M-Q0XP-9ABD``; for another purpose the same object has another one."""
    text = _letters(thing.int >> _REST) + _letters(_signature(purpose, thing))
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"


def parse(text: str) -> str | None:
    """Return the twelve characters of a code, None for a text that is none.

    Letters that look like digits are read as these; blanks, dashes and case do not matter.
    """
    text = text.upper().translate(_READ_AS)
    return text if _CODE.fullmatch(text) else None


def ids_of(code: str) -> tuple[uuid.UUID, uuid.UUID]:
    """Return the first and the last id that parsed characters may be of."""
    first = _number(code[:6]) << _REST
    return uuid.UUID(int=first), uuid.UUID(int=first + (1 << _REST) - 1)


def belongs(code: str, purpose: str, thing: uuid.UUID) -> bool:
    """Return whether parsed characters are the object's code for that purpose."""
    return same(code[6:], _letters(_signature(purpose, thing)))


def _signature(purpose: str, thing: uuid.UUID) -> int:
    digest = hmac.digest(settings.SIGNING_KEY.encode(), f"{purpose}:{thing}".encode(), hashlib.sha256)
    return int.from_bytes(digest[:4], "big") >> 2


def _letters(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(_BITS - 5, -1, -5))


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number << 5 | _ALPHABET.index(letter)
    return number
