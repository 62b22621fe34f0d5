"""Writes samples in groups: all that came while the last group was written, in one statement.

Beside the journal's writer, on a connection of its own, so that neither waits for the
other. A sample is answered once it is durable; a repeat is known by device, time and number.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pykka
from django.db import DatabaseError, connection

from core.journal.codec import encode
from core.journal.tables import Posix, Row, Uuid, postgres_sql, sqlite_sql

log = logging.getLogger("devices")

Done = Callable[[Exception | None], None]
"""Called once: with None when the sample is durable, else with why not. In the writer's thread."""
BOUND = 5000
"""Samples of one statement."""
MOST = 50_000
"""Samples that may wait; more are refused, their devices send them again."""
_RING = "there is something to write"


class SamplesFull(Exception):
    """More samples wait than may."""


class SampleRow(Row, table="telemetry_sample", key=("device_id", "at", "seq"), mode="insert"):
    """One sample, as it is written."""

    device_id: Uuid
    seq: int
    at: Posix
    received_at: Posix
    data: msgspec.Raw


Waiting = deque[tuple[SampleRow, Done]]
Deliver = Callable[[Sequence[tuple[Done, Exception | None]]], None]


class Samples:
    """Where samples go in; see :func:`start`."""

    def __init__(self, writer: pykka.ActorRef[TelemetryWriter], queue: Waiting) -> None:
        self._writer = writer
        self._queue = queue

    def offer(self, row: SampleRow, done: Done) -> None:
        """Queue a sample; from any one thread, never waits. Raises SamplesFull."""
        if len(self._queue) >= MOST:
            raise SamplesFull
        self._queue.append((row, done))
        if len(self._queue) == 1:
            self._writer.tell(_RING)

    def stop(self) -> None:
        """Write what waits, then end the thread."""
        self._writer.stop()


def start(deliver: Deliver) -> Samples:
    """Start the writer's thread. ``deliver`` is given a whole group's answers at once, in that thread."""
    queue: Waiting = deque()
    return Samples(TelemetryWriter.start(queue, deliver), queue)


class TelemetryWriter(pykka.ThreadingActor):
    """The one thread that writes samples."""

    use_daemon_thread = True

    def __init__(self, queue: Waiting, deliver: Deliver) -> None:
        super().__init__()
        self._queue = queue
        self._deliver = deliver
        self._sql = ""

    def on_receive(self, message: Any) -> None:
        """Write until nothing is queued. The queue's first sample rings; one found empty asks for no ring."""
        while self._queue:
            group = [self._queue.popleft() for _ in range(min(len(self._queue), BOUND))]
            self._deliver(self._write(group))

    def on_stop(self) -> None:
        """Leave the database."""
        connection.close()

    def _write(self, group: list[tuple[SampleRow, Done]]) -> list[tuple[Done, Exception | None]]:
        try:
            self._insert([row for row, _ in group])
        except DatabaseError as error:
            connection.close()
            if len(group) == 1:
                log.error("a sample of %s cannot be written", group[0][0].device_id, exc_info=error)
                return [(group[0][1], error)]
            # One that cannot be written must not keep the others; a database that is gone fails them all.
            middle = len(group) // 2
            return self._write(group[:middle]) + self._write(group[middle:])
        return [(done, None) for _, done in group]

    def _insert(self, rows: Sequence[SampleRow]) -> None:
        with connection.cursor() as cursor:
            if not self._sql:
                self._sql = _sql(connection.vendor)
            cursor.execute(self._sql, [encode(rows).decode()])


def _sql(vendor: str) -> str:
    """Return the statement in the words of Django's cursors."""
    if vendor == "postgresql":
        return f"{postgres_sql(SampleRow.form)} ON CONFLICT DO NOTHING"
    sql = sqlite_sql(SampleRow.form).replace("%", "%%").replace("?", "%s")
    return f"{sql} ON CONFLICT DO NOTHING"
