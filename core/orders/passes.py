"""The exit pass of an order: a short signed code (``core.wire.signed_codes``), and its way back.

The code says which order it is and that we made it; who may pass with it, until when and whether somebody
has, is the order's to say.
"""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from django.conf import settings

from core.orders.models import Order
from core.wire import signed_codes

_PURPOSE = "exit-pass"
_PATH = re.compile(r"^/x/([^/]+)/?$")


class PassError(ValueError):
    """A text that is no code of an exit pass."""


def code_of(order_id: uuid.UUID) -> str:
    """Return the code, e.g. ``7K2M-Q0XP-9ABD``."""
    return signed_codes.code_of(_PURPOSE, order_id)


def url_of(code: str) -> str:
    """Return the address that the QR holds."""
    return f"{settings.PUBLIC_URL}/x/{quote(code)}"


def parse(text: str) -> str:
    """Return the twelve characters of a scanned address or a typed code. Raises PassError."""
    text = text.strip()
    if "/" in text:
        try:
            found = _PATH.match(urlsplit(text).path)
        except ValueError:
            found = None
        text = found[1] if found else ""
    code = signed_codes.parse(text)
    if code is None:
        raise PassError("This is not the code of an exit pass.")
    return code


def find(text: str) -> Order | None:
    """Return the order that the code belongs to, None if we never made it. Blocking. Raises PassError."""
    code = parse(text)
    rows = Order.objects.filter(order_id__range=signed_codes.ids_of(code))
    return next((row for row in rows if signed_codes.belongs(code, _PURPOSE, row.order_id)), None)


def valid_until(placed_at: datetime) -> datetime:
    """Return until when the pass of an order is good."""
    return placed_at + timedelta(seconds=settings.EXIT_PASS_S)
