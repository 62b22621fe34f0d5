"""Getting a firmware: resumed by Range after every cut, then size, SHA-256 and Ed25519 signature.

Nothing is unpacked or run before all three hold; the signature is over version, size and
digest (devicegw.wire.firmware_statement), so no other version passes under its name.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from devicegw import wire

CHUNK = 64 * 1024
ANSWER_S = 20.0
FINAL = (401, 403, 404, 410)


class FirmwareRefused(Exception):
    """This firmware will never be accepted; the message gives the reason."""


class CutOff(Exception):
    """The download ended early; what came is kept."""


def fetch(offer: wire.Firmware, token: str, part: Path, wanted: Callable[[], bool]) -> None:
    """Get what is missing of the file. Raises CutOff, FirmwareRefused, OSError. Blocking."""
    if not offer.url.startswith(("http://", "https://")):
        raise FirmwareRefused(f"expected http or https, got {offer.url[:100]}")
    have = part.stat().st_size if part.exists() else 0
    if have > offer.size:
        part.unlink()
        have = 0
    if have == offer.size and part.exists():
        return
    headers = {"Authorization": f"Bearer {token}"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        asked = urllib.request.Request(offer.url, headers=headers)  # noqa: S310 - http or https, see above
        with urllib.request.urlopen(asked, timeout=ANSWER_S) as answer:  # noqa: S310 - the same
            _write(answer, part, "ab" if answer.status == 206 else "wb", offer.size, wanted)
    except urllib.error.HTTPError as error:
        with error:
            if error.code in FINAL:
                raise FirmwareRefused(f"the server answered {error.code} for the file") from error
            raise CutOff(f"the server answered {error.code}") from error
    except (http.client.HTTPException, OSError) as error:
        raise CutOff(f"{type(error).__name__}: {error}") from error
    if (came := part.stat().st_size) < offer.size:
        raise CutOff(f"{came} of {offer.size} bytes came")


def _write(
    answer: http.client.HTTPResponse, part: Path, mode: str, size: int, wanted: Callable[[], bool]
) -> None:
    with part.open(mode) as file:
        while file.tell() <= size and wanted():
            chunk = answer.read1(CHUNK)
            if not chunk:
                return
            file.write(chunk)


def verify(offer: wire.Firmware, part: Path, public_key: str) -> None:
    """Check size, digest and signature. Raises FirmwareRefused. Blocking."""
    size = part.stat().st_size
    if size != offer.size:
        raise FirmwareRefused(f"expected {offer.size} bytes, got {size}")
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != offer.sha256:
        raise FirmwareRefused(f"expected the SHA-256 {offer.sha256}, got {digest}")
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        statement = wire.firmware_statement(offer.version, offer.size, offer.sha256)
        key.verify(base64.b64decode(offer.signature, validate=True), statement)
    except (binascii.Error, ValueError, InvalidSignature) as error:
        raise FirmwareRefused("the signature is not that of firmware.public_key") from error
