"""What a decider is made of.

A decider is three pure functions around one immutable state (``initial``,
``decide``, ``evolve``) and a few pure questions about that state (what to tell
others, when to wake). It has no clock, no randomness and no I/O: ids and time
come in with the command. The runtime reads deciders structurally and imports
nothing from here, so this file is the whole agreement between the two.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Context(msgspec.Struct, frozen=True, gc=False):
    """What comes in with a command besides its body."""

    now: float
    """POSIX seconds, UTC, from the runtime's clock."""
    command_id: str
    """The idempotency key; for a tell, made from the place of the event that told it."""
    principal: str
    """Who asked: ``user:<uuid>``, ``device:<uuid>``, or an entity's address for a tell."""


class Refusal(msgspec.Struct, frozen=True, tag="Refusal"):
    """A command that the rules do not allow. Nothing happened; not an exception."""

    status: int
    """HTTP status, e.g. 409."""
    code: str
    """Stable and machine-readable, e.g. ``trolley_in_use``."""
    detail: str
    """One human sentence, without names of people."""
    extra: dict[str, Any] = {}
    """Members for the problem document; ids only. The edge may turn ids into names."""


class Tell(msgspec.Struct, frozen=True, gc=False):
    """A command for another entity, the only effect an event may have."""

    kind: str
    key: str
    command: msgspec.Struct
    durable: bool = True
    """Durable tells are repeated after a restart until the receiver has committed.
    The others are hints: sent once after the commit, and dropped when the receiver
    is a volatile entity that nobody has activated."""
    numbered: bool = True
    """The receiver knows a repeat by its number and keeps that. False: it knows a repeat by what it is
    told, like a reading by its time, and nothing is kept."""


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What came of a command: at most one of answer, refusal and pending is meant."""

    events: tuple[Any, ...] = ()
    answer: Any = None
    """A message struct for the asker; given out once the events are durable."""
    refusal: Refusal | None = None
    pending: bool = False
    """The answer comes later: an event of a later decision settles this command."""
    settles: tuple[tuple[str, Any], ...] = ()
    """Earlier pending commands that this decision answers: (command id, answer or Refusal)."""
    memory: Any = None
    """A new state that differs in volatile fields only (a sign of life); not journalled."""
    hints: tuple[Tell, ...] = ()
    """Non-durable tells that hang on the command, not on an event."""


NOTHING = Decision()


def refuse(status: int, code: str, detail: str, **extra: Any) -> Decision:
    """Return the decision that refuses with the given problem."""
    return Decision(refusal=Refusal(status, code, detail, extra))


class TimeReached(msgspec.Struct, frozen=True, tag="TimeReached"):
    """The runtime's timer: the state's own ``deadline`` has come."""


class Look(msgspec.Struct, frozen=True, tag="Look"):
    """Read the state after every commit before this command; decides nothing."""
