"""From the writes of a commit to the rows it puts down: the journal's own and the read models'."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from actors.runtime.journal import ESCAPE, Write, holds_nul
from core.journal.codec import encode
from core.journal.tables import Mode, Row

Projection = Callable[[Write], Iterable[Row]]
"""The read-model rows of one entity after one write; made from its events and state only, so that a
replay gives the same. At most one row of a type and key. Updates and deletes are carried out first: they
mean rows of earlier commits."""

ORDER: dict[Mode, int] = {"insert": 0, "update": 1, "delete": 2, "merge": 3, "upsert": 3}
"""In which order a commit carries its statements out."""


class Poisoned(ValueError):
    """An entity's rows cannot be stored anywhere, whatever the database."""


class EventRow(Row, table="journal_event", key=("entity", "seq"), mode="insert"):
    """An event as `Recorded` has it, with its entity and the writer's epoch."""

    entity: str
    seq: int
    name: str
    version: int
    data: msgspec.Raw
    command_id: str | None
    fingerprint: int | None
    settles: str | None
    answer: msgspec.Raw | None
    principal: str
    at: float
    epoch: int


class SnapshotRow(Row, table="journal_snapshot", key="entity", mode="upsert"):
    """An entity's state, in place of the one before."""

    entity: str
    seq: int
    version: int
    data: msgspec.Raw


class WakeRow(Row, table="journal_wake", key="entity", mode="merge"):
    """Whether an entity is activated at start, and its watermark of tells; None leaves either as it was."""

    entity: str
    wake: bool | None
    told: int | None


class Packed(NamedTuple):
    """All rows of one type, as the one parameter of its statement."""

    kind: type[Row]
    rows: bytes


def pack(writes: Sequence[Write], epoch: int, projections: Mapping[str, Projection]) -> list[Packed]:
    """Return the statements' parameters, in the order in which they must run.

    Raises whatever a projection raises, and Poisoned for a NUL character, which SQLite
    would cut off at and PostgreSQL refuses.
    """
    return [pack_rows(kind, rows) for kind, rows in group(writes, epoch, projections).items()]


def group(
    writes: Sequence[Write], epoch: int, projections: Mapping[str, Projection]
) -> dict[type[Row], list[Row]]:
    """Return all rows of the writes by their type, in the order in which they must be carried out."""
    groups: dict[type[Row], list[Row]] = {EventRow: [], SnapshotRow: [], WakeRow: []}
    for write in writes:
        _own_rows(write, epoch, groups)
        project = projections.get(write.address.kind)
        if project is not None and write.events:
            for row in project(write):
                kind = type(row)
                if kind in groups:
                    groups[kind].append(row)
                else:
                    groups[kind] = [row]
    kinds = sorted(groups, key=lambda kind: ORDER[kind.form.mode])
    return {kind: groups[kind] for kind in kinds if groups[kind]}


def pack_rows(kind: type[Row], rows: Sequence[Row]) -> Packed:
    """Return the rows as one parameter; raises Poisoned for a NUL character."""
    payload = encode(rows)
    if ESCAPE in payload and holds_nul(payload):
        raise Poisoned(f"expected text without NUL characters for {kind.form.table}")
    return Packed(kind, payload)


def _own_rows(write: Write, epoch: int, groups: dict[type[Row], list[Row]]) -> None:
    entity = f"{write.address.kind}/{write.address.key}"
    rows = groups[EventRow]
    for each in write.events:
        settles, kept = each.settles, None
        if each.answer is not None:
            kept = msgspec.Raw(each.answer)
            if settles == each.command_id:  # the usual case; null keeps row and index on settles small
                settles = None
        rows.append(
            EventRow(
                entity,
                each.seq,
                each.name,
                each.version,
                msgspec.Raw(each.data),
                each.command_id,
                each.fingerprint,
                settles,
                kept,
                each.principal,
                each.at,
                epoch,
            )
        )
    if write.snapshot is not None:
        seq = write.events[-1].seq
        groups[SnapshotRow].append(
            SnapshotRow(
                entity=entity, seq=seq, version=write.snapshot_version, data=msgspec.Raw(write.snapshot)
            )
        )
    if write.wake is not None or write.told is not None:
        groups[WakeRow].append(WakeRow(entity=entity, wake=write.wake, told=write.told))
