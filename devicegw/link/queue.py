"""The outbox as the event loop sees it: nothing here waits for the disk.

Writes are queued and carried out in batches on one thread; a message is sent only
after it is on disk, so that its number can never be given out twice. An unlock
does not wait for any of this.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from devicegw import wire
from devicegw.link.outbox import Outbox

_log = logging.getLogger("devices.outbox")
_T = TypeVar("_T")


@dataclass(slots=True)
class _Batch:
    """What is to be written next. Writing one twice does no harm."""

    messages: list[wire.Outgoing] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)

    def write(self, outbox: Outbox) -> list[wire.Outgoing]:
        """Write it; return the messages with their numbers."""
        for command_id in self.noted:
            outbox.note_command(command_id)
        if self.acknowledged:
            outbox.acknowledge(self.acknowledged)
        return outbox.append(self.messages) if self.messages else []

    def before(self, later: _Batch) -> _Batch:
        """Return this batch with a later one behind it."""
        return _Batch(
            self.messages + later.messages,
            self.acknowledged + later.acknowledged,
            self.noted + later.noted,
        )

    def is_empty(self) -> bool:
        """Tell whether there is nothing to write."""
        return not (self.messages or self.acknowledged or self.noted)


class OutboxQueue:
    """What is unacknowledged and which commands are known. One event loop; ``start`` before use.

    While the disk fails, locks go on opening, but nothing is told upward until it is back.
    """

    def __init__(self, outbox: Outbox, limit: int, retry_s: float = 5.0) -> None:
        self._outbox = outbox
        self._limit = limit
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._retry_s = retry_s
        self._batch = _Batch()
        self._dirty = asyncio.Event()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._unavailable_logged = False
        self._unacknowledged: dict[int, wire.Outgoing] = {}
        self._commands: dict[str, wire.Result | None] = {}
        self._noted: list[str] = []
        self.slots_left_over = frozenset[int]()
        """Slots of which an earlier run has reported what the server has not acknowledged."""

    async def start(self) -> None:
        """Load what an earlier run left, and name the end of what it had under way."""
        await self._run(self._outbox.end_interrupted)
        await self._reload()
        left_over = self._unacknowledged.values()
        self.slots_left_over = frozenset(each.slot for each in left_over if isinstance(each, wire.Report))
        self._commands = await self._run(self._outbox.commands)
        self._task = asyncio.create_task(self._write_out())

    async def close(self) -> None:
        """Write what is queued, then close the file."""
        self._closing.set()
        self._dirty.set()
        if self._task is not None:
            await self._task
        await self._run(self._outbox.close)
        self._thread.shutdown()

    # --- messages -------------------------------------------------------------

    def put(self, message: wire.Outgoing) -> None:
        """Queue a message (its ``seq`` is given later) to be kept and then sent."""
        if isinstance(message, wire.Result):
            self._commands[message.id] = message
        self._batch.messages.append(message)
        self._dirty.set()

    def acknowledge(self, seq: int) -> None:
        """Forget a message the server has."""
        self._unacknowledged.pop(seq, None)
        self._batch.acknowledged.append(seq)
        self._dirty.set()

    def unacknowledged(self, after: int) -> list[wire.Outgoing]:
        """Return the messages on disk with a higher ``seq``, in order."""
        return [message for seq, message in self._unacknowledged.items() if seq > after]

    async def changed(self) -> None:
        """Wait until there may be something more to send."""
        await self._changed.wait()
        self._changed.clear()

    async def raise_above(self, last_seq: int) -> None:
        """Number on above what the server has seen."""
        if await self._run(lambda: self._outbox.raise_above(last_seq)):
            _log.warning("the outbox is younger than the server's memory: renumbered above %d", last_seq)
            await self._reload()

    def __len__(self) -> int:
        return len(self._unacknowledged)

    # --- commands -------------------------------------------------------------

    def knows(self, command_id: str) -> bool:
        """Tell whether this command was received before."""
        return command_id in self._commands

    def note_command(self, command_id: str) -> None:
        """Remember a command from now on, or confirm once more that it is remembered."""
        self._commands.setdefault(command_id, None)
        self._batch.noted.append(command_id)
        self._dirty.set()

    def take_noted(self) -> list[str]:
        """Return the commands that were written to disk since the last call: now they are received."""
        noted, self._noted = self._noted, []
        return noted

    def repeat_result(self, command_id: str) -> None:
        """Send the result of a known command again, unless it is under way or still queued."""
        result = self._commands.get(command_id)
        queued = [*self._unacknowledged.values(), *self._batch.messages]
        if result is None or any(isinstance(m, wire.Result) and m.id == command_id for m in queued):
            return
        self.put(result)

    # --- the disk -------------------------------------------------------------

    async def _write_out(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            batch, self._batch = self._batch, _Batch()
            try:
                kept = await self._run(lambda batch=batch: batch.write(self._outbox))  # type: ignore[misc]
            except sqlite3.Error as error:
                self._batch = batch.before(self._batch)
                if await self._disk_failed(error):
                    return
                continue
            self._disk_back()
            self._unacknowledged.update((message.seq, message) for message in kept)
            if len(self._unacknowledged) > self._limit:
                await self._reload()
            self._noted += batch.noted
            if kept or batch.noted:
                self._changed.set()
            if self._closing.is_set() and self._batch.is_empty():
                return

    async def _disk_failed(self, error: sqlite3.Error) -> bool:
        """Wait a moment for the disk; return whether to give up, because the agent stops."""
        if self._closing.is_set():
            _log.error("outbox unavailable, %d messages are lost: %s", len(self._batch.messages), error)
            return True
        if not self._unavailable_logged:
            self._unavailable_logged = True
            _log.error("outbox unavailable, nothing can be told upward: %s", error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), self._retry_s)
        self._dirty.set()
        return False

    def _disk_back(self) -> None:
        if self._unavailable_logged:
            self._unavailable_logged = False
            _log.info("outbox available again")

    async def _reload(self) -> None:
        pending = await self._run(self._outbox.pending)
        self._unacknowledged = {message.seq: message for message in pending}

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
