"""The one place that knows what time it is, and that can wait for a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

_LONGEST_WAIT_S = 10.0
"""A waiting alarm looks at the clock this often, so that a stepped clock is noticed."""


class WakeUp(Protocol):
    """Calls back when a time has come. Early or spurious calls are allowed, missed ones are not."""

    def set(self, when: float) -> None:
        """Ask to be called at ``when`` (POSIX seconds); the earliest of several wins."""

    def close(self) -> None:
        """Stop calling."""


class Clock(Protocol):
    """Time as a parameter: POSIX seconds UTC."""

    def now(self) -> float:
        """Return the time."""

    def alarm(self, ring: Callable[[], None]) -> WakeUp:
        """Return an alarm that calls ``ring``, from whichever thread."""


class SystemClock:
    """The machine's clock. Each alarm has one waiting thread."""

    now = staticmethod(time.time)

    def alarm(self, ring: Callable[[], None]) -> WakeUp:
        """Return an alarm on a thread of its own."""
        return _ThreadAlarm(ring)


class _ThreadAlarm:
    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._changed = threading.Condition()
        self._when: float | None = None
        self._closed = False
        threading.Thread(target=self._wait, name="actors-alarm", daemon=True).start()

    def set(self, when: float) -> None:
        with self._changed:
            if self._when is None or when < self._when:
                self._when = when
                self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _wait(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                left = _LONGEST_WAIT_S if self._when is None else self._when - time.time()
                if left > 0:
                    self._changed.wait(min(left, _LONGEST_WAIT_S))
                    continue
                self._when = None
            self._ring()


class ManualClock:
    """Time that stands still until a test moves it."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._alarms: list[_ManualAlarm] = []

    def now(self) -> float:
        """Return the time the test has set."""
        return self._now

    def alarm(self, ring: Callable[[], None]) -> WakeUp:
        """Return an alarm that rings inside ``advance``."""
        alarm = _ManualAlarm(self, ring)
        self._alarms.append(alarm)
        return alarm

    def advance(self, seconds: float) -> None:
        """Move time forward and ring every alarm whose time has come, before returning."""
        self._now += seconds
        for alarm in list(self._alarms):
            alarm.look()


class _ManualAlarm:
    def __init__(self, clock: ManualClock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._when: float | None = None
        self._closed = False

    def set(self, when: float) -> None:
        if self._when is None or when < self._when:
            self._when = when
        self.look()

    def look(self) -> None:
        if self._closed or self._when is None or self._when > self._clock.now():
            return
        self._when = None
        self._ring()

    def close(self) -> None:
        self._closed = True
