"""Things to run at a time: one heap a system, read on the dispatcher only."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from actors.runtime.turns.clock import Clock, WakeUp
from actors.runtime.turns.dispatcher import Dispatcher, Runnable


class Timers:
    """A heap of (time, runnable). The clock's alarm only posts this object to the dispatcher,
    where it runs what is due, so the heap needs no lock."""

    def __init__(self, clock: Clock, dispatcher: Dispatcher) -> None:
        self._clock = clock
        self._dispatcher = dispatcher
        self._heap: list[tuple[float, int, Runnable]] = []
        self._order = count()
        self._alarm: WakeUp | None = None

    def start(self) -> None:
        """Begin to watch the clock."""
        self._alarm = self._clock.alarm(self._ring)
        if self._heap:
            self._alarm.set(self._heap[0][0])

    def stop(self) -> None:
        """Run nothing more."""
        if self._alarm is not None:
            self._alarm.close()
            self._alarm = None

    def _ring(self) -> None:
        self._dispatcher.submit(self)

    def at(self, when: float, job: Runnable) -> None:
        """Run the job on the dispatcher at ``when``; to be called on the dispatcher."""
        heap = self._heap
        entry = (when, next(self._order), job)
        heapq.heappush(heap, entry)
        if heap[0] is entry and self._alarm is not None:
            self._alarm.set(when)

    def run(self) -> None:
        """Run all that is due, in the order of time."""
        now = self._clock.now()
        heap = self._heap
        while heap and heap[0][0] <= now:
            heapq.heappop(heap)[2].run()
        if heap and self._alarm is not None:
            self._alarm.set(heap[0][0])


class TimedCall:
    """A function as something to run, for what happens seldom."""

    __slots__ = ("run",)

    def __init__(self, run: Callable[[], None]) -> None:
        self.run = run
