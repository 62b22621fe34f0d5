"""The devices' sockets that are open in this process: the recipients of ``link/<device_id>``."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

from realtime.devices.inspection import HERE, Inspections, TappedFrames, Taps

log = logging.getLogger("devices")


class DeviceLink(Protocol):
    """An open socket of a device."""

    def command(self, command: object) -> None:
        """Put an actor's command on the wire; on the loop, never waits."""

    @property
    def taps(self) -> Taps:
        """Which processes look at the device's buses."""

    def replaced(self) -> None:
        """Close, because the device has opened another socket."""

    def recheck(self) -> None:
        """Reference data changed: close unless the device may still be here."""


class OtherProcesses(Protocol):
    """The way to devices, and to people who look at them, in other processes."""

    async def tap(self, device_id: str, bus: int, seconds: float) -> bool:
        """Have what passes on a bus shown here for so long; return whether the device is anywhere."""

    def show(self, viewer: str, shown: TappedFrames) -> None:
        """Show another process what passed on a bus here."""


class Links:
    """Device id -> its newest socket."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._links: dict[str, DeviceLink] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.changed: Callable[[str, bool], None] = lambda device_id, up: None
        """Called when a device's socket opens or closes here; for other processes."""
        self.telemetry: dict[str, Any] = {}
        """The latest telemetry of each device, with its time."""
        self.inspections = Inspections(self._tap, now)
        self.other_processes: OtherProcesses | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to deliver, on this loop."""
        self._loop = loop

    def add(self, device_id: str, link: DeviceLink) -> None:
        """Register the device's socket; an older one is closed."""
        before = self._links.get(device_id)
        self._links[device_id] = link
        self.changed(device_id, True)
        if before is not None and before is not link:
            before.replaced()

    def remove(self, device_id: str, link: DeviceLink) -> bool:
        """Forget the socket; return False if a newer one has taken its place."""
        if self._links.get(device_id) is not link:
            return False
        del self._links[device_id]
        self.changed(device_id, False)
        return True

    def handle(self, device_id: str, command: object) -> None:
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

    def _send(self, device_id: str, command: object) -> None:
        link = self._links.get(device_id)
        if link is None:
            log.info("device %s is not connected here", device_id)
        else:
            link.command(command)

    def recheck(self) -> None:
        """Let every socket look whether its device may still be here; on the loop."""
        for link in tuple(self._links.values()):
            link.recheck()

    def tapped(self, viewer: str, device_id: str, bus: int, seconds: float) -> bool:
        """Show a process what passes on a bus of a device that is here; return whether it is."""
        link = self._links.get(device_id)
        if link is not None:
            link.taps.set(viewer, bus, seconds)
        return link is not None

    def show(self, viewer: str, shown: TappedFrames) -> None:
        """Show what passed to those who look, in this process or another."""
        if viewer == HERE:
            self.inspections.take(shown)
        elif self.other_processes is not None:
            self.other_processes.show(viewer, shown)

    async def _tap(self, device_id: str, bus: int, seconds: float) -> bool:
        if self.tapped(HERE, device_id, bus, seconds):
            return True
        return self.other_processes is not None and await self.other_processes.tap(device_id, bus, seconds)

    def online(self) -> list[str]:
        """Return the devices that are connected to this process."""
        return list(self._links)
