"""Reports on their way from the Pis to their actors: a few at a time, the devices in turn.

Everything else asks at once. So what a person waits for, an unlock, stands behind
``AT_ONCE`` commands of reports at the most, however many wait here; and one device
that does not stop reporting has one command under way like any other, which takes
whatever it has said meanwhile along in one event.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from actors.messages.device import Report, Reports

AT_ONCE = 128
"""Commands that may be under way in one process."""
BURST = 64
"""Reports that one command takes along."""
MOST = 512
"""Reports of one device that may wait before its link is read no further."""


class Intake:
    """Whose turn it is to send; one a process, used on its loop only."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._waiting: deque[Reporter] = deque()
        self._under_way = 0
        self._rung = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def want(self, reporter: Reporter) -> None:
        """Queue for a turn; it comes when what the loop has read by now is handed out, at the earliest."""
        self._waiting.append(reporter)
        self._ring()

    def done(self) -> None:
        """A turn is over: its reports are durable, or lost."""
        self._under_way -= 1
        self._ring()

    def _ring(self) -> None:
        if self._waiting and not self._rung and self._under_way < self._at_once:
            self._rung = True
            if self._loop is None:  # asking which one runs costs a system call each time
                self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._hand_out)

    def _hand_out(self) -> None:
        self._rung = False
        while self._waiting and self._under_way < self._at_once:
            self._under_way += 1
            self._waiting.popleft().have_turn()


class Reporter:
    """The reports of one link, in their order.

    ``ask`` sends a command and returns the reply to come; ``settled`` hears which reports a reply is for.
    """

    __slots__ = ("_ask", "_held", "_intake", "_queued", "_room", "_settled")

    def __init__(
        self, intake: Intake, ask: Callable[[Reports], Any], settled: Callable[[Sequence[Report], Any], None]
    ) -> None:
        self._intake = intake
        self._ask = ask
        self._settled = settled
        self._held: list[Report] = []
        self._queued = False
        """From asking for a turn to its end."""
        self._room: asyncio.Future[None] | None = None

    def put(self, report: Report) -> None:
        """Take a report."""
        self._held.append(report)
        if not self._queued:
            self._queued = True
            self._intake.want(self)

    async def room(self) -> None:
        """Wait until not too many reports wait."""
        while len(self._held) >= MOST:
            if self._room is None:
                self._room = asyncio.get_running_loop().create_future()
            await self._room

    def have_turn(self) -> None:
        """Send what has come, once; the next turn is after its answer."""
        if self._held:
            self._send(self._turn_over)
        else:  # pushed out meanwhile
            self._turn_over()

    def push(self) -> None:
        """Send everything now: what comes next may not overtake it."""
        while self._held:
            self._send(None)

    def forget(self) -> None:
        """Drop what waits; its device will say it again."""
        self._held.clear()
        self._make_room()

    def _send(self, then: Callable[[], None] | None) -> None:
        burst = self._held[:BURST]
        del self._held[:BURST]
        self._make_room()
        pending = self._ask(Reports(tuple(burst)))
        pending.add_done_callback(partial(self._answered, burst, then))

    def _make_room(self) -> None:
        if self._room is not None:
            room, self._room = self._room, None
            if not room.done():
                room.set_result(None)

    def _answered(self, burst: list[Report], then: Callable[[], None] | None, pending: Any) -> None:
        self._settled(burst, pending)
        if then is not None:
            then()

    def _turn_over(self) -> None:
        self._intake.done()
        if self._held:
            self._intake.want(self)
        else:
            self._queued = False
