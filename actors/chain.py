"""The decider of ``chain/<slug>``: the counters of a chain's branches. Volatile, like a branch."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from actors.kit.decider import (
    NOTHING,
    Commands,
    Context,
    Decider,
    Decision,
    Events,
    Move,
    TimeReached,
    ignored,
)
from actors.messages.branch import BranchNoted, Counters, NoteBranch


class State(msgspec.Struct, frozen=True):
    """One chain."""

    slug: str
    branches: dict[str, Counters] = {}
    """By branch code."""
    phase: str = "open"


def _note(state: State, command: NoteBranch, ctx: Context) -> Decision:
    if state.branches.get(command.code) == command.counters:
        return NOTHING
    return Decision((BranchNoted(command.code, command.counters),))


def _noted(state: State, event: BranchNoted) -> State:
    return replace(state, branches={**state.branches, event.code: event.counters})


COMMANDS: Commands = {"open": {NoteBranch: _note, TimeReached: ignored}}
EVENTS = Events[State]({"open": {BranchNoted: Move(_noted, ("open",))}})
evolve = EVENTS.evolve

DECIDER: Decider[State, NoteBranch, BranchNoted, None] = Decider(
    State, COMMANDS, EVENTS, command=NoteBranch, event=BranchNoted
)
"""Nobody asks a chain; it is looked at."""
