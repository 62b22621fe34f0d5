"""How much of people's messages and of new connections is let in during one turn of the event loop.

Everybody can be within their own allowance and all of them together still be too many. So they are let in
a few at a time, each caller in turn, as many as keep a turn of the loop short: what a manager asks for, what
a device reports and what the actors answer waits for a turn or two, never for the crowd. New connections go
first, for there are few of them, and a probe of ``/healthz`` is one.

How many that is follows from the processor time that the loop's thread spends on a turn: fewer after a
long one, a few more after a short one (additive increase, multiplicative decrease, as in RFC 5681).
Time that other threads or programs take does not count, for letting fewer in would not make it less.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from weakref import WeakKeyDictionary

AIM_S = 0.002
"""Processor time of one turn."""
_LEAST, _MOST = 2, 256
_AT_FIRST = 16


class Admission:
    """Of one event loop; all calls come from its thread, whose processor time in seconds ``cpu`` is."""

    def __init__(self, loop: asyncio.AbstractEventLoop, cpu: Callable[[], float] = time.thread_time) -> None:
        self._loop = loop
        self._cpu = cpu
        self._connections: deque[Callable[[], None]] = deque()
        self._messages: deque[Callable[[], None]] = deque()
        self._most = self._room = _AT_FIRST
        self._counting = False
        self._began = 0.0

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._connections) + len(self._messages)

    def enter(self) -> bool:
        """Let one in at once; False, when this turn has had all it may or others wait."""
        if not self._room:
            return False
        self._room -= 1
        if not self._counting:
            self._count(self._cpu())
        return True

    async def turn(self) -> None:
        """Wait until a message may be handled."""
        if not self.enter():
            future = self._loop.create_future()
            self._messages.append(partial(_wake, future))
            await future

    def connect(self, begin: Callable[[], None]) -> None:
        """Call ``begin`` when the connection may be read, which may be at once."""
        if self.enter():
            begin()
        else:
            self._connections.append(begin)

    def _count(self, now: float) -> None:
        self._counting = True
        self._began = now
        self._loop.call_soon(self._next)

    def _next(self) -> None:
        """Look at the turn that has passed, and let the next ones in."""
        now = self._cpu()
        spent = now - self._began
        waiting = bool(self._messages or self._connections)
        if spent > AIM_S:
            self._most = max(_LEAST, int(self._most * max(0.5, AIM_S / spent)))
        elif waiting:
            self._most = min(_MOST, self._most + 1 + self._most // 8)
        self._room = self._most
        self._counting = waiting
        if waiting:
            half = self._most if not self._messages else (self._most + 1) // 2
            self._room = 0  # while any wait, and while these begin
            begun = _begin(self._connections, half)
            begun += _begin(self._messages, self._most - begun)
            if not self.waiting:
                self._room = self._most - begun
            self._count(now)


def _begin(queue: deque[Callable[[], None]], most: int) -> int:
    count = min(most, len(queue))
    for _ in range(count):
        queue.popleft()()
    return count


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


_admissions: WeakKeyDictionary[asyncio.AbstractEventLoop, Admission] = WeakKeyDictionary()


def admission() -> Admission:
    """Return that of the running loop."""
    loop = asyncio.get_running_loop()
    found = _admissions.get(loop)
    if found is None:
        found = _admissions[loop] = Admission(loop)
    return found
