"""Which device's socket is open in this process: the edge behind the addresses ``link/<device_id>``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

from realtime.hub import Outbox
from realtime.inspection import Inspection

log = logging.getLogger("devices")


class Link(Protocol):
    """An open socket of a device."""

    def command(self, command: Any) -> None:
        """Put an actor's command on the wire; on the loop, never waits."""

    @property
    def inspection(self) -> Inspection:
        """Who looks at the device's buses."""

    def replaced(self) -> None:
        """Close, because the device has opened another socket."""

    def recheck(self) -> None:
        """Reference data changed: close unless the device may still be here."""


class Links:
    """Device id -> its newest socket."""

    def __init__(self) -> None:
        self._links: dict[str, Link] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.changed: Callable[[str, bool], None] = lambda device_id, up: None
        """Called when a device's socket opens or closes here; for other processes."""
        self.telemetry: dict[str, Any] = {}
        """The latest telemetry of each device, with its time."""

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to deliver, on this loop."""
        self._loop = loop

    def add(self, device_id: str, link: Link) -> None:
        """Register the device's socket; an older one is closed."""
        before = self._links.get(device_id)
        self._links[device_id] = link
        self.changed(device_id, True)
        if before is not None and before is not link:
            before.replaced()

    def remove(self, device_id: str, link: Link) -> bool:
        """Forget the socket; return False if a newer one has taken its place."""
        if self._links.get(device_id) is not link:
            return False
        del self._links[device_id]
        self.changed(device_id, False)
        return True

    def handle(self, device_id: str, command: Any) -> None:
        """Take an actor's command for a device; from any thread. Without a socket it is dropped.

        The device's actor keeps it and sends it again when the device says hello.
        """
        if self._loop is None:
            return
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if running is self._loop:
            self._send(device_id, command)
        else:
            self._loop.call_soon_threadsafe(self._send, device_id, command)

    def _send(self, device_id: str, command: Any) -> None:
        link = self._links.get(device_id)
        if link is None:
            log.info("device %s is not connected here", device_id)
        else:
            link.command(command)

    def recheck(self) -> None:
        """Let every socket look whether its device may still be here; on the loop."""
        for link in tuple(self._links.values()):
            link.recheck()

    def find(self, device_id: str) -> Link | None:
        """Return the device's socket if it is connected to this process."""
        return self._links.get(device_id)

    def stop_looking(self, outbox: Outbox) -> None:
        """Show a socket that is closing nothing more."""
        for link in self._links.values():
            link.inspection.leave(outbox)

    def online(self) -> list[str]:
        """Return the devices that are connected to this process."""
        return list(self._links)
