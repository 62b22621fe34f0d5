"""The QR code on a trolley: an address with the trolley's signed nonce, and its way back.

``https://host/t/TROLLEY_01?k=<nonce>.<signature>``. The signature is an HMAC-SHA-256 of code
and nonce under ``settings.SIGNING_KEY``, cut to 96 bits. A bare code typed by hand is fine too, unless
a branch wants to see that somebody stands before the trolley (``Branch.signed_qr_only``).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

import segno
from django.conf import settings
from django.http.request import validate_host

from core.wire.secrets import same

_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
_PATH = re.compile(r"^/t/([^/]+)/?$")
_SIGNATURE_BYTES = 12


class QrError(ValueError):
    """A text that names no trolley, or whose signature is wrong; ``code`` is for machines."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def url(trolley_id: str, nonce: str | None) -> str:
    """Return the address that the trolley's QR holds; nonce None: without the key."""
    address = f"{settings.PUBLIC_URL}/t/{quote(trolley_id)}"
    return address if nonce is None else f"{address}?k={nonce}.{_sign(trolley_id, nonce)}"


class ScannedQr(NamedTuple):
    """A scanned address or a typed code, parsed."""

    trolley_id: str
    signed: bool
    """Whether it had a key, which was right: somebody has seen the print. A typed code can be a guess."""


def parse(text: str, current: Callable[[str], str | None] | None = None) -> str:
    """Return the trolley code of a scanned address or a typed code. Raises QrError as `read` does."""
    return read(text, current).trolley_id


def read(text: str, current: Callable[[str], str | None] | None = None) -> ScannedQr:
    """Parse a scanned address or a typed code.

    Raises QrError (qr_malformed, qr_invalid).

    ``current`` gives the nonce a trolley has today (``Directory.nonce``): a print with an
    older one is refused. Whether the trolley exists is for the caller to see.
    """
    text = text.strip()
    if _CODE.fullmatch(text):
        return ScannedQr(text, signed=False)
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    found = _PATH.match(parts.path)
    trolley_id = unquote(found[1]) if found else ""
    if not _CODE.fullmatch(trolley_id):
        raise QrError("qr_malformed", "This is not the code of a trolley.")
    if parts.netloc and not _is_ours(parts.hostname or ""):
        raise QrError("qr_invalid", "This QR code leads to another address than ours.")
    key = parse_qs(parts.query).get("k", [""])[0]
    if not check(trolley_id, key, current(trolley_id) if current else None):
        raise QrError("qr_invalid", "This QR code was not made by us, or has been replaced by a newer one.")
    return ScannedQr(trolley_id, signed=bool(key))


def _is_ours(host: str) -> bool:
    """Return whether an address of that host is served here, or is what prints are made with."""
    return host == urlsplit(settings.PUBLIC_URL).hostname or validate_host(host, settings.ALLOWED_HOSTS)


def check(trolley_id: str, key: str, nonce: str | None = None) -> bool:
    """Return whether ``key`` (the address's ``k``) belongs to the trolley, and to its nonce if one is given.

    An address without a key says no more than a typed code, and is as good where those are taken.
    """
    if not key:
        return True
    signed, _, signature = key.rpartition(".")
    if nonce is not None and signed != nonce:
        return False
    return same(signature, _sign(trolley_id, signed))


def svg(address: str) -> str:
    """Return the address as an SVG picture of any size, error correction Q for scratched labels."""
    out = io.BytesIO()
    segno.make(address, error="q").save(out, kind="svg", border=4, omitsize=True, xmldecl=False, nl=False)
    return out.getvalue().decode()


def _sign(trolley_id: str, nonce: str) -> str:
    digest = hmac.digest(
        settings.SIGNING_KEY.encode(), f"trolley-qr:{trolley_id}:{nonce}".encode(), hashlib.sha256
    )
    return base64.urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode()
