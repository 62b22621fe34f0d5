"""What the SQL stores of the journal have in common: the way of a commit, and the queries."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from actors.runtime.address import Address
from actors.runtime.errors import Conflict
from actors.runtime.journal import CommitResult, Kept, Loaded, Recorded, Write
from core.journal import chain
from core.journal.chain import ChainedCommit, CommitHead
from core.journal.marks import Marks
from core.journal.projector import Packed, Projection, pack

KEPT = 128
"""How many kept answers a load brings along beside a snapshot."""

_RECORDED = "seq, name, version, data, command_id, fingerprint, settles, answer, principal, at"
_KEPT = (
    "SELECT e.command_id, e.fingerprint, CASE WHEN e.answer IS NOT NULL AND e.settles IS NULL THEN e.answer"
    " ELSE (SELECT t.answer FROM journal_event t WHERE t.entity = e.entity AND t.settles = e.command_id) END,"
    " e.seq FROM journal_event e WHERE e.entity = ?"
)
_STANDING = (
    "SELECT s.seq, s.version, s.data, w.told FROM (SELECT CAST(? AS text) AS entity) k"
    " LEFT JOIN journal_snapshot s ON s.entity = k.entity LEFT JOIN journal_wake w ON w.entity = k.entity"
)
HEAD = "SELECT number, checksum FROM journal_commit WHERE partition_name = ? ORDER BY number DESC LIMIT 1"
_LAST_SEQ = 2**63 - 1

Result = TypeVar("Result")
Work = Callable[[Callable[[Sequence[Packed]], None]], Result]


class RowRefused(Exception):
    """The database refused a row; its cause is the driver's exception. The rest may still be written."""


class SqlJournal(ABC):
    """The journal port over an SQL database; a subclass knows one driver."""

    def __init__(
        self, projections: Mapping[str, Projection], kept: int = KEPT, marks: Path | None = None
    ) -> None:
        self.marks = Marks(marks) if marks is not None else None
        self._heads: dict[str, CommitHead] = {}
        self._projections = projections
        self._kept = kept
        self._stream_epoch: str | None = None

    # What a driver must do.

    @abstractmethod
    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query written with ``?``; safe from any thread."""

    @abstractmethod
    def take(self, partition: str) -> int:
        """Become the owner of the partition; return the new, higher epoch."""

    @abstractmethod
    def write_all(self, partition: str, epoch: int, packed: Sequence[Packed]) -> None:
        """Write everything in one transaction; raises Fenced, or RowRefused with nothing written."""

    @abstractmethod
    def write_parts(self, partition: str, epoch: int, work: Work[Result]) -> Result:
        """Run ``work`` in one transaction behind the fence and commit it. Raises Fenced.

        ``work`` is given a function that writes one part, all or nothing; it raises RowRefused and
        leaves the transaction usable.
        """

    @abstractmethod
    def replace(self, partition: str, epoch: int, tables: Sequence[str], packed: Sequence[Packed]) -> None:
        """Empty the tables and write the rows, in one transaction behind the fence; for rebuilding.

        Raises Fenced, or RowRefused with nothing changed.
        """

    @abstractmethod
    def remember(self, name: str, value: str) -> None:
        """Put a fact into ``journal_meta`` unless it has that name already."""

    @abstractmethod
    def close(self) -> None:
        """Close every connection."""

    def quick_check(self) -> Sequence[str]:
        """Return the damage that the database finds in its own file, if it can check."""
        return ()

    # The port.

    @property
    def stream_epoch(self) -> str:
        """Names this journal's history; made when the database is first used."""
        if self._stream_epoch is None:
            self.remember("stream_epoch", uuid.uuid4().hex)
            [(value,)] = self.query("SELECT value FROM journal_meta WHERE name = ?", "stream_epoch")
            self._stream_epoch = str(value)
        return self._stream_epoch

    def commit(self, partition: str, epoch: int, batch: Sequence[Write]) -> CommitResult:
        """Write the batch in one transaction together with its read models; see the port."""
        before = self.head(partition)
        # Whatever happens now, the next commit does not build on this one unless it was made.
        self._heads.pop(partition, None)
        try:
            packed = pack(batch, epoch, self._projections)
        except Exception:  # noqa: BLE001 - some entity cannot be packed; which one, the slow path finds out
            return self._commit_in_parts(partition, epoch, batch, before)
        link = chain.link(before, partition, epoch, batch, packed)
        if link is not None:
            packed.append(link.row)
        try:
            self.write_all(partition, epoch, packed)
        except RowRefused:
            return self._commit_in_parts(partition, epoch, batch, before)
        self._linked(partition, before, link)
        return CommitResult({})

    def head(self, partition: str, afresh: bool = False) -> CommitHead:
        """Return the last commit of the chain; ``afresh``: from the database, since others may write too."""
        head = None if afresh else self._heads.get(partition)
        if head is None:
            head = self.found_head(partition, self.query(HEAD, partition))
        return head

    def found_head(self, partition: str, rows: Sequence[tuple[Any, ...]]) -> CommitHead:
        """Remember the last commit of the chain, the row of ``HEAD`` if there is one."""
        head = self._heads[partition] = CommitHead(*rows[0]) if rows else chain.NONE
        return head

    def _linked(self, partition: str, before: CommitHead, link: ChainedCommit | None) -> None:
        """Record a commit in memory and in the marks, before anything is answered or published."""
        self._heads[partition] = before if link is None else link.head
        if link is not None and self.marks is not None:
            self.marks.add(self.stream_epoch, partition, link.head, link.at, link.extents)

    def _commit_in_parts(
        self, partition: str, epoch: int, batch: Sequence[Write], before: CommitHead
    ) -> CommitResult:
        """Write what can be written, halving what is refused, still in one transaction."""

        def work(write: Callable[[Sequence[Packed]], None]) -> tuple[CommitResult, ChainedCommit | None]:
            refused: dict[Address, Conflict | Exception] = {}
            written: list[Write] = []
            waiting = [batch]
            while waiting:
                part = waiting.pop()
                error = self._try_part(write, epoch, part)
                if error is None:
                    written += part
                elif len(part) == 1:
                    refused[part[0].address] = error
                else:
                    middle = len(part) // 2
                    waiting += [part[middle:], part[:middle]]
            link = chain.link(before, partition, epoch, written, pack(written, epoch, {}))
            if link is not None:
                write([link.row])
            return CommitResult(refused), link

        result, link = self.write_parts(partition, epoch, work)
        self._linked(partition, before, link)
        return result

    def _try_part(
        self, write: Callable[[Sequence[Packed]], None], epoch: int, part: Sequence[Write]
    ) -> Exception | None:
        try:
            packed = pack(part, epoch, self._projections)
        except Exception as error:  # noqa: BLE001 - whatever a projection or the encoding raises is the entity's
            return error
        try:
            write(packed)
        except RowRefused as refusal:
            cause = refusal.__cause__
            return cause if isinstance(cause, Exception) else refusal
        return None

    def load(self, address: Address) -> Loaded:
        """Return the snapshot, the events after it and the kept answers before it."""
        entity = str(address)
        [(seq, version, data, told)] = self.query(_STANDING, entity)
        kept: Sequence[Kept] = ()
        if seq is not None:
            sql = f"{_KEPT} AND e.command_id IS NOT NULL AND e.seq <= ? ORDER BY e.seq DESC LIMIT ?"
            kept = [_kept(row) for row in reversed(self.query(sql, entity, seq, self._kept))]
        return Loaded(
            snapshot=None if data is None else data.encode(),
            snapshot_version=version or 0,
            snapshot_seq=seq or 0,
            events=self.read(address, seq or 0),
            kept=kept,
            told=told or 0,
        )

    def read(self, address: Address, after: int, upto: int | None = None) -> Sequence[Recorded]:
        """Return the events with ``after < seq <= upto``, in order."""
        sql = f"SELECT {_RECORDED} FROM journal_event WHERE entity = ? AND seq > ? AND seq <= ? ORDER BY seq"  # noqa: S608 - names of our own tables and columns
        rows = self.query(sql, str(address), after, _LAST_SEQ if upto is None else upto)
        return [_recorded(*row) for row in rows]

    def known(self, address: Address, command_id: str) -> Kept | None:
        """Return what is kept of a command however old, or None."""
        rows = self.query(f"{_KEPT} AND e.command_id = ?", str(address), command_id)
        return _kept(rows[0]) if rows else None

    def wakes(self) -> Iterable[Address]:
        """Return the entities to wake at start."""
        for (entity,) in self.query("SELECT entity FROM journal_wake WHERE wake ORDER BY entity"):
            yield Address.parse(entity)

    def addresses(self, kind: str) -> Iterator[Address]:
        """Return every entity of a kind that has an event."""
        prefix = f"{kind}/"
        sql = "SELECT entity FROM journal_event WHERE seq = 1 AND substr(entity, 1, ?) = ? ORDER BY entity"
        for (entity,) in self.query(sql, len(prefix), prefix):
            yield Address.parse(entity)


def _kept(row: tuple[Any, ...]) -> Kept:
    command_id, fingerprint, answer, seq = row
    return Kept(command_id, fingerprint, None if answer is None else answer.encode(), seq)


def _recorded(
    seq: int,
    name: str,
    version: int,
    data: str,
    command_id: str | None,
    fingerprint: int | None,
    settles: str | None,
    answer: str | None,
    principal: str,
    at: float,
) -> Recorded:
    """Undo what `EventRow` leaves out: an answer that settles no other command answers its own."""
    kept = None
    if answer is not None:
        kept = answer.encode()
        settles = command_id if settles is None else settles
    return Recorded(
        seq=seq,
        name=name,
        version=version,
        data=data.encode(),
        command_id=command_id,
        fingerprint=fingerprint,
        settles=settles,
        answer=kept,
        principal=principal,
        at=at,
    )
