"""The exit pass of an order: a short code with a signature, to be scanned or read out, and its way back.

Twelve characters of Crockford's base 32, in groups of four: the first 30 bits of the order's
(random) id, then 30 bits of an HMAC-SHA-256 of the whole id under ``settings.SIGNING_KEY``.
The code says which order it is and that we made it; who may pass with it, until when and
whether somebody has, is the order's to say. So few bits are enough because a guess is only
ever tried by a member of staff, and must hit an order of that branch that has not left yet.

Source of the alphabet: Douglas Crockford, Base 32.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from django.conf import settings

from core.orders.models import Order
from core.wire.secrets import same

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011", " -\u2013\u2014\t")
_CODE = re.compile(f"[{_ALPHABET}]{{12}}")
_PATH = re.compile(r"^/x/([^/]+)/?$")
_BITS = 30
_REST = 128 - _BITS


class PassError(ValueError):
    """A text that is no code of an exit pass."""


def code_of(order_id: uuid.UUID) -> str:
    """Return the code, e.g. ``7K2M-Q0XP-9ABD``."""
    text = _letters(order_id.int >> _REST) + _letters(_signature(order_id))
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"


def url_of(code: str) -> str:
    """Return the address that the QR holds."""
    return f"{settings.PUBLIC_URL}/x/{quote(code)}"


def parse(text: str) -> str:
    """Return the twelve characters of a scanned address or a typed code. Raises PassError.

    Letters that look like digits are read as these; blanks, dashes and case do not matter.
    """
    text = text.strip()
    if "/" in text:
        try:
            found = _PATH.match(urlsplit(text).path)
        except ValueError:
            found = None
        text = found[1] if found else ""
    text = text.upper().translate(_READ_AS)
    if not _CODE.fullmatch(text):
        raise PassError("This is not the code of an exit pass.")
    return text


def find(text: str) -> Order | None:
    """Return the order that the code belongs to, None if we never made it. Blocking. Raises PassError."""
    code = parse(text)
    first = _number(code[:6]) << _REST
    last = first + (1 << _REST) - 1
    rows = Order.objects.filter(order_id__range=(uuid.UUID(int=first), uuid.UUID(int=last)))
    wanted = code[6:]
    for row in rows:
        if same(wanted, _letters(_signature(row.order_id))):
            return row
    return None


def valid_until(placed_at: datetime) -> datetime:
    """Return until when the pass of an order is good."""
    return placed_at + timedelta(seconds=settings.EXIT_PASS_S)


def _signature(order_id: uuid.UUID) -> int:
    digest = hmac.digest(settings.SIGNING_KEY.encode(), f"exit-pass:{order_id}".encode(), hashlib.sha256)
    return int.from_bytes(digest[:4], "big") >> 2


def _letters(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(_BITS - 5, -1, -5))


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number << 5 | _ALPHABET.index(letter)
    return number
