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


class StaffCommand(NamedTuple):
    """The command behind an event."""

    what: str
    reason: Callable[[Any], str] = lambda event: ""
    by_staff: Callable[[Write, Any, str], bool] = lambda write, event, who: True
    """Whether it was for somebody else: given the event and the giver's user id."""
    on: Callable[[Write, Any], str] = lambda write, event: f"{write.address.kind}/{write.address.key}"


_LONGEST = 120


def noted(
    project: Projection, commands: Mapping[type, StaffCommand], branch: Callable[[Write], str]
) -> Projection:
    """Return the projection with a note of each command; ``branch`` gives the code of where it was."""

    def rows(write: Write) -> Iterable[Row]:
        events = write.decoded
        if len(events) == 1 and type(events[0]) not in commands:
            return project(write)  # as nearly every write is
        found = list(project(write))
        for recorded, event in zip(write.events, write.decoded, strict=True):
            command = commands.get(type(event))
            if command is not None:
                found += _note(write, recorded, event, command, branch)
        return found

    return rows


def _note(
    write: Write, recorded: Recorded, event: Any, command: StaffCommand, branch: Callable[[Write], str]
) -> list[Row]:
    kind, _, user_id = recorded.principal.partition(":")
    if kind not in ("user", "key") or not command.by_staff(write, event, user_id):
        return []
    entity = f"{write.address.kind}/{write.address.key}"
    note = CommandRow(
        id=str(new_id(f"{entity}:{recorded.seq}")),
        at=recorded.at,
        who=recorded.principal,
        branch=branch(write),
        what=command.what,
        subject=command.on(write, event)[:_LONGEST],
        reason=command.reason(event),
    )
    return [note]
