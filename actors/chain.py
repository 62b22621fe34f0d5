"""The decider of ``chain/<slug>``: the counters of a chain's branches. Volatile, like a branch."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from actors.kit import tables
from actors.kit.decider import NOTHING, Context, Decision, Look, Tell, TimeReached
from actors.kit.tables import Commands, Events, Move, ignored
from actors.messages.branch import BranchNoted, Counters, NoteBranch

Command = NoteBranch
Event = BranchNoted
Answer = None
"""Nobody asks a chain; it is looked at."""

context = Context
look = Look
on_deadline = TimeReached()


class State(msgspec.Struct, frozen=True):
    """One chain."""

    slug: str
    branches: dict[str, Counters] = {}
    """By branch code."""
    phase: str = "open"


def initial(key: str) -> State:
    """Return a chain without branches; ``key`` is its slug."""
    return State(key)


def decide(state: State, command: Any, ctx: Context) -> Decision:
    """Return what the note changes, if anything."""
    return tables.decide(COMMANDS, state.phase, state, command, ctx)


def evolve(state: State, event: Any) -> State:
    """Return the state after the event. Raises UnexpectedEvent if the table does not list it."""
    after: State = tables.evolve(EVENTS, state.phase, state, event)
    return after


def tells(state: State, event: Any) -> tuple[Tell, ...]:
    """Return nothing: a chain tells nobody."""
    return ()


def deadline(state: State) -> float | None:
    """Return None: nothing happens to a chain by the passing of time."""
    return None


def awake(state: State, now: float) -> State:
    """Return the state as it is: it was loaded just now."""
    return state


def _note(state: State, command: NoteBranch, ctx: Context) -> Decision:
    if state.branches.get(command.code) == command.counters:
        return NOTHING
    return Decision((BranchNoted(command.code, command.counters),))


def _noted(state: State, event: BranchNoted) -> State:
    return replace(state, branches={**state.branches, event.code: event.counters})


COMMANDS: Commands = {"open": {NoteBranch: _note, TimeReached: ignored}}
EVENTS: Events = {"open": {BranchNoted: Move(_noted, ("open",))}}
