"""The one clock of the device buses.

It reads like the runtime's and has a second face: a Pi has no battery behind its
clock and is set right in the middle of the day, so a time to live is counted on
``monotonic`` and only reports carry ``now``.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Two times: one that only runs forward, for deadlines, and the calendar's, for reports."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never set back."""

    def now(self) -> float:
        """Return POSIX seconds, UTC."""


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never set back."""
        return time.monotonic()

    def now(self) -> float:
        """Return POSIX seconds, UTC."""
        return time.time()


class ManualClock:
    """Stands still until it is advanced. For tests; shared by both ends of a null modem."""

    def __init__(self, start: float = 1000.0, wall: float = 1_800_000_000.0) -> None:
        self._now = start
        self._wall_offset = wall - start

    def monotonic(self) -> float:
        """Return the seconds it was advanced to."""
        return self._now

    def now(self) -> float:
        """Return POSIX seconds, in step with ``monotonic``."""
        return self._now + self._wall_offset

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if seconds < 0:
            raise ValueError(f"time does not go back, got {seconds}")
        self._now += seconds
