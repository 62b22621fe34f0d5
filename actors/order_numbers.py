"""The decider of a branch's order numbers (``till/<branch code>``): each order gets the next one.

Orders are named by ids nobody can read out. A number has to be counted, and whoever counts
must be one for the whole branch; the journal then says for ever which order got which.
"""

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
    Tell,
    TimeReached,
    ignored,
)
from actors.messages.money.order import GiveNumber
from actors.messages.money.order_numbers import Command, Event, NumberTaken, TakeNumber


class State(msgspec.Struct, frozen=True):
    """How far a branch has counted."""

    code: str
    phase: str = "open"
    count: int = 0


def tells(state: State, event: NumberTaken) -> tuple[Tell, ...]:
    """Return the reply to the order that requested a number."""
    return (Tell("order", event.order_id, GiveNumber(event.number)),)


def _take(state: State, command: TakeNumber, ctx: Context) -> Decision:
    """Count. The order's tell is the same command id every time, so a repeat takes no second number."""
    return Decision((NumberTaken(command.order_id, state.count + 1, ctx.now),))


def _taken(state: State, event: NumberTaken) -> State:
    return replace(state, count=event.number)


COMMANDS: Commands = {"open": {TakeNumber: _take, TimeReached: ignored}}
EVENTS = Events[State]({"open": {NumberTaken: Move(_taken, ("open",))}})
evolve = EVENTS.evolve

DECIDER: Decider[State, Command, Event, None] = Decider(
    State, COMMANDS, EVENTS, tells, command=Command, event=Event
)
