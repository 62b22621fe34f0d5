"""Signatures of firmware: Ed25519 (RFC 8032) over version, size and digest.

The private key stays with whoever builds the firmware; the server and every Pi have
the public one. The version is signed too, so that an old firmware cannot be brought
out under a new name.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def statement(version: str, size: int, sha256: str) -> bytes:
    """Return what is signed; a Pi builds the same from the offer (devicegw/wire.py)."""
    return f"smart-trolley firmware\n{version}\n{size}\n{sha256}\n".encode()


def verify(public_key: str, signature: str, message: bytes) -> bool:
    """Return whether the signature (base64) is that of the key (base64, 32 bytes)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), message)
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def new_keys() -> tuple[str, str]:
    """Return a new private and public key in base64."""
    key = Ed25519PrivateKey.generate()
    return _text(key.private_bytes_raw()), _text(key.public_key().public_bytes_raw())


def sign(private_key: str, message: bytes) -> str:
    """Return the signature in base64; raises ValueError for what is no private key."""
    return _text(Ed25519PrivateKey.from_private_bytes(base64.b64decode(private_key)).sign(message))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
