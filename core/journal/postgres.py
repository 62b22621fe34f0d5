"""The journal on PostgreSQL (psycopg2).

A commit is one string with all statements of the transaction in one call: one round
trip, one giving up of the interpreter lock, and atomic without BEGIN and COMMIT,
because the server runs the statements of one simple query as one transaction.

The fence counts the partition's commits. So an owner whose connection breaks during a
commit can find out what became of it: it moves the counter itself, which also shuts
out a statement of the dead connection that may still be on its way.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import psycopg2
from psycopg2 import errors
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from actors.runtime.errors import Conflict, Fenced
from core.journal.projector import Packed, Projection
from core.journal.store import HEAD, KEPT, RowRefused, SqlJournal, Work
from core.journal.tables import Row, postgres_sql

_FENCE = (
    "WITH f AS (UPDATE journal_partition SET commits = commits + 1"
    " WHERE name = %s AND epoch = %s AND commits = %s RETURNING 1) SELECT 1 / count(*) FROM f"
)
"""Division by zero is the only way for one statement of several to stop the rest."""
_TAKE = (
    "INSERT INTO journal_partition AS p (name, epoch, commits) VALUES (%s, 1, 0)"
    " ON CONFLICT (name) DO UPDATE SET epoch = p.epoch + 1 RETURNING epoch, commits"
)
_SETTLE = (
    "UPDATE journal_partition SET commits = commits + 1 WHERE name = %s AND epoch = %s RETURNING commits"
)
_LOST = (psycopg2.OperationalError, psycopg2.InterfaceError)
_RETRY_S = 0.1
_OPTIONS: dict[str, Any] = {
    "application_name": "journal",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "client_encoding": "UTF8",
}

Result = TypeVar("Result")


class _Doubt(NamedTuple):
    """A commit whose connection broke: made or not, the partition's counter knows."""

    partition: str
    epoch: int
    commits: int
    """The count of commits before it."""


_Run = Callable[[Cursor, int, Callable[[Result], None]], None]
"""Given cursor and expected count; says by the last argument what its result is, before it commits."""


class PostgresJournal(SqlJournal):
    """A journal in a PostgreSQL database; ``dsn`` as libpq knows it.

    ``patience_s`` is how long a commit waits for a database that has gone away before it gives up;
    ``stalled_s`` how long the server keeps a transaction, and with it the partition, for a client
    that has fallen silent in it.
    """

    def __init__(
        self,
        dsn: str,
        projections: Mapping[str, Projection],
        *,
        kept: int = KEPT,
        patience_s: float = 10.0,
        stalled_s: float = 5.0,
        marks: Path | None = None,
    ) -> None:
        super().__init__(projections, kept, marks)
        self._dsn = dsn
        self._patience_s = patience_s
        self._options = f"-c jit=off -c idle_in_transaction_session_timeout={round(stalled_s * 1000)}"
        self._writer: Connection | None = None
        self._readers: deque[Connection] = deque()
        self._commits: dict[str, tuple[int, int]] = {}
        """Epoch and count of commits of each partition, as this owner knows them."""
        self._doubt: _Doubt | None = None
        self._doubt_lock = threading.Lock()
        self._sql: dict[type[Row], tuple[bytes, bytes]] = {}
        """Of each statement, what stands before and behind its rows."""

    # Connections.

    def _connect(self) -> Connection:
        connection: Connection = psycopg2.connect(self._dsn, options=self._options, **_OPTIONS)
        connection.autocommit = True
        return connection

    def _cursor(self) -> Cursor:
        """Return a cursor of the writer's connection, a new one if the last was lost."""
        if self._writer is None or self._writer.closed:
            self._writer = self._connect()
        return self._writer.cursor()

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query, read on a connection of its own; tried again if that was dead."""
        self._resolve()
        sql = sql.replace("?", "%s")
        if self._readers:
            reader = self._readers.pop()
            try:
                return self._fetch(reader, sql, parameters)
            except _LOST:
                reader.close()
        return self._fetch(self._connect(), sql, parameters)

    def _fetch(self, reader: Connection, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        with reader.cursor() as cursor:
            cursor.execute(sql, parameters)
            rows = cursor.fetchall() if cursor.description else []
        self._readers.append(reader)
        return rows

    def remember(self, name: str, value: str) -> None:
        """Put a fact into ``journal_meta`` unless it has that name already."""
        self.query("INSERT INTO journal_meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", name, value)

    def close(self) -> None:
        """Close every connection."""
        if self._writer is not None:
            self._writer.close()
        if self.marks is not None:
            self.marks.close()
        while self._readers:
            self._readers.pop().close()

    # Writing.

    def take(self, partition: str) -> int:
        """Become the owner of the partition; waits for a commit of the last owner that is under way."""
        with self._cursor() as cursor:
            cursor.execute(_TAKE, (partition,))
            epoch, commits = cursor.fetchone() or (0, 0)
            cursor.execute(HEAD.replace("?", "%s"), (partition,))
            self.found_head(partition, cursor.fetchall())
        self._commits[partition] = (epoch, commits)
        return int(epoch)

    def write_all(self, partition: str, epoch: int, packed: Sequence[Packed]) -> None:
        """Write everything in one transaction and one round trip."""
        # Joined once: a commit is long, and every copy of it costs as much as its checksum.
        pieces = [piece for part in packed for piece in self._statement(part)]

        def run(cursor: Cursor, count: int, made: Callable[[None], None]) -> None:
            made(None)
            cursor.execute(b"".join((cursor.mogrify(_FENCE, (partition, epoch, count)), *pieces)))

        self._carry_out(partition, epoch, run)

    def write_parts(self, partition: str, epoch: int, work: Work[Result]) -> Result:
        """Run ``work`` in one transaction with a savepoint for each part that it writes."""

        def run(cursor: Cursor, count: int, made: Callable[[Result], None]) -> None:
            cursor.execute(f"BEGIN; {_FENCE}", (partition, epoch, count))
            made(work(lambda packed: self._write_part(cursor, packed)))
            cursor.execute("COMMIT")

        return self._carry_out(partition, epoch, run)

    def replace(self, partition: str, epoch: int, tables: Sequence[str], packed: Sequence[Packed]) -> None:
        """Empty the tables and write the rows, in one transaction; for rebuilding."""

        def run(cursor: Cursor, count: int, made: Callable[[None], None]) -> None:
            cursor.execute(f"BEGIN; {_FENCE}", (partition, epoch, count))
            for table in tables:
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own tables and columns
            for part in packed:
                cursor.execute(postgres_sql(part.kind.form), (part.rows.decode(),))
            made(None)
            cursor.execute("COMMIT")

        self._carry_out(partition, epoch, run)

    def _write_part(self, cursor: Cursor, packed: Sequence[Packed]) -> None:
        cursor.execute("SAVEPOINT part")
        try:
            for part in packed:
                cursor.execute(postgres_sql(part.kind.form), (part.rows.decode(),))
        except psycopg2.DatabaseError as error:
            if isinstance(error, _LOST):
                raise
            cursor.execute("ROLLBACK TO SAVEPOINT part")
            raise RowRefused from _plain(error)
        cursor.execute("RELEASE SAVEPOINT part")

    def _statement(self, part: Packed) -> tuple[bytes, ...]:
        """Return the pieces of the statement, behind a semicolon and with its rows in it."""
        sql = self._sql.get(part.kind)
        if sql is None:
            before, _, after = postgres_sql(part.kind.form).encode().partition(b"%s")
            sql = self._sql[part.kind] = (b"; " + before, after)
        tag = dollar_tag(part.rows)
        return sql[0], tag, part.rows, tag, sql[1]

    def _carry_out(self, partition: str, epoch: int, run: _Run[Result]) -> Result:
        """Run one transaction; once more if its connection broke and it was not made."""
        self._resolve()
        results: list[Result] = []
        for last_try in (False, True):
            count = self._count(partition, epoch)
            try:
                with self._cursor() as cursor:
                    run(cursor, count, results.append)
            except _LOST:
                if self._was_made(_Doubt(partition, epoch, count)):
                    return results[-1]
                if last_try:
                    raise
            except errors.DivisionByZero:
                self._roll_back()
                raise Fenced(f"epoch {epoch} of partition {partition!r} is over") from None
            except psycopg2.DatabaseError as error:
                self._roll_back()
                raise RowRefused from _plain(error)
            except BaseException:
                self._roll_back()
                raise
            else:
                self._commits[partition] = (epoch, count + 1)
                return results[-1]
        raise AssertionError("the last try returns or raises")

    def _roll_back(self) -> None:
        """End what is left of a failed transaction; outside of one this does nothing."""
        if self._writer is not None and self._writer.info.transaction_status != TRANSACTION_STATUS_IDLE:
            with self._writer.cursor() as cursor:
                cursor.execute("ROLLBACK")

    def _count(self, partition: str, epoch: int) -> int:
        """Return how many commits the partition has seen, as far as this owner knows."""
        known, count = self._commits.get(partition, (None, 0))
        if known == epoch:
            return count
        # Not ours by this object's doing; the fence tells whether the epoch still holds.
        rows = self.query("SELECT commits FROM journal_partition WHERE name = ?", partition)
        return int(rows[0][0]) if rows else 0

    # A commit that was lost sight of.

    def _was_made(self, doubt: _Doubt) -> bool:
        with self._doubt_lock:
            self._doubt = doubt
            if self._writer is not None:
                self._writer.close()
            deadline = time.monotonic() + self._patience_s
            while True:
                try:
                    return self._settle(doubt)
                except _LOST:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(_RETRY_S)

    def _resolve(self) -> None:
        """Settle a commit in doubt before any further read or write."""
        if self._doubt is not None:
            with self._doubt_lock:
                if self._doubt is not None:
                    self._settle(self._doubt)

    def _settle(self, doubt: _Doubt) -> bool:
        """Move the counter past the doubtful commit and say whether it was made.

        The update waits for the old connection's transaction if that still runs; if its
        statement comes later, the counter is not what it expects. Raises Fenced.
        """
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(_SETTLE, (doubt.partition, doubt.epoch))
            row = cursor.fetchone()
        self._doubt = None
        if row is None:
            raise Fenced(f"epoch {doubt.epoch} of partition {doubt.partition!r} is over")
        self._commits[doubt.partition] = (doubt.epoch, row[0])
        return bool(row[0] == doubt.commits + 2)


def dollar_tag(rows: bytes) -> bytes:
    """Return what makes an SQL string of a JSON array, before and behind it: within it nothing is escaped.

    To escape JSON, which is full of quotes, costs more than to encode it.
    """
    tag = b"$$"
    while b"$" in rows and tag in rows:
        tag = b"$rows%s$" % secrets.token_hex(8).encode()
    return tag


def _plain(error: psycopg2.DatabaseError) -> Exception:
    """Return Conflict for a place or command id that the journal has already, else the error itself."""
    if isinstance(error, errors.UniqueViolation) and error.diag.table_name == "journal_event":
        return Conflict(error.diag.message_detail or str(error))
    return error
