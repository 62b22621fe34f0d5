"""Telling systemd how we are: READY, WATCHDOG, STOPPING (sd_notify(3)), one datagram each."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable

_log = logging.getLogger("devices.watchdog")


class Notifier:
    """Sends to the socket that systemd names in NOTIFY_SOCKET; without one a no-op."""

    def __init__(self, address: str | None) -> None:
        # A leading @ stands for the abstract namespace.
        self._address = None if not address else "\0" + address[1:] if address[0] == "@" else address

    def ready(self) -> None:
        """Start-up is complete."""
        self._send("READY=1")

    def stopping(self) -> None:
        """Stop has begun."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Say in words how we are, for ``systemctl status``."""
        self._send(f"STATUS={text}")

    def _send(self, state: str) -> None:
        if self._address is None:
            return
        # A service manager that does not listen must not stop us.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(state.encode(), self._address)


class WatchedProgress:
    """Something whose ``reading`` changes while it makes progress, at least every ``most_s``."""

    def __init__(self, name: str, reading: Callable[[], object], most_s: float) -> None:
        self.name = name
        self._reading = reading
        self._most_s = most_s
        self._last: object = None
        self._changed_at: float | None = None

    def stands_still(self, now: float) -> bool:
        """Look; return whether the reading has been the same for too long."""
        reading = self._reading()
        if self._changed_at is None or reading != self._last:
            self._last, self._changed_at = reading, now
        return now - self._changed_at > self._most_s


class Watchdog:
    """Feeds systemd while everything watched makes progress, and else lets it start us again."""

    def __init__(self, notifier: Notifier, watchdog_usec: str | None, watched: list[WatchedProgress]) -> None:
        self._notifier = notifier
        self._watched = watched
        self._pause_s = int(watchdog_usec or 0) / 1e6 / 3

    def look(self, now: float) -> list[str]:
        """Feed, or return the names of what stands still."""
        still = [each.name for each in self._watched if each.stands_still(now)]
        if not still:
            self._notifier.alive()
        return still

    async def run(self) -> None:
        """Look three times in the time that systemd allows; without a watchdog do nothing."""
        if self._pause_s == 0:
            return
        told: list[str] = []
        while True:
            still = self.look(asyncio.get_running_loop().time())
            if still and still != told:
                _log.critical("no progress, the watchdog is not fed: %s", ", ".join(still))
            told = still
            await asyncio.sleep(self._pause_s)
