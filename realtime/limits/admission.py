"""How many of people's messages and new connections are admitted during one turn of the event loop.

Everybody can be within their own allowance and all of them together still be too many. So they are let in
a few at a time, as many as keep a turn of the loop short: what a manager asks for, what a device reports and
what the actors answer waits for a turn or two, never for the crowd.

New connections go first, the newest before the others: to read a request's head costs little, and a probe of
``/healthz`` that comes after a crowd does not wait for it (who waits longest is the first of the crowd, by no
more than the crowd takes). What costs more than its head, to open a socket, shares with people's messages
what is left, each in the order in which they came.

Of people's commands no more than ``MOST_UNDER_WAY`` are with the actors at a time, so that a manager's, which
does not wait here, does not wait there either: the actors carry out what they are asked in its order.

How many are let in follows from the processor time that the loop's thread spends on a turn: fewer after a
long one, a few more after a short one (additive increase, multiplicative decrease, as in RFC 5681).
Time that other threads or programs take does not count, for letting fewer in would not make it less.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

AIM_S = 0.002
"""Processor time of one turn."""
MOST_UNDER_WAY = 256
"""Commands of the crowd; some twenty milliseconds' worth of adds."""
_LEAST, _MOST = 2, 256
_AT_FIRST = 16


class Admission:
    """Of one event loop; all calls come from its thread, whose processor time in seconds ``cpu`` is."""

    def __init__(self, loop: asyncio.AbstractEventLoop, cpu: Callable[[], float] = time.thread_time) -> None:
        self._loop = loop
        self._cpu = cpu
        self._connections: list[Callable[[], None]] = []
        self._openings: deque[asyncio.Future[None]] = deque()
        self.messages: deque[asyncio.Future[None]] = deque()
        """Messages that wait for their turn."""
        self._most = self._room = _AT_FIRST
        self._counting = False
        self._began = 0.0
        self.under_way = 0
        """Commands of the crowd that the actors have been asked; whoever adds one calls :meth:`ended`."""

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._connections) + len(self._openings) + len(self.messages)

    def enter(self) -> bool:
        """Let a message in at once; False, when this turn has had all it may, or others wait."""
        if not self._room or self.under_way >= MOST_UNDER_WAY:
            return False
        self._room -= 1
        if not self._counting:
            self._count(self._cpu())
        return True

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a command's turn, and count it while it is carried out."""
        await self.turn()
        self.under_way += 1
        try:
            yield
        finally:
            self.ended()

    def ended(self) -> None:
        """Stop counting a command, whatever its outcome."""
        self.under_way -= 1
        if self.messages:
            self.let_in()

    def let_in(self) -> None:
        """Let the next messages in, now that a command has ended."""
        if not self._counting:
            self._count(self._cpu())

    def _take(self) -> bool:
        if not self._room:
            return False
        self._room -= 1
        if not self._counting:
            self._count(self._cpu())
        return True

    async def turn(self) -> None:
        """Wait until a message may be handled."""
        if not self.enter():
            await self._wait(self.messages)

    async def opening(self) -> None:
        """Wait until a socket may be opened."""
        if not self._take():
            await self._wait(self._openings)

    async def _wait(self, queue: deque[asyncio.Future[None]]) -> None:
        future = self._loop.create_future()
        queue.append(future)
        if not self._counting:
            self._count(self._cpu())
        await future

    def connect(self, begin: Callable[[], None]) -> None:
        """Call ``begin`` when the connection may be read, which may be at once."""
        if self._take():
            begin()
            return
        self._connections.append(begin)
        if not self._counting:
            self._count(self._cpu())

    def _count(self, now: float) -> None:
        self._counting = True
        self._began = now
        self._loop.call_soon(self._next)

    def _next(self) -> None:
        """Look at the turn that has passed, and let the next ones in."""
        now = self._cpu()
        spent = now - self._began
        waiting = bool(self.messages or self._connections or self._openings)
        if spent > AIM_S:
            self._most = max(_LEAST, int(self._most * max(0.5, AIM_S / spent)))
        elif waiting:
            self._most = min(_MOST, self._most + 1 + self._most // 8)
        self._room = self._most
        if not waiting:
            self._counting = False
            return
        self._room = 0  # while any wait, and while these begin
        left = self._let_in(self._most)
        if not self.waiting:
            self._room = left
        if left < self._most:
            self._count(now)
        else:
            self._counting = False  # all wait for commands that are under way

    def _let_in(self, most: int) -> int:
        """Let so many in of those who wait; return how many more could have been."""
        others = bool(self.messages or self._openings)
        left = most - self._read(most - max(1, most // 4) if others else most)
        left -= _wake(self._openings, left if not self.messages else (left + 1) // 2)
        return left - _wake(self.messages, min(left, MOST_UNDER_WAY - self.under_way))

    def _read(self, most: int) -> int:
        count = min(most, len(self._connections))
        for _ in range(count):
            self._connections.pop()()
        return count


def _wake(queue: deque[asyncio.Future[None]], most: int) -> int:
    count = max(0, min(most, len(queue)))
    for _ in range(count):
        future = queue.popleft()
        if not future.done():
            future.set_result(None)
    return count


_admissions: WeakKeyDictionary[asyncio.AbstractEventLoop, Admission] = WeakKeyDictionary()


def admission() -> Admission:
    """Return that of the running loop."""
    loop = asyncio.get_running_loop()
    found = _admissions.get(loop)
    if found is None:
        found = _admissions[loop] = Admission(loop)
    return found
