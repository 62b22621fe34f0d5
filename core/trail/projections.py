"""Notes of staff's commands, made from the events that they led to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from actors.runtime.journal import Recorded, Write
from core.journal.projector import Projection
from core.journal.tables import Posix, Row, Uuid
from core.trail.models import new_id


class CommandRow(Row, table="trail_commandnote", key="id", mode="upsert"):
    """A command of staff."""

    id: Uuid
    at: Posix
    who: str
    branch: str
    what: str
    subject: str
    reason: str


class Deed(NamedTuple):
    """What an event says of the command that led to it."""

    what: str
    reason: Callable[[Any], str] = lambda event: ""
    by_staff: Callable[[Write, Any, str], bool] = lambda write, event, who: True
    """Whether it was for somebody else: given the event and the giver's user id."""
    on: Callable[[Write, Any], str] = lambda write, event: f"{write.address.kind}/{write.address.key}"


_LONGEST = 120


def noted(project: Projection, deeds: Mapping[type, Deed], branch: Callable[[Write], str]) -> Projection:
    """Return the projection with a note of each deed besides; ``branch`` gives the code of where it was."""

    def rows(write: Write) -> Iterable[Row]:
        events = write.decoded
        if len(events) == 1 and type(events[0]) not in deeds:
            return project(write)  # as nearly every write is
        found = list(project(write))
        for recorded, event in zip(write.events, write.decoded, strict=True):
            deed = deeds.get(type(event))
            if deed is not None:
                found += _note(write, recorded, event, deed, branch)
        return found

    return rows


def _note(
    write: Write, recorded: Recorded, event: Any, deed: Deed, branch: Callable[[Write], str]
) -> list[Row]:
    kind, _, user_id = recorded.principal.partition(":")
    if kind not in ("user", "key") or not deed.by_staff(write, event, user_id):
        return []
    entity = f"{write.address.kind}/{write.address.key}"
    note = CommandRow(
        id=str(new_id(f"{entity}:{recorded.seq}")),
        at=recorded.at,
        who=recorded.principal,
        branch=branch(write),
        what=deed.what,
        subject=deed.on(write, event)[:_LONGEST],
        reason=deed.reason(event),
    )
    return [note]
