"""The journal on SQLite (standard library), in WAL mode with ``synchronous=FULL``.

Each statement takes all rows as one JSON text here too: the driver gives up the
interpreter lock at every step of a statement, and would wait for it at every row.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from actors.runtime.errors import Conflict, Fenced
from core.journal.projector import Packed, Projection
from core.journal.store import HEAD, KEPT, Result, RowRefused, SqlJournal, Work
from core.journal.tables import Row, sqlite_sql

_FENCE = "UPDATE journal_partition SET commits = commits + 1 WHERE name = ? AND epoch = ?"
_TAKE = (
    "INSERT INTO journal_partition (name, epoch, commits) VALUES (?, 1, 0)"
    " ON CONFLICT (name) DO UPDATE SET epoch = epoch + 1 RETURNING epoch"
)
_WRITER = ("PRAGMA cache_size=-65536", "PRAGMA wal_autocheckpoint=8000")
"""64 MB of pages, and a checkpoint each 32 MB of log: a third less time a commit, measured."""
_OURS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_READONLY,
}
"""Primary result codes that say nothing of the rows: the whole commit fails."""


@cache
def _statement(kind: type[Row]) -> str:
    return sqlite_sql(kind.form)


class SqliteJournal(SqlJournal):
    """A journal in an SQLite file; ``busy_s`` is how long a write waits for another writer's lock."""

    def __init__(
        self,
        path: Path | str,
        projections: Mapping[str, Projection],
        *,
        kept: int = KEPT,
        busy_s: float = 10.0,
        marks: Path | None = None,
    ) -> None:
        super().__init__(projections, kept, marks)
        self._path = str(path)
        self._busy_s = busy_s
        self._writer = self._connect()
        for pragma in _WRITER:
            self._writer.execute(pragma)
        self._readers: deque[sqlite3.Connection] = deque()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._busy_s, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query, read on a connection of its own."""
        reader = self._readers.pop() if self._readers else self._connect()
        rows = reader.execute(sql, parameters).fetchall()
        self._readers.append(reader)
        return rows

    def remember(self, name: str, value: str) -> None:
        """Put a fact into ``journal_meta`` unless it has that name already."""
        self.query("INSERT INTO journal_meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", name, value)

    def close(self) -> None:
        """Close every connection."""
        self._writer.close()
        if self.marks is not None:
            self.marks.close()
        while self._readers:
            self._readers.pop().close()

    def quick_check(self) -> Sequence[str]:
        """Return the damage that SQLite finds in the file's pages and indexes."""
        return [text for (text,) in self.query("PRAGMA quick_check") if text != "ok"]

    def take(self, partition: str) -> int:
        """Become the owner of the partition; return the new, higher epoch."""
        [(epoch,)] = self._writer.execute(_TAKE, (partition,)).fetchall()
        self.found_head(partition, self._writer.execute(HEAD, (partition,)).fetchall())
        return int(epoch)

    def write_all(self, partition: str, epoch: int, packed: Sequence[Packed]) -> None:
        """Write everything in one transaction."""
        self._carry_out(partition, epoch, lambda: self._write(packed))

    def write_parts(self, partition: str, epoch: int, work: Work[Result]) -> Result:
        """Run ``work`` in one transaction with a savepoint for each part that it writes."""
        return self._carry_out(partition, epoch, lambda: work(self._write_part))

    def replace(self, partition: str, epoch: int, tables: Sequence[str], packed: Sequence[Packed]) -> None:
        """Empty the tables and write the rows, in one transaction; for rebuilding."""

        def run() -> None:
            for table in tables:
                self._writer.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own tables and columns
            self._write(packed)

        self._carry_out(partition, epoch, run)

    def _carry_out(self, partition: str, epoch: int, run: Callable[[], Result]) -> Result:
        execute = self._writer.execute
        execute("BEGIN IMMEDIATE")
        try:
            if execute(_FENCE, (partition, epoch)).rowcount == 0:
                raise Fenced(f"epoch {epoch} of partition {partition!r} is over")
            result = run()
            execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:
                execute("ROLLBACK")
            raise
        return result

    def _write_part(self, packed: Sequence[Packed]) -> None:
        execute = self._writer.execute
        execute("SAVEPOINT part")
        try:
            self._write(packed)
        except RowRefused:
            execute("ROLLBACK TO part")
            execute("RELEASE part")
            raise
        execute("RELEASE part")

    def _write(self, packed: Sequence[Packed]) -> None:
        for kind, rows in packed:
            try:
                self._writer.execute(_statement(kind), (rows.decode(),))
            except sqlite3.Error as error:
                if error.sqlite_errorcode & 0xFF in _OURS:
                    raise
                raise RowRefused from _plain(kind.form.table, error)


def _plain(table: str, error: sqlite3.Error) -> Exception:
    """Return Conflict for a place or command id that the journal has already, else the error itself."""
    if table == "journal_event" and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CONSTRAINT:
        return Conflict(str(error))
    return error
