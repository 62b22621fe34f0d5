"""The chain of commits: each has a checksum over the one before and over its events.

So a commit that was lost, cut short or changed afterwards shows: what stands in the tables no longer
gives the checksum, or the chain ends before the last commit that was answered (see `marks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

import msgspec

from actors.runtime.journal import Write
from core.journal.codec import encode
from core.journal.projector import EventRow, Packed, pack_rows
from core.journal.tables import Row


class CommitHead(NamedTuple):
    """The last commit of a partition: its number, from 1 without gaps, and checksum; 0 and empty before."""

    number: int
    checksum: str


NONE = CommitHead(0, "")

Extent = tuple[str, int, int]
"""An entity with its first and last seq in a commit."""


class CommitRow(Row, table="journal_commit", key=("partition_name", "number"), mode="insert"):
    """One commit: when, of which entities from which seq to which, and its checksum."""

    partition_name: str
    number: int
    epoch: int
    at: float
    entities: msgspec.Raw
    checksum: str


class ChainedCommit(NamedTuple):
    """A commit as it joins the chain."""

    head: CommitHead
    at: float
    extents: list[Extent]
    row: Packed


def checksum(before: str, events: bytes) -> str:
    """Return the checksum of a commit: CRC-32 of its event rows as written, begun with the last one's.

    Against damage, not against people; a cryptographic hash costs several times as much.
    """
    return f"{crc32(events, int(before or '0', 16)):08x}"


def link(
    before: CommitHead, partition: str, epoch: int, writes: Sequence[Write], packed: Sequence[Packed]
) -> ChainedCommit | None:
    """Return what the writes add to the chain, or None if there is no event in them."""
    events = next((part.rows for part in packed if part.kind is EventRow), None)
    if events is None:
        return None
    written = [(write.address, write.events) for write in writes if write.events]
    extents: list[Extent] = [
        (f"{kind}/{key}", events[0].seq, events[-1].seq) for (kind, key), events in written
    ]
    at = written[-1][1][-1].at
    head = CommitHead(before.number + 1, checksum(before.checksum, events))
    row = CommitRow(
        partition_name=partition,
        number=head.number,
        epoch=epoch,
        at=at,
        entities=msgspec.Raw(encode(extents)),
        checksum=head.checksum,
    )
    return ChainedCommit(head, at, extents, pack_rows(CommitRow, [row]))
