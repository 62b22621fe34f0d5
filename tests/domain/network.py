"""A tiny world of actors: journals, at-least-once tells, crashes; no threads and no clock of its own.

It promises what the runtime promises and not more: tells arrive late, in any order,
and more than once; a receiver does nothing twice for one command id; a crash loses
whatever is in memory, and what was told may be told again.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

import msgspec

from actors import (
    alarms,
    cart,
    device,
    exit_check,
    order,
    order_numbers,
    payment,
    returns,
    stock,
    trolley,
    voucher,
)
from actors.kit.decider import Context, Refusal
from tests.domain.bank import Bank
from tests.domain.given import fold, rested, through_json

KINDS: dict[str, ModuleType] = {
    "trolley": trolley,
    "cart": cart,
    "device": device,
    "alarms": alarms,
    "yard": returns,
    "stock": stock,
    "payment": payment,
    "order": order,
    "check": exit_check,
    "till": order_numbers,
    "voucher": voucher,
}


class Letter(NamedTuple):
    """A command on its way. ``sender`` None: from outside, gone in a crash."""

    kind: str
    key: str
    command: Any
    command_id: str
    sender: tuple[str, str] | None


class Actor:
    """One entity: its journal, and what it has in memory."""

    def __init__(self, kind: str, key: str) -> None:
        self.kind, self.key = kind, key
        self.decider = KINDS[kind].DECIDER
        self.journal: list[Any] = []
        self.done: set[str] = set()
        """Command ids that made events; as durable as these."""
        self.state = self.decider.initial(key)
        self.told: dict[str, Letter] = {}
        """Every durable tell ever, by its command id."""
        self.arrived: set[str] = set()

    def replayed(self) -> Any:
        """The state as the journal has it."""
        return fold(self.decider, self.key, self.journal)

    def crash(self, now: float) -> None:
        """Lose the memory and stand up from the journal."""
        self.state = self.decider.awake(through_json(self.replayed()), now)


class World:
    """All actors, the letters under way, and the time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.actors: dict[tuple[str, str], Actor] = {}
        self.letters: list[Letter] = []
        self.answers: dict[str, Any] = {}
        """Answer or Refusal by command id, of commands from outside."""
        self.sent: list[tuple[float, str, Any]] = []
        """What was put on a wire: when, to which device, and what."""
        self.bank = Bank()
        """The payment provider; a crash of ours is none of its."""
        self._count = 0

    def actor(self, kind: str, key: str) -> Actor:
        """The actor at an address, made at first use."""
        if (kind, key) not in self.actors:
            self.actors[kind, key] = Actor(kind, key)
        return self.actors[kind, key]

    def of(self, kind: str) -> Iterator[Actor]:
        """Every actor of a kind."""
        return (each for each in self.actors.values() if each.kind == kind)

    def post(self, kind: str, key: str, command: Any) -> str:
        """Send a command from outside; return its id."""
        self._count += 1
        letter = Letter(kind, key, command, f"outside-{self._count}", None)
        self.letters.append(letter)
        return letter.command_id

    def ask(self, kind: str, key: str, command: Any) -> Any:
        """Send a command from outside and deliver it at once; return the answer if there is one already."""
        command_id = self.post(kind, key, command)
        self.deliver(len(self.letters) - 1)
        return self.answers.get(command_id)

    def deliver(self, index: int, again: bool = False) -> None:
        """Let a letter arrive; ``again``: and stay on its way, to arrive once more."""
        letter = self.letters[index] if again else self.letters.pop(index)
        self._receive(letter)
        if letter.sender is not None:
            self.actors[letter.sender].arrived.add(letter.command_id)

    def pass_time(self, seconds: float) -> None:
        """Let time pass; every deadline on the way fires when it is due."""
        until = self.now + seconds
        while True:
            due = [
                (when, address)
                for address, each in self.actors.items()
                if (when := each.decider.deadline(each.state)) is not None and when <= until
            ]
            if not due:
                break
            when, (kind, key) = min(due)
            self.now = max(self.now, when)
            self._count += 1
            timer = self.actors[kind, key].decider.on_deadline
            self._receive(Letter(kind, key, timer, f"timer-{self._count}", None))
        self.now = until

    def crash(self, again: int) -> None:
        """Everything dies. What had not arrived is told again, and of the rest every ``again``-th too."""
        self.letters = []
        for each in self.actors.values():
            each.crash(self.now)
            for number, (command_id, letter) in enumerate(each.told.items()):
                if command_id not in each.arrived or number % again == 0:
                    self.letters.append(letter)

    def settle(self) -> None:
        """Let everything arrive that is under way, and what that leads to."""
        for _ in range(10_000):
            if not self.letters:
                return
            self.deliver(0)
        raise AssertionError("expected the network to become quiet, it never did")

    def _receive(self, letter: Letter) -> None:
        if letter.kind == "provider":
            for payment_id, word in self.bank.hear(letter.command, self.now):
                self.post("payment", payment_id, word)
            return
        actor = self.actor(letter.kind, letter.key)
        if letter.command_id in actor.done:
            return
        ctx = Context(self.now, letter.command_id, "test")
        decision = actor.decider.decide(actor.state, letter.command, ctx)
        assert not (decision.events and decision.refusal), "a refusal changes nothing"
        if decision.memory is not None:
            assert rested(actor.decider, decision.memory) == rested(actor.decider, actor.state)
            actor.state = decision.memory
        for event in decision.events:
            self._append(actor, through_json(event))
        if decision.events:
            actor.done.add(letter.command_id)
        for command_id, answer in decision.settles:
            self.answers.setdefault(command_id, answer)
        if not decision.pending:
            self.answers.setdefault(letter.command_id, decision.answer or decision.refusal)
        for number, tell in enumerate(decision.hints):
            self._hint(tell, f"{letter.command_id}:hint:{number}")

    def _append(self, actor: Actor, event: Any) -> None:
        actor.journal.append(event)
        actor.state = actor.decider.evolve(actor.state, event)
        for number, tell in enumerate(actor.decider.tells(actor.state, event)):
            command_id = f"{actor.kind}/{actor.key}:{len(actor.journal)}:{number}"
            if tell.durable:
                letter = Letter(tell.kind, tell.key, tell.command, command_id, (actor.kind, actor.key))
                actor.told[command_id] = letter
                self.letters.append(letter)
            else:
                self._hint(tell, command_id)

    def _hint(self, tell: Any, command_id: str) -> None:
        if tell.kind == "link":  # an open socket of the same process: at once, or never
            self.sent.append((self.now, tell.key, tell.command))
        elif tell.kind in KINDS or tell.kind == "provider":
            self.letters.append(Letter(tell.kind, tell.key, tell.command, command_id, None))


def check_replay(world: World) -> None:
    """Invariant 10: the journal from nothing gives the same state, and a snapshot of it loses nothing."""
    for actor in world.actors.values():
        assert rested(actor.decider, actor.replayed()) == rested(actor.decider, actor.state)
        assert through_json(actor.state) == actor.state


def refused(answer: Any) -> str | None:
    """The code of a refusal, None of anything else."""
    return answer.code if isinstance(answer, Refusal) else None


def events(actor: Actor, *kinds: type[msgspec.Struct]) -> list[Any]:
    """The actor's journalled events of these kinds."""
    return [each for each in actor.journal if isinstance(each, kinds)]
