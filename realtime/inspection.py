"""The bus inspector: what passes on a device's serial bus, relayed to the sockets that asked for it.

Off unless somebody asks, for a bounded time, and the first to be dropped when a socket is
behind: it is a diagnosis, nobody is owed a frame of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from devicegw import wire
from realtime.hub import Outbox
from realtime.problems import Problem
from realtime.wire import BusFrames, encode_text

LONGEST_S = 300.0
MOST_WATCHERS = 4
"""Of one device."""
BEHIND_BYTES = 64 * 1024
"""A socket for which so much waits gets no frames until it has caught up."""


class Watch(NamedTuple):
    """A socket that looks at a bus until a time on the monotonic clock."""

    outbox: Outbox
    bus: int
    until: float


class Inspection:
    """Who looks at one device's buses. Belongs to the event loop."""

    def __init__(
        self, device_id: str, send: Callable[[wire.Inspect], None], now: Callable[[], float]
    ) -> None:
        self._device_id = device_id
        self._send = send
        self._now = now
        self._watches: dict[int, Watch] = {}
        """By the socket's outbox: a socket looks at one bus of a device at a time."""
        self._skipped: dict[int, int] = {}

    def watch(self, outbox: Outbox, bus: int, seconds: float) -> None:
        """Let a socket look. Raises the 429 when too many do already."""
        self._forget()
        if id(outbox) not in self._watches and len(self._watches) >= MOST_WATCHERS:
            raise Problem(429, "too_many_inspectors", "Others look at this device already.", retry_after=30)
        self._watches[id(outbox)] = Watch(outbox, bus, self._now() + seconds)
        longest = max(each.until for each in self._watches.values() if each.bus == bus) - self._now()
        self._send(wire.Inspect(bus=bus, seconds=longest))

    def leave(self, outbox: Outbox) -> None:
        """Stop showing a socket anything; harmless if it did not look."""
        self._watches.pop(id(outbox), None)
        self._skipped.pop(id(outbox), None)

    def relay(self, frames: wire.Frames) -> None:
        """Show what passed to those who look at that bus."""
        self._forget()
        for key, watch in self._watches.items():
            if watch.bus != frames.bus:
                continue
            if watch.outbox.waiting > BEHIND_BYTES:
                self._skipped[key] = self._skipped.get(key, 0) + frames.dropped + len(frames.frames)
                continue
            dropped = frames.dropped + self._skipped.pop(key, 0)
            watch.outbox.text(encode_text(BusFrames(self._device_id, frames.bus, dropped, frames.frames)))

    def _forget(self) -> None:
        now = self._now()
        for key in [key for key, each in self._watches.items() if each.until <= now]:
            self.leave(self._watches[key].outbox)
