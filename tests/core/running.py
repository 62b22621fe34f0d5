"""Actors behind the views of a test: all kinds, a journal in memory, a clock to turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from actors.kit.decider import Look
from actors.runtime import Address, ManualClock, MemoryJournal, Reply, System
from core import actor_port
from core.host import kinds


class Actors:
    """A running system; ``ask`` waits."""

    def __init__(self, system: System, clock: ManualClock) -> None:
        self.system = system
        self.clock = clock
        self.linked: list[tuple[str, Any]] = []
        """What was told to devices' links, in order."""

    def ask(self, kind: str, key: str, command: Any, command_id: str | None = None, who: str = "test") -> Any:
        """Return the Outcome."""
        reply: Reply[Any] = self.system.ask(Address(kind, key), command, command_id, who)
        return reply.get(timeout=90)

    def look(self, kind: str, key: str) -> Any:
        """Return the entity's state."""
        return self.ask(kind, key, Look()).state

    def settle(self) -> None:
        """Return when no tell is under way any more."""
        self.system.quiesce()


@contextmanager
def running_actors() -> Iterator[Actors]:
    """Run them, and let the views ask them."""
    clock = ManualClock()
    system = System(kinds(), MemoryJournal(), clock=clock)
    actors = Actors(system, clock)
    system.edge("link", lambda key, command: actors.linked.append((key, command)))
    system.start()
    undo = actor_port.register(actors.ask)
    try:
        yield actors
    finally:
        undo()
        system.stop(5)
