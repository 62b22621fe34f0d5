"""Web push (RFC 8030): which push services are taken, and the key that browsers know us by (VAPID, RFC 8292).

A browser names the address that we send to, so only the push services of ``PUSH_SERVICES`` are taken, and
a redirect is not followed: nobody has us call what is theirs, or inside of our network.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid, b64urlencode


def is_service(endpoint: str) -> bool:
    """Return whether the address is one of a push service that we send to."""
    parts = urlsplit(endpoint)
    if parts.username is not None or parts.password is not None:
        return False
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    return any(fnmatchcase(origin, service) for service in settings.PUSH_SERVICES)


def public_key() -> str | None:
    """Return the key by which a browser knows our messages, None where nothing is pushed."""
    if not settings.VAPID_PRIVATE_KEY:
        return None
    point = Vapid.from_string(settings.VAPID_PRIVATE_KEY).public_key
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return str(b64urlencode(raw))
