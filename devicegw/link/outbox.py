"""What the server has not acknowledged yet, on disk.

SQLite in WAL with ``synchronous=FULL``: a committed message survives kill -9 and
power cuts. Two tables: messages with their ``seq``, and the command ids that were
received, so that none is carried out twice and none ends in silence: one that was
under way when the agent died gets the result ``bus_error`` at the next start.

``seq`` only grows, over restarts too. A new card in an old Pi starts again at 1;
the server's ``last_seq`` then lifts it (``raise_above``).
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from devicegw import wire

_log = logging.getLogger("devices.outbox")

KEPT_COMMANDS = 1000
"""Ended commands that are remembered, to know a repeat."""
_SCHEMA = """
create table if not exists message (seq integer primary key, kind text not null, body blob not null);
create table if not exists command (id text primary key, outcome text, detail text not null default '',
    number integer not null);
create table if not exists counter (name text primary key, value integer not null);
insert or ignore into counter values ('seq', 0), ('dropped', 0);
"""
_EXPENDABLE = ("telemetry", "report", "scan", "result")
"""What goes first when the outbox is full: a report is healed by the next hello, a result by nothing."""

_decoder: msgspec.json.Decoder[wire.Outgoing] = msgspec.json.Decoder(wire.Outgoing)


class Outbox:
    """Used by one thread at a time. Methods that write are one transaction each.

    A damaged file (a dying card) is put aside and a new one begun. Every method may
    raise sqlite3.Error, e.g. when the card is full.
    """

    def __init__(self, path: Path, limit: int = 10_000) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._limit = limit
        try:
            self._db = _connect(path)
        except sqlite3.OperationalError:
            raise  # locked or not writable: the file itself is not to blame
        except sqlite3.DatabaseError as error:
            aside = path.with_suffix(".damaged")
            _log.error("outbox damaged, moved to %s, beginning anew: %s", aside, error)
            path.replace(aside)
            for tail in ("-wal", "-shm"):
                path.with_name(path.name + tail).unlink(missing_ok=True)
            self._db = _connect(path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # --- messages -------------------------------------------------------------

    def append(self, messages: Iterable[wire.Outgoing]) -> list[wire.Outgoing]:
        """Number the messages, keep them, and return them as they are to be sent.

        A result also ends its command. Over the limit the oldest of the most
        expendable kind are dropped and counted.
        """
        with _Transaction(self._db):
            numbered = [self._insert(message) for message in messages]
            self._evict()
        return numbered

    def acknowledge(self, seqs: Iterable[int]) -> None:
        """Forget what the server has."""
        with _Transaction(self._db):
            self._db.executemany("delete from message where seq = ?", [(seq,) for seq in seqs])

    def pending(self) -> list[wire.Outgoing]:
        """Return everything unacknowledged, oldest first."""
        rows = self._db.execute("select body from message order by seq").fetchall()
        return [_decoder.decode(body) for (body,) in rows]

    def raise_above(self, last_seq: int) -> bool:
        """Number on above what the server has seen; return whether pending messages were renumbered.

        They are if this outbox never came as far as ``last_seq``: then it is younger
        than the server's memory, and its numbers would pass for repeats.
        """
        if self._count("seq") >= last_seq:
            return False
        with _Transaction(self._db):
            pending = self.pending()
            self._db.execute("delete from message")
            self._db.execute("update counter set value = ? where name = 'seq'", (last_seq,))
            for message in pending:
                self._insert(message)
        return bool(pending)

    @property
    def dropped(self) -> int:
        """Return how many messages were ever dropped because the outbox was full."""
        return self._count("dropped")

    def __len__(self) -> int:
        count: int = self._db.execute("select count(*) from message").fetchone()[0]
        return count

    # --- commands -------------------------------------------------------------

    def note_command(self, command_id: str) -> None:
        """Remember a received command; forget the oldest ones that have ended."""
        with _Transaction(self._db):
            self._db.execute(
                "insert or ignore into command (id, number)"
                " values (?, (select coalesce(max(number), 0) + 1 from command))",
                (command_id,),
            )
            self._db.execute(
                "delete from command where outcome is not null"
                " and number <= (select max(number) from command) - ?",
                (KEPT_COMMANDS,),
            )

    def commands(self) -> dict[str, wire.Result | None]:
        """Return the remembered commands, oldest first: the result (seq 0), or None if under way."""
        rows = self._db.execute("select id, outcome, detail from command order by number").fetchall()
        return {
            name: None if outcome is None else wire.Result(seq=0, id=name, outcome=outcome, detail=detail)
            for name, outcome, detail in rows
        }

    def end_interrupted(self) -> Sequence[wire.Outgoing]:
        """Record a result for every command that was under way when the agent was killed; at start only."""
        return self.append(
            wire.Result(seq=0, id=name, outcome="bus_error", detail="the agent stopped meanwhile")
            for name, result in self.commands().items()
            if result is None
        )

    # --- rows -----------------------------------------------------------------

    def _insert(self, message: wire.Outgoing) -> wire.Outgoing:
        seq = self._count("seq") + 1
        self._db.execute("update counter set value = ? where name = 'seq'", (seq,))
        numbered = msgspec.structs.replace(message, seq=seq)
        kind = type(message).__name__.lower()
        self._db.execute("insert into message values (?, ?, ?)", (seq, kind, msgspec.json.encode(numbered)))
        if isinstance(message, wire.Result):
            self._db.execute(
                "update command set outcome = ?, detail = ? where id = ?",
                (message.outcome, message.detail, message.id),
            )
        return numbered

    def _evict(self) -> None:
        surplus = len(self) - self._limit
        for kind in _EXPENDABLE:
            if surplus <= 0:
                return
            gone = self._db.execute(
                "delete from message where seq in"
                " (select seq from message where kind = ? order by seq limit ?)",
                (kind, surplus),
            ).rowcount
            self._db.execute("update counter set value = value + ? where name = 'dropped'", (gone,))
            surplus -= gone

    def _count(self, name: str) -> int:
        value: int = self._db.execute("select value from counter where name = ?", (name,)).fetchone()[0]
        return value


def _connect(path: Path) -> sqlite3.Connection:
    # Who scanned what is nobody else's on this machine; SQLite gives its WAL the same rights.
    with contextlib.suppress(OSError):
        path.touch(0o600)
        path.chmod(0o600)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        db.execute("pragma journal_mode=wal")
        db.execute("pragma synchronous=full")
        db.executescript(_SCHEMA)
        verdict = db.execute("pragma quick_check").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
    except sqlite3.Error:
        db.close()
        raise
    return db


class _Transaction:
    """``with`` a transaction: committed at the end, rolled back on any exception."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("begin immediate")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("commit" if kind is None else "rollback")
