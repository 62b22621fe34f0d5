"""Has the journal all that was answered? Its chain of commits against its tables and against the marks."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from core.journal.chain import CommitHead, Extent, checksum
from core.journal.codec import encode
from core.journal.marks import Mark
from core.journal.projector import EventRow
from core.journal.store import SqlJournal

log = logging.getLogger("actors.journal")

TAIL = 1000
"""So many commits are looked at when a server starts."""
_PAGE = 200
_NAMES_SHOWN = 10
_ONCE = 100
_COLUMNS = ", ".join(EventRow.form.columns)
_extents = msgspec.json.Decoder(list[Extent])


class Damage(NamedTuple):
    """Commits that are missing or are not what was written."""

    first: int
    last: int
    at: float
    entities: Sequence[str]
    missing: bool

    def __str__(self) -> str:
        when = datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds")
        span = f"commit {self.first}" if self.first == self.last else f"commits {self.first} to {self.last}"
        names = ", ".join(self.entities[:_NAMES_SHOWN])
        more = len(self.entities) - _NAMES_SHOWN
        if more > 0:
            names += f" and {more} more"
        verb = "missing" if self.missing else "not as written"
        return f"{span} (from {when}, {names or 'entities unknown'}): {verb}"


class JournalDamaged(RuntimeError):
    """The journal has lost commits that were answered, or holds what was never written."""

    def __init__(self, damages: Sequence[Damage]) -> None:
        self.damages = damages
        found = "; ".join(map(str, damages))
        super().__init__(
            f"expected the journal to hold all that was answered, got {found}. Restore a backup that has it,"
            " or accept the loss: manage.py check_journal --accept-loss, or start with ACCEPT_JOURNAL_LOSS=1"
        )


def look(journal: SqlJournal, partition: str, accept: bool = False) -> None:
    """Look at the last commits before they are built upon. Raises JournalDamaged unless it is accepted."""
    damages = list(damages_of(journal, partition))
    if not damages:
        return
    if not accept:
        raise JournalDamaged(damages)
    accept_loss(journal, partition, damages)


def accept_loss(journal: SqlJournal, partition: str, damages: Sequence[Damage]) -> None:
    """Go on from what is there; the journal keeps a fact about it, and the log the names."""
    for damage in damages:
        log.error("accepted, by the operator's word: %s", damage)
    head = journal.head(partition, afresh=True)
    last = max(damage.last for damage in damages)
    value = f"commits {min(each.first for each in damages)} to {last} lost or changed"
    journal.remember(f"accepted:{partition}:{head.number}:{last}"[:50], value)
    if journal.marks is not None:
        journal.marks.forget()


def damages_of(journal: SqlJournal, partition: str, full: bool = False) -> Iterator[Damage]:
    """Yield what is wrong with the chain's tail, or with all of it, and with what should come after."""
    head = journal.head(partition, afresh=True)
    accepted = _accepted(journal, partition)
    start = 0 if full else max(0, head.number - TAIL)
    for damage in _walk(journal, partition, CommitHead(start, _checksum_at(journal, partition, start))):
        if damage.last > accepted:
            yield damage
    yield from _after(journal, partition, head)


def _accepted(journal: SqlJournal, partition: str) -> int:
    """Return up to which commit damage has been accepted."""
    prefix = f"accepted:{partition}:"
    sql = "SELECT name FROM journal_meta WHERE substr(name, 1, ?) = ?"
    rows = journal.query(sql, len(prefix), prefix)
    return max((int(name.removeprefix(prefix).split(":")[0]) for (name,) in rows), default=0)


def _checksum_at(journal: SqlJournal, partition: str, number: int) -> str:
    sql = "SELECT checksum FROM journal_commit WHERE partition_name = ? AND number = ?"
    rows = journal.query(sql, partition, number)
    return str(rows[0][0]) if rows else ""


def _walk(journal: SqlJournal, partition: str, before: CommitHead) -> Iterator[Damage]:
    sql = (
        "SELECT number, at, entities, checksum FROM journal_commit WHERE partition_name = ? AND number > ?"  # noqa: S608 - names of our own tables and columns
        f" ORDER BY number LIMIT {_PAGE}"
    )
    while page := journal.query(sql, partition, before.number):
        for number, at, entities, found in page:
            if number != before.number + 1:
                yield Damage(before.number + 1, number - 1, at, (), missing=True)
            extents = _extents.decode(entities)
            rows = _events(journal, extents)
            # Behind a gap the checksum before is not known, so nothing can be said of this commit.
            if number == before.number + 1 and checksum(before.checksum, encode(rows)) != found:
                yield Damage(number, number, at, [entity for entity, _, _ in extents], missing=False)
            before = CommitHead(number, found)


def _events(journal: SqlJournal, extents: Sequence[Extent]) -> list[EventRow]:
    """Return the event rows of a commit in the order in which they were written."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for start in range(0, len(extents), _ONCE):
        part = extents[start : start + _ONCE]
        wanted = " OR ".join(["(entity = ? AND seq BETWEEN ? AND ?)"] * len(part))
        values = [value for extent in part for value in extent]
        sql = f"SELECT {_COLUMNS} FROM journal_event WHERE {wanted} ORDER BY seq"  # noqa: S608 - names of our own tables and columns
        for row in journal.query(sql, *values):
            found.setdefault(row[0], []).append(row)
    return [_event(*row) for entity, _, _ in extents for row in found.get(entity, ())]


def _event(entity: str, seq: int, name: str, version: int, data: str, *rest: Any) -> EventRow:
    command_id, fingerprint, settles, answer, principal, at, epoch = rest
    kept = None if answer is None else msgspec.Raw(answer.encode())
    raw = msgspec.Raw(data.encode())
    return EventRow(
        entity=entity,
        seq=seq,
        name=name,
        version=version,
        data=raw,
        command_id=command_id,
        fingerprint=fingerprint,
        settles=settles,
        answer=kept,
        principal=principal,
        at=at,
        epoch=epoch,
    )


def _after(journal: SqlJournal, partition: str, head: CommitHead) -> Iterator[Damage]:
    """Yield what the marks know of commits that the chain does not have."""
    if journal.marks is None:
        return
    missing: list[Mark] = []
    for mark in journal.marks.read(journal.stream_epoch, partition):
        if mark.number > head.number:
            missing.append(mark)
        elif mark.number == head.number and mark.checksum != head.checksum:
            yield Damage(mark.number, mark.number, mark.at, mark.entities, missing=False)
    if missing:
        names = dict.fromkeys(name for mark in missing for name in mark.entities)
        yield Damage(head.number + 1, missing[-1].number, missing[0].at, list(names), missing=True)
