"""A line without a wire: the far end answers as time is read away, virtual time or real."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from itertools import count

from devicegw.bus.port import PortLost
from devicegw.clock import Clock, ManualClock

Outgoing = Iterable[tuple[float, bytes]]
"""Bytes and when they come (monotonic seconds)."""
FarEnd = Callable[[bytes, float], Outgoing]
"""What takes bytes at a time and says what comes back when; SimulatedBus.receive is one."""


class NullModem:
    """A transport whose ``read`` lets the clock run on, by ``wait``. One thread reads and writes."""

    def __init__(
        self,
        far_end: FarEnd,
        clock: Clock,
        wait: Callable[[float], None] | None = None,
        *,
        keep: int | None = None,
    ) -> None:
        self._far_end = far_end
        self._clock = clock
        self._wait = wait or _advance(clock)
        self._keep = keep
        self._coming: list[tuple[float, int, bytes]] = []
        self._order = count()
        self.plugged = True
        self.opened = 0
        self.written: list[tuple[float, bytes]] = []
        """Every request with its time, for tests to look at; none with ``keep=0``."""
        self.on_write: Callable[[bytes], None] = lambda data: None

    def open(self) -> NullModem:
        """Plug in; pass this as the bus's OpenPort. Raises PortLost while unplugged."""
        self._check()
        self.opened += 1
        return self

    def unplug(self) -> None:
        """Unplug the adapter; what was under way is lost."""
        self.plugged = False
        self._coming.clear()

    def send(self, data: bytes, at: float) -> None:
        """Let bytes arrive at the near end at a time, unasked."""
        heapq.heappush(self._coming, (at, next(self._order), data))

    def write(self, data: bytes) -> None:
        """Hand bytes to the far end now."""
        self._check()
        now = self._clock.monotonic()
        if self._keep is None:
            self.written.append((now, data))
        self.on_write(data)
        self._check()
        for at, answer in self._far_end(data, now):
            self.send(answer, at)

    def read(self, timeout: float) -> bytes:
        """Return what has come; else let time run to the next bytes or to the timeout."""
        self._check()
        now = self._clock.monotonic()
        if self._coming and self._coming[0][0] <= now + timeout:
            self._wait(max(1e-9, self._coming[0][0] - now))
            return self._take()
        self._wait(timeout)
        self._check()
        return b""

    def flush_input(self) -> None:
        """Throw away what has come by now."""
        self._check()
        self._take()

    def close(self) -> None:
        """Nothing to close; the far end stays."""

    def _take(self) -> bytes:
        now = self._clock.monotonic()
        data = b""
        while self._coming and self._coming[0][0] <= now:
            data += heapq.heappop(self._coming)[2]
        return data

    def _check(self) -> None:
        if not self.plugged:
            raise PortLost("unplugged")


def _advance(clock: Clock) -> Callable[[float], None]:
    """Virtual time runs on by at least a microsecond, or a loop that does not wait would never end."""
    if not isinstance(clock, ManualClock):
        raise TypeError(f"expected a ManualClock or a way to wait, got {clock!r}")
    return lambda seconds: clock.advance(max(seconds, 1e-6))
