"""The bus inspector: relays the frames of a device's serial bus to the sockets that inspect it.

Two halves, which may be in two processes. ``Taps`` is where the device's socket is: which
processes want which bus. ``Inspections`` is where the people are: which socket looks at which
bus. Off unless somebody asks, for a bounded time, and the first to be dropped when a socket
is behind: it is a diagnosis, nobody is owed a frame of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

import msgspec

from devicegw import wire
from realtime.problems import Problem
from realtime.topics.hub import SendQueue
from realtime.wire import BusFrames, InspectionEnded, encode_text

MOST_WATCHERS = 4
"""Of one device, in one process."""
BEHIND_BYTES = 64 * 1024
"""A socket for which so much waits gets no frames until it has caught up."""

HERE = ""
"""The viewer that is this process; others are channels of the layer."""


class TappedFrames(msgspec.Struct, array_like=True):
    """From the process with the device's socket to one with a viewer: frames, or the end of them."""

    device_id: str
    frames: wire.Frames | None


decode_tapped = msgspec.msgpack.Decoder(TappedFrames).decode


class Taps:
    """Which processes look at one device's buses. Belongs to the event loop, lives as long as the socket."""

    def __init__(
        self,
        device_id: str,
        send: Callable[[wire.Inspect], None],
        show: Callable[[str, TappedFrames], None],
        now: Callable[[], float],
    ) -> None:
        self._device_id = device_id
        self._send = send
        self._show = show
        self._now = now
        self._until: dict[tuple[str, int], float] = {}
        """By viewer and bus."""

    def set(self, viewer: str, bus: int, seconds: float) -> None:
        """Show a viewer the frames of a bus for so long from now; 0: stop."""
        now = self._now()
        self._until.pop((viewer, bus), None)
        if seconds > 0:
            self._until[viewer, bus] = now + seconds
        left = [until - now for (_, tapped), until in self._until.items() if tapped == bus]
        self._send(wire.Inspect(bus=bus, seconds=max(0.0, *left) if left else 0.0))

    def relay(self, frames: wire.Frames) -> None:
        """Show what passed to those who look at that bus."""
        now = self._now()
        for (viewer, bus), until in list(self._until.items()):
            if until <= now:
                del self._until[viewer, bus]
            elif bus == frames.bus:
                self._show(viewer, TappedFrames(self._device_id, frames))

    def close(self) -> None:
        """Tell all viewers that the device is no longer connected."""
        for viewer in {viewer for viewer, _ in self._until}:
            self._show(viewer, TappedFrames(self._device_id, None))
        self._until.clear()


class _Watch(NamedTuple):
    """A socket that looks at a bus until a time on the monotonic clock."""

    outbox: SendQueue
    device_id: str
    bus: int
    until: float


class Inspections:
    """Who in this process looks at which bus. Belongs to the event loop.

    ``tap`` reaches the process that has the device's socket: (device, bus, seconds) ->
    whether there is one.
    """

    def __init__(
        self, tap: Callable[[str, int, float], Coroutine[Any, Any, bool]], now: Callable[[], float]
    ) -> None:
        self._tap = tap
        self._now = now
        self._watches: dict[int, _Watch] = {}
        """By the socket's outbox: a socket looks at one bus at a time."""
        self._skipped: dict[int, int] = {}
        self._ending: set[asyncio.Task[bool]] = set()

    async def watch(self, outbox: SendQueue, device_id: str, bus: int, seconds: float) -> None:
        """Let a socket look, for so long from now. Raises the 409 when the device is away, the 429 when
        too many look already."""
        self._forget()
        before = self._watches.get(id(outbox))
        others = [each for each in self._watches.values() if each.device_id == device_id and each != before]
        if len(others) >= MOST_WATCHERS:
            raise Problem(429, "too_many_inspectors", "Others look at this device already.", retry_after=30)
        if before is not None and (before.device_id, before.bus) != (device_id, bus):
            self.leave(outbox)
        watch = self._watches[id(outbox)] = _Watch(outbox, device_id, bus, self._now() + seconds)
        longest = max(each.until for each in self._of(device_id, bus)) - self._now()
        try:
            found = await self._tap(device_id, bus, longest)
        except BaseException:
            self._drop(watch)
            raise
        if not found:
            self._drop(watch)
            raise Problem(409, "device_offline", "The device is not connected.")

    def leave(self, outbox: SendQueue) -> None:
        """Show a socket nothing more; harmless if it did not look."""
        watch = self._watches.get(id(outbox))
        if watch is None:
            return
        self._drop(watch)
        left = [each.until - self._now() for each in self._of(watch.device_id, watch.bus)]
        task = asyncio.ensure_future(self._tap(watch.device_id, watch.bus, max(left, default=0.0)))
        self._ending.add(task)
        task.add_done_callback(self._ended)

    def take(self, shown: TappedFrames) -> None:
        """Show the frames to the viewers of that bus, or tell them that the device is no longer connected."""
        self._forget()
        for key, watch in list(self._watches.items()):
            if watch.device_id != shown.device_id:
                continue
            if shown.frames is None:
                self._drop(watch)
                watch.outbox.text(encode_text(InspectionEnded(watch.device_id, watch.bus, "offline")))
            elif watch.bus == shown.frames.bus:
                self._relay(key, watch, shown.frames)

    def _relay(self, key: int, watch: _Watch, frames: wire.Frames) -> None:
        if watch.outbox.waiting > BEHIND_BYTES:
            self._skipped[key] = self._skipped.get(key, 0) + frames.dropped + len(frames.frames)
            return
        dropped = frames.dropped + self._skipped.pop(key, 0)
        watch.outbox.text(encode_text(BusFrames(watch.device_id, frames.bus, dropped, frames.frames)))

    def _of(self, device_id: str, bus: int) -> list[_Watch]:
        return [each for each in self._watches.values() if (each.device_id, each.bus) == (device_id, bus)]

    def _drop(self, watch: _Watch) -> None:
        if self._watches.get(id(watch.outbox)) == watch:
            del self._watches[id(watch.outbox)]
            self._skipped.pop(id(watch.outbox), None)

    def _forget(self) -> None:
        now = self._now()
        for watch in [each for each in self._watches.values() if each.until <= now]:
            self._drop(watch)

    def _ended(self, task: asyncio.Task[bool]) -> None:
        # A tap that could not be ended ends by its time.
        self._ending.discard(task)
        if not task.cancelled():
            task.exception()
