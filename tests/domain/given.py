"""Specs of deciders in the manner of Emmett: given events, when a command comes, then events.

``given(trolley, "TROLLEY_01", *events).when(command, at=12.0).then(*events)``. Every
spec checks on its way that replaying gives the same state, and that the state
survives a snapshot.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import msgspec

from actors.kit.decider import Context, Decision, Refusal, Tell


def fold(decider: Any, key: str, events: Any) -> Any:
    """Return the state that the events make of nothing."""
    state = decider.initial(key)
    for event in events:
        state = decider.evolve(state, event)
    return state


def rested(decider: Any, state: Any) -> Any:
    """Return the state without what lives in memory only."""
    start = decider.initial("")
    volatile = {name: getattr(start, name) for name in decider.volatile}
    return msgspec.structs.replace(state, **volatile)


def through_json(thing: Any) -> Any:
    """Return what comes back when the thing is written as JSON and read again."""
    return msgspec.json.decode(msgspec.json.encode(thing), type=type(thing))


class Then:
    """What a command led to."""

    def __init__(self, decider: Any, before: Any, decision: Decision, history: list[Any]) -> None:
        self.decider = decider
        self.before = before
        self.decision = decision
        self.history = history
        self.state = decision.memory if decision.memory is not None else before
        self.told: list[Tell] = []
        for event in decision.events:
            self.state = decider.evolve(self.state, event)
            self.told += decider.tells(self.state, through_json(event))
        if decision.memory is not None:
            assert rested(decider, decision.memory) == rested(decider, before)
        assert through_json(self.state) == self.state

    def then(self, *events: Any) -> Then:
        """Expect exactly these events."""
        assert self.decision.refusal is None, self.decision.refusal
        assert self.decision.events == events
        return self

    def nothing(self) -> Then:
        """Expect no events and no refusal: a duplicate, or something stale."""
        return self.then()

    def names(self, *names: str) -> Then:
        """Expect events of these names."""
        assert self.decision.refusal is None, self.decision.refusal
        assert tuple(type(event).__name__ for event in self.decision.events) == names
        return self

    def refused(self, status: int, code: str, **extra: Any) -> Then:
        """Expect a refusal, and that nothing happened."""
        assert self.decision.events == ()
        refusal = self.decision.refusal
        assert refusal is not None
        assert (refusal.status, refusal.code) == (status, code)
        assert {key: refusal.extra.get(key) for key in extra} == extra
        return self

    def answers(self, answer: Any) -> Then:
        """Expect this answer at once."""
        assert self.decision.answer == answer
        return self

    def pending(self) -> Then:
        """Expect that the answer comes later."""
        assert self.decision.pending
        assert self.decision.answer is None
        return self

    def settles(self, *settled: tuple[str, Any]) -> Then:
        """Expect answers to earlier commands; of a refusal, its code is enough."""
        shown = tuple(
            (command_id, answer.code if isinstance(answer, Refusal) else answer)
            for command_id, answer in self.decision.settles
        )
        assert shown == settled
        return self

    def tells(self, *expected: tuple[str, str, Any]) -> Then:
        """Expect exactly these durable tells, in order; what alarms and returns are told is asked apart."""
        told = [(tell.kind, tell.key, tell.command) for tell in self.told if tell.durable]
        assert [each for each in told if each[0] not in ("alarms", "yard")] == list(expected)
        return self

    def returns(self, *expected: Any) -> Then:
        """Expect exactly these words to the branch's returns, in order."""
        assert [tell.command for tell in self.told if tell.durable and tell.kind == "yard"] == list(expected)
        return self

    def alarms(self, *expected: Any) -> Then:
        """Expect exactly these words to the branch's alarms, in order."""
        assert [tell.command for tell in self.told if tell.durable and tell.kind == "alarms"] == list(
            expected
        )
        return self

    def hints(self, kind: str, key: str) -> list[Any]:
        """Return the hints to that address, of the command and of its events."""
        every = [*self.told, *self.decision.hints]
        return [tell.command for tell in every if not tell.durable and (tell.kind, tell.key) == (kind, key)]

    def and_then(self) -> Given:
        """Go on from here."""
        return Given(self.decider, self.state, self.history + list(self.decision.events))


class Given:
    """A decider in the state that some events made."""

    def __init__(self, decider: Any, state: Any, history: list[Any]) -> None:
        self.decider = decider
        self.state = state
        self.history = history

    def when(self, command: Any, at: float = 100.0, command_id: str = "c", principal: str = "test") -> Then:
        """Let the command come, and check that replaying all events gives the same state."""
        decision = self.decider.decide(self.state, command, Context(at, command_id, principal))
        then = Then(self.decider, self.state, decision, self.history)
        replayed = fold(self.decider, key_of(self.state), self.history + list(decision.events))
        assert rested(self.decider, replayed) == rested(self.decider, then.state)
        return then

    def after(self, command: Any, at: float = 100.0, command_id: str = "c") -> Given:
        """Let a command come that must not be refused, and go on after it."""
        then = self.when(command, at, command_id)
        assert then.decision.refusal is None, then.decision.refusal
        return then.and_then()

    def after_restart(self, at: float) -> Given:
        """Let the process die and stand up again from the journal."""
        state = self.decider.awake(fold(self.decider, key_of(self.state), self.history), at)
        return Given(self.decider, state, self.history)


def given(door: ModuleType, key: str, *events: Any) -> Given:
    """Start from nothing, or from events; ``door`` is the entity's module."""
    return Given(door.DECIDER, fold(door.DECIDER, key, events), list(events))


def key_of(state: Any) -> str:
    first: str = getattr(state, state.__struct_fields__[0])
    return first
