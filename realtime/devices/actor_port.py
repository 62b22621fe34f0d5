"""The port of the devices' side to the actor system."""

from __future__ import annotations

from typing import Protocol

from actors.messages.device import AssignSlots, Expect, Retire
from actors.runtime import Address


class DeviceActors(Protocol):
    """Where commands are left for a device's actor."""

    def tell(self, address: Address, command: AssignSlots | Expect | Retire) -> None:
        """Send a command without an answer; from any thread."""
