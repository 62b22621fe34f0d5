"""Deciders: pure functions around one immutable state, and the tables that they are made of.

A decider has three functions (``initial``, ``decide``, ``evolve``) and a few pure
questions about its state (what to tell others, when to wake). It has no clock, no
randomness and no I/O: ids and time come in with the command. The runtime reads
deciders structurally and imports nothing from here, so this file is the whole
agreement between the two. What no table lists is not allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace

from actors.kit.command import Command

_EARLY_S = 1e-6
"""A timer may fire this much early, by rounding, and still count."""


class Context(msgspec.Struct, frozen=True, gc=False):
    """What comes in with a command besides its body."""

    now: float
    """POSIX seconds, UTC, from the runtime's clock."""
    command_id: str
    """The idempotency key; for a tell, made from the place of the event that told it."""
    principal: str
    """Who asked: ``user:<uuid>``, ``device:<uuid>``, or an entity's address for a tell."""

    def reached(self, when: float) -> bool:
        """Return whether that time has come."""
        return self.now + _EARLY_S >= when


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


TIME_REACHED = TimeReached()


class Look(msgspec.Struct, Command[None], frozen=True, tag="Look"):
    """Read the state after every commit before this command; decides nothing.

    Under a command id it fails with KeyReused if the entity knows that id, and leaves it unused if not.
    """


# --- tables -----------------------------------------------------------------------

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")
A = TypeVar("A")

Handler = Callable[[Any, Any, Context], Decision]
Commands = Mapping[Any, Mapping[type, Handler]]
"""Situation (usually the phase) -> command -> handler."""


class Move(NamedTuple):
    """One event in one phase: how the state changes, and the phases it may lead to."""

    apply: Callable[[Any, Any], Any]
    to: tuple[str, ...]
    """The first is the usual one."""


class UnexpectedEvent(Exception):
    """The journal and the tables disagree: an event that no decision makes in that phase."""

    def __init__(self, phase: str, event: Any) -> None:
        super().__init__(f"expected an event listed for phase {phase!r}, got {event!r}")


def ignored(state: Any, command: Any, ctx: Context) -> Decision:
    """Handle a message that may rightly come late or twice: nothing happens."""
    return NOTHING


def counted(before: Any, event: Any, after: Any) -> Any:
    """Count the event in ``seq``, the journal's own."""
    return replace(after, seq=before.seq + 1)


class Events(Generic[S]):
    """The table of what each event does to the state: phase -> event -> move.

    ``after_each`` (before, event, after) makes what every event changes besides its move.
    """

    __slots__ = ("evolve", "table")

    def __init__(
        self,
        table: Mapping[str, Mapping[type, Move]],
        after_each: Callable[[S, Any, S], S] | None = None,
    ) -> None:
        self.table = table
        self.evolve: Callable[[S, Any], S] = _evolving(table, after_each)
        """Return the state after an event. Raises UnexpectedEvent if the table does not list it."""


def _evolving(table: Mapping[str, Mapping[type, Move]], after_each: Any) -> Callable[[Any, Any], Any]:
    def evolve(state: Any, event: Any) -> Any:
        move = table[state.phase].get(type(event))
        if move is None:
            raise UnexpectedEvent(state.phase, event)
        after = move.apply(state, event)
        if after.phase not in move.to:
            raise UnexpectedEvent(state.phase, event)
        return after

    def evolve_and(state: Any, event: Any) -> Any:
        return after_each(state, event, evolve(state, event))

    return evolve if after_each is None else evolve_and


def _deciding(commands: Commands, situation: Callable[[Any], Any]) -> Callable[[Any, Any, Context], Decision]:
    def decide(state: Any, command: Any, ctx: Context) -> Decision:
        handler = commands[situation(state)].get(type(command))
        if handler is None:
            return _not_allowed(state.phase, type(command).__name__)
        return handler(state, command, ctx)

    return decide


def _not_allowed(phase: str, name: str) -> Decision:
    return refuse(409, "not_allowed", f"{name} is not allowed while {phase}.", phase=phase, command=name)


def _no_tells(state: Any, event: Any) -> tuple[Tell, ...]:
    return ()


def _never(state: Any) -> float | None:
    return None


def _unchanged(state: Any, now: float) -> Any:
    return state


@dataclass(frozen=True, slots=True)
class Decider(Generic[S, C, E, A]):
    """One kind of entity: its state S, commands C, events E and the answers A to its commands.

    The entity's module names one of these ``DECIDER``; that is the entity's door.
    """

    initial: type[S]
    """The state's type; called with a key, it makes the state of one that nothing has happened to."""
    commands: Commands
    """A command that is not listed is refused with 409 ``not_allowed``."""
    events: Events[S]
    tells: Callable[[S, E], tuple[Tell, ...]] = _no_tells
    """Whom an event concerns, given the state after it: durable effects first, then hints."""
    _: KW_ONLY
    deadline: Callable[[S], float | None] = _never
    """When TimeReached is due; None: never."""
    awake: Callable[[S, float], S] = _unchanged
    """The state as it stands up after a load, at that time."""
    situation: Callable[[S], Any] = attrgetter("phase")
    """The key into ``commands``."""
    volatile: tuple[str, ...] = ()
    """Fields of the state that change in memory only; never journalled."""
    patient: tuple[type, ...] = ()
    """Commands that let what people wait for be written first."""
    command: Any
    """The union of its commands; what it is told from outside of its own process is one of these."""
    event: Any
    """The union of its events."""
    answer: Any = None
    """The union of its answers; None: nobody asks it, it is looked at."""
    context: type[Context] = Context
    look: type[Look] = Look
    on_deadline: TimeReached = TIME_REACHED
    decide: Callable[[S, C, Context], Decision] = field(init=False)
    """Returns what a command leads to."""
    evolve: Callable[[S, E], S] = field(init=False)
    """Returns the state after an event. Raises UnexpectedEvent if the table does not list it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "decide", _deciding(self.commands, self.situation))
        object.__setattr__(self, "evolve", self.events.evolve)
