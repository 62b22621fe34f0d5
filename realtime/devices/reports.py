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


class ReportScheduler:
    """Whose turn it is to send; one a process, used on its loop only."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._waiting: deque[DeviceReports] = deque()
        self._under_way = 0
        self._scheduled = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def enqueue(self, reports: DeviceReports) -> None:
        """Give the device a turn, at the earliest once what the loop has read by now is handed out."""
        self._waiting.append(reports)
        self._schedule()

    def finished(self) -> None:
        """A turn is over: its reports are durable, or lost."""
        self._under_way -= 1
        self._schedule()

    def _schedule(self) -> None:
        if self._waiting and not self._scheduled and self._under_way < self._at_once:
            self._scheduled = True
            if self._loop is None:  # asking which one runs costs a system call each time
                self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._start_turns)

    def _start_turns(self) -> None:
        self._scheduled = False
        while self._waiting and self._under_way < self._at_once:
            self._under_way += 1
            self._waiting.popleft().take_turn()


class DeviceReports:
    """The reports of one link, in their order.

    ``ask`` sends a command and returns the reply to come; ``settled`` hears which reports a reply is for and
    returns whether they are durable: if not, what waits is dropped, and its device will say it again.
    """

    __slots__ = ("_ask", "_queued", "_room", "_scheduler", "_settled", "_unsent")

    def __init__(
        self,
        scheduler: ReportScheduler,
        ask: Callable[[Reports], Any],
        settled: Callable[[Sequence[Report], Any], bool],
    ) -> None:
        self._scheduler = scheduler
        self._ask = ask
        self._settled = settled
        self._unsent: list[Report] = []
        self._queued = False
        """From asking for a turn to its end."""
        self._room: asyncio.Future[None] | None = None

    def put(self, report: Report) -> None:
        """Take a report."""
        self._unsent.append(report)
        if not self._queued:
            self._queued = True
            self._scheduler.enqueue(self)

    async def wait_for_room(self) -> None:
        """Wait until not too many reports wait."""
        while len(self._unsent) >= MOST:
            if self._room is None:
                self._room = asyncio.get_running_loop().create_future()
            await self._room

    def take_turn(self) -> None:
        """Send what has come, once; the next turn is after its answer."""
        if self._unsent:
            self._send(self._turn_over)
        else:  # pushed out meanwhile
            self._turn_over()

    def flush(self) -> None:
        """Send everything now: what comes next may not overtake it."""
        while self._unsent:
            self._send(None)

    def _send(self, then: Callable[[], None] | None) -> None:
        burst = self._unsent[:BURST]
        del self._unsent[:BURST]
        self._make_room()
        pending = self._ask(Reports(tuple(burst)))
        pending.add_done_callback(partial(self._answered, burst, then))

    def _make_room(self) -> None:
        if self._room is not None:
            room, self._room = self._room, None
            if not room.done():
                room.set_result(None)

    def _answered(self, burst: list[Report], then: Callable[[], None] | None, pending: Any) -> None:
        if not self._settled(burst, pending):
            self._unsent.clear()
            self._make_room()
        if then is not None:
            then()

    def _turn_over(self) -> None:
        self._scheduler.finished()
        if self._unsent:
            self._scheduler.enqueue(self)
        else:
            self._queued = False
