"""The decider of ``till/<branch code>``: gives each order of the branch the next number.

Orders are named by ids nobody can read out. A number has to be counted, and whoever counts
must be one for the whole branch; the journal then says for ever which order got which.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from actors.kit import tables
from actors.kit.decider import Context, Decision, Look, Tell, TimeReached
from actors.kit.tables import Commands, Events, Move, ignored
from actors.messages.order import GiveNumber
from actors.messages.order_numbers import Answer, Command, Event, NumberTaken, TakeNumber

__all__ = [
    "EVENTS", "VOLATILE", "Answer", "Command", "Event", "State", "awake", "context", "deadline", "decide",
    "evolve", "initial", "look", "on_deadline", "tells",
]  # fmt: skip

VOLATILE: tuple[str, ...] = ()

context = Context
look = Look
on_deadline = TimeReached()


class State(msgspec.Struct, frozen=True):
    """How far a branch has counted."""

    code: str
    phase: str = "open"
    count: int = 0


def initial(key: str) -> State:
    """Return a till that has sold nothing; ``key`` is the branch's code."""
    return State(key)


def decide(state: State, command: Any, ctx: Context) -> Decision:
    """Return what the command leads to, by the table of phase and command."""
    return tables.decide(COMMANDS, state.phase, state, command, ctx)


def evolve(state: State, event: Any) -> State:
    """Return the state after the event. Raises UnexpectedEvent if the table does not list it."""
    after: State = tables.evolve(EVENTS, state.phase, state, event)
    return after


def tells(state: State, event: NumberTaken) -> tuple[Tell, ...]:
    """Return the order that asked."""
    return (Tell("order", event.order_id, GiveNumber(event.number)),)


def deadline(state: State) -> float | None:
    """Return None: nothing here waits."""
    return None


def awake(state: State, now: float) -> State:
    """Return the state as it is."""
    return state


def _take(state: State, command: TakeNumber, ctx: Context) -> Decision:
    """Count. The order's tell is the same command id every time, so a repeat takes no second number."""
    return Decision((NumberTaken(command.order_id, state.count + 1, ctx.now),))


def _taken(state: State, event: NumberTaken) -> State:
    return replace(state, count=event.number)


COMMANDS: Commands = {"open": {TakeNumber: _take, TimeReached: ignored}}
EVENTS: Events = {"open": {NumberTaken: Move(_taken, ("open",))}}
