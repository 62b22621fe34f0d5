"""The decider of ``notify/<user_id>``: the latest notices of one user. Volatile: missed is missed."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from actors.kit.decider import (
    Commands,
    Context,
    Decider,
    Decision,
    Events,
    Move,
    TimeReached,
    ignored,
)
from actors.messages.notify import Notice, Notified, Notify

KEPT = 20
"""How many notices a snapshot of the topic shows."""


class State(msgspec.Struct, frozen=True):
    """One user's notices, oldest first."""

    user_id: str
    notices: tuple[Notice, ...] = ()
    phase: str = "open"


def _notify(state: State, command: Notify, ctx: Context) -> Decision:
    return Decision((Notified(command.notice),))


def _notified(state: State, event: Notified) -> State:
    return replace(state, notices=(*state.notices, event.notice)[-KEPT:])


COMMANDS: Commands = {"open": {Notify: _notify, TimeReached: ignored}}
EVENTS = Events[State]({"open": {Notified: Move(_notified, ("open",))}})
evolve = EVENTS.evolve

DECIDER: Decider[State, Notify, Notified, None] = Decider(
    State, COMMANDS, EVENTS, command=Notify, event=Notified
)
"""Nobody asks for a notification."""
