"""The decider of ``notify/<user_id>``: the latest notices of one user. Volatile: missed is missed."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from actors.kit import tables
from actors.kit.decider import Context, Decision, Look, Tell, TimeReached
from actors.kit.tables import Commands, Events, Move, ignored
from actors.messages.notify import Command, Event, Notice, Notified, Notify

__all__ = [
    "Answer", "Command", "Event", "State", "awake", "context", "deadline", "decide", "evolve", "initial",
    "look", "on_deadline", "tells",
]  # fmt: skip

Answer = None
"""Nobody asks for a notification."""

KEPT = 20
"""How many notices a snapshot of the topic shows."""

context = Context
look = Look
on_deadline = TimeReached()


class State(msgspec.Struct, frozen=True):
    """One user's notices, oldest first."""

    user_id: str
    notices: tuple[Notice, ...] = ()
    phase: str = "open"


def initial(key: str) -> State:
    """Return a user without notices; ``key`` is the user's id."""
    return State(key)


def decide(state: State, command: Any, ctx: Context) -> Decision:
    """Return the notice as an event."""
    return tables.decide(COMMANDS, state.phase, state, command, ctx)


def evolve(state: State, event: Any) -> State:
    """Return the state after the event. Raises UnexpectedEvent if the table does not list it."""
    after: State = tables.evolve(EVENTS, state.phase, state, event)
    return after


def tells(state: State, event: Any) -> tuple[Tell, ...]:
    """Return nothing: notices end here."""
    return ()


def deadline(state: State) -> float | None:
    """Return None: notices do not grow old."""
    return None


def awake(state: State, now: float) -> State:
    """Return the state as it is."""
    return state


def _notify(state: State, command: Notify, ctx: Context) -> Decision:
    return Decision((Notified(command.notice),))


def _notified(state: State, event: Notified) -> State:
    return replace(state, notices=(*state.notices, event.notice)[-KEPT:])


COMMANDS: Commands = {"open": {Notify: _notify, TimeReached: ignored}}
EVENTS: Events = {"open": {Notified: Move(_notified, ("open",))}}
