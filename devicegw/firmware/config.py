"""Firmware in config.json."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class UpdaterConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose firmware is taken, and when it counts as healthy."""

    public_key: Annotated[str, Meta(pattern="^[A-Za-z0-9+/]{43}=$")]
    """Ed25519, 32 bytes in base64; the server names it when the Pi registers."""
    health_s: Annotated[float, Meta(gt=0)] = 120.0
    """So long after the restart link and boards must be there, or the version before comes back."""
