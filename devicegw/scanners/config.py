"""A barcode reader in config.json."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct


class ScannerConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """A barcode reader on the Pi that scans for one trolley."""

    port: Annotated[str, Meta(min_length=1)]
    """E.g. /dev/ttyACM0, /dev/input/by-id/...-event-kbd or /dev/hidraw0."""
    trolley_id: Annotated[str, Meta(min_length=1, max_length=200)]
    kind: Literal["auto", "serial", "keyboard", "hidraw"] = "auto"
    """``auto`` tells by the port's name."""
    baudrate: Annotated[int, Meta(ge=300)] = 9600
    """Of a serial reader; one on USB does not care."""

    @property
    def reads_as(self) -> Literal["serial", "keyboard", "hidraw"]:
        """Return the kind, derived from the port's name if it is not set."""
        if self.kind != "auto":
            return self.kind
        if self.port.startswith("/dev/input/"):
            return "keyboard"
        return "hidraw" if self.port.startswith("/dev/hidraw") else "serial"
