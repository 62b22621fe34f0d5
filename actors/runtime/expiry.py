"""Asks that wait too long, grouped by the tick they expire in: a timeout costs an ask next to nothing."""

from __future__ import annotations

from actors.runtime.clock import Clock
from actors.runtime.errors import AskTimeout
from actors.runtime.reply import Reply
from actors.runtime.timers import Timers

TICK_S = 0.25


class Expiry:
    """A set of waiting replies per tick. ``add`` is called from any thread, the rest on the dispatcher."""

    def __init__(self, clock: Clock, timers: Timers) -> None:
        self._now = clock.now
        self._timers = timers
        self._buckets: dict[int, set[Reply]] = {}
        self._ticks = 1.0 / TICK_S

    def add(self, reply: Reply) -> None:
        """Let the reply fail with AskTimeout when its time is over."""
        tick = int((self._now() + reply.timeout) * self._ticks) + 1
        bucket = self._buckets.get(tick)
        if bucket is None:
            bucket = self._buckets.setdefault(tick, set())
        reply.bucket = bucket
        bucket.add(reply)

    def run(self) -> None:
        """Expire what is due and come again at the next tick."""
        now = self._now()
        tick = int(now * self._ticks)
        for due in [each for each in list(self._buckets) if each <= tick]:
            for reply in list(self._buckets.pop(due)):
                what = type(reply.command).__name__
                reply.fail(AskTimeout(f"no answer to {what} within {reply.timeout} s"))
        self._timers.at(now + TICK_S, self)

    def fail_all(self, error: BaseException) -> None:
        """Fail everything that still waits: the system goes."""
        for bucket in list(self._buckets.values()):
            for reply in list(bucket):
                reply.fail(error)
        self._buckets.clear()
