"""The journal port: what the writer needs of a store.

One contract suite (``tests/journal_contract.py``) runs on every store.
A store is called from two places only: ``load``/``read`` from loader threads,
``commit`` from the one writer thread. It need not be safe for more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from actors.runtime.address import Address
from actors.runtime.errors import Conflict

ESCAPE = ord("\\")
_NUL = b"\\u0000"
_LONE_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def holds_nul(data: bytes) -> bool:
    """True if a JSON text holds a NUL character, which PostgreSQL refuses and SQLite cuts off at.

    Look for ``ESCAPE`` first: one byte is found many times faster than six, and most texts have none.
    """
    return _NUL in data and _LONE_NUL.search(data) is not None


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """One event as it stands in the journal."""

    seq: int
    """1 for the entity's first event; no gaps."""
    name: str
    """Event kind, e.g. ``ItemAdded``."""
    version: int
    """Schema version of ``data``; older ones pass the upcasters at load."""
    data: bytes
    """JSON object of the event's fields."""
    command_id: str | None
    """The command that made it; on the first event of a command only."""
    fingerprint: int | None
    """Of that command's body, to tell a repeat from a reused key."""
    settles: str | None
    """The command that ``answer`` answers (its own, or an earlier pending one)."""
    answer: bytes | None
    """JSON of the answer or Refusal kept for repeats."""
    principal: str
    at: float
    """POSIX seconds UTC."""


class Kept(NamedTuple):
    """A command's id, body fingerprint and answer (None: still pending), at its event's seq."""

    command_id: str
    fingerprint: int | None
    answer: bytes | None
    seq: int


class Loaded(NamedTuple):
    """All a store knows of an entity, as little as is needed to stand it up."""

    snapshot: bytes | None
    snapshot_version: int
    snapshot_seq: int
    """0 without a snapshot."""
    events: Sequence[Recorded]
    """Those after the snapshot, in order."""
    kept: Sequence[Kept]
    """Answers of the most recent commands at or before the snapshot, oldest first (bounded)."""
    told: int
    """Watermark: the durable tells of events up to this seq have reached their receivers."""


class Write(msgspec.Struct, frozen=True, gc=False):
    """What one entity wants in the next transaction. Coalesced: at most one a batch and entity."""

    address: Address
    events: Sequence[Recorded]
    decoded: Sequence[Any]
    """The same events as structs, for projections."""
    state: Any
    """The entity's state after the last of them, for projections."""
    snapshot: bytes | None
    """The encoded state at the last seq, when one is due."""
    snapshot_version: int
    wake: bool | None
    """True/False: must/need not be woken at start (a deadline or tells under way); None: unchanged."""
    told: int | None
    """New watermark, or None: unchanged."""


class CommitResult(NamedTuple):
    """Which entities of the batch were refused, each with why; all others are durable."""

    refused: dict[Address, Conflict | Exception]


class Journal(Protocol):
    """A durable home for events, read models, kept answers and the wake index."""

    @property
    def stream_epoch(self) -> str:
        """Names this journal's history; topics of entities carry it. New for a new database."""

    def take(self, partition: str) -> int:
        """Become the owner of the partition; return the new, higher epoch."""

    def load(self, address: Address) -> Loaded:
        """Return what stands the entity up; an unknown one has no events."""

    def read(self, address: Address, after: int, upto: int | None = None) -> Sequence[Recorded]:
        """Return the events with ``after < seq <= upto``, in order."""

    def commit(self, partition: str, epoch: int, batch: Sequence[Write]) -> CommitResult:
        """Write the batch in one transaction, together with its read models.

        A conflict or a poisoned row refuses its own entity only. Raises Fenced if the
        epoch is no longer the partition's; then nothing of the batch was written.
        Any other exception: nothing was written, and the caller may not assume why.
        """

    def known(self, address: Address, command_id: str) -> Kept | None:
        """Return what is kept of a command however old, or None."""

    def wakes(self) -> Iterable[Address]:
        """Return the entities to wake at start."""

    def addresses(self, kind: str) -> Iterable[Address]:
        """Return every entity of a kind that has an event (for replay and checks)."""

    def close(self) -> None:
        """Let go of the storage."""
