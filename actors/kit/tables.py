"""What all transition tables have in common: what is not listed is not allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from actors.kit.decider import NOTHING, Context, Decision, refuse

Handler = Callable[[Any, Any, Context], Decision]
Commands = Mapping[str, Mapping[type, Handler]]


class Move(NamedTuple):
    """One event in one phase: how the state changes, and the phases it may lead to."""

    apply: Callable[[Any, Any], Any]
    to: tuple[str, ...]
    """The first is the usual one."""


Events = Mapping[str, Mapping[type, Move]]


class UnexpectedEvent(Exception):
    """The journal and the tables disagree: an event that no decision makes in that phase."""

    def __init__(self, phase: str, event: Any) -> None:
        super().__init__(f"expected an event listed for phase {phase!r}, got {event!r}")


def ignored(state: Any, command: Any, ctx: Context) -> Decision:
    """Handle a message that may rightly come late or twice: nothing happens."""
    return NOTHING


def decide(commands: Commands, phase: str, state: Any, command: Any, ctx: Context) -> Decision:
    """Look the handler up and call it; a command that is not listed is refused by name."""
    handler = commands[phase].get(type(command))
    if handler is None:
        name = type(command).__name__
        return refuse(409, "not_allowed", f"{name} is not allowed while {phase}.", phase=phase, command=name)
    return handler(state, command, ctx)


def evolve(events: Events, phase: str, state: Any, event: Any) -> Any:
    """Apply the event by its move. Raises UnexpectedEvent if it is not listed."""
    move = events[phase].get(type(event))
    if move is None:
        raise UnexpectedEvent(phase, event)
    after = move.apply(state, event)
    if after.phase not in move.to:
        raise UnexpectedEvent(phase, event)
    return after
