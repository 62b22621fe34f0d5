"""A store whose commits a test can hold, fail and count, and a system on it with a manual clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from actors.runtime import Address, ManualClock, MemoryJournal, Publication, System
from actors.runtime.journal import CommitResult, Journal, Write
from tests.runtime.domain import kinds

WAIT_S = 90.0
"""Real seconds after which a test that waits for a thread is taken for hung."""

A, B, C = Address("purse", "a"), Address("purse", "b"), Address("purse", "c")
BOARD = Address("board", "all")


class Faulty:
    """Passes everything to the store, unless told otherwise. One per system; the store outlives it."""

    def __init__(self, store: Journal | None = None) -> None:
        self.store: Any = store if store is not None else MemoryJournal()
        self.batches: list[list[Write]] = []
        self.failures: list[Exception] = []
        """Raised by the next commits instead of writing, one each."""
        self.lies: list[Exception] = []
        """Raised by the next commits after writing: the answer of the database was lost."""
        self.load_failures: list[Exception] = []
        self.dead = False
        self.last_gasp = False
        """The next commit is written, and then the process dies."""
        self._go = threading.Event()
        self._go.set()
        self.entered = threading.Semaphore(0)
        self.loads = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def load(self, address: Address) -> Any:
        self.loads += 1
        if self.load_failures:
            raise self.load_failures.pop(0)
        return self.store.load(address)

    def commit(self, partition: str, epoch: int, batch: Sequence[Write]) -> CommitResult:
        self.entered.release()
        assert self._go.wait(WAIT_S), "a held commit was never let go"
        if self.dead:
            raise RuntimeError("the process is dead")
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append(list(batch))
        result: CommitResult = self.store.commit(partition, epoch, batch)
        if self.last_gasp:
            self.dead = True
            raise RuntimeError("the process died after the commit")
        if self.lies:
            raise self.lies.pop(0)
        return result

    @contextmanager
    def held(self) -> Iterator[None]:
        """Commits that begin inside wait until its end."""
        while self.entered.acquire(blocking=False):
            pass
        self._go.clear()
        try:
            yield
        finally:
            self._go.set()

    def wait_for_commit(self) -> None:
        """Wait until a commit has begun (and is held)."""
        assert self.entered.acquire(timeout=WAIT_S), "no commit began"


class World:
    """A running system with what a test wants to see of it."""

    def __init__(
        self, store: Journal | None = None, purse: dict[str, Any] | None = None, **options: Any
    ) -> None:
        self.journal = Faulty(store)
        self.clock: ManualClock = options.pop("clock", None) or ManualClock()
        self.published: list[Publication] = []
        self.alarms: list[tuple[Address, str]] = []
        self.bells: list[tuple[str, Any]] = []
        self.system = System(
            kinds(**(purse or {})),
            self.journal,
            clock=self.clock,
            publish=self.published.append,
            alarm=lambda address, why: self.alarms.append((address, why)),
            **options,
        )
        self.system.edge("bell", self.bell)
        self.system.start()

    def bell(self, key: str, command: Any) -> None:
        self.bells.append((key, command))

    def ask(self, address: Address, command: Any, command_id: str | None = None, **more: Any) -> Any:
        """Return the outcome, however long the machine takes."""
        return self.system.ask(address, command, command_id, **more).get(timeout=WAIT_S)

    def quiet(self) -> None:
        assert self.system.quiesce(WAIT_S), "the system did not come to rest"

    def pass_time(self, seconds: float, step: float = 1.0) -> None:
        """Let time pass in steps, each to its end."""
        self.quiet()
        while seconds > 0:
            self.clock.advance(min(step, seconds))
            seconds -= step
            self.quiet()

    def crash(self) -> Journal:
        """End as kill -9 does: nothing more reaches the store. Returns the store."""
        self.journal.dead = True
        self.system.stop(0.0)
        return self.journal.store

    def stop(self) -> None:
        self.system.stop(WAIT_S)

    def offsets(self, address: Address) -> list[int]:
        """Offsets of everything published of an address, in the order it was published."""
        return [event.offset for p in self.published if p.address == address for event in p.events]
