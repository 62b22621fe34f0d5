"""The actor system: what edges and wiring see of the runtime."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar, overload

from actors.runtime.address import Address
from actors.runtime.asks import TICK_S, Command, Expiry, Pending, Reply
from actors.runtime.clock import Clock, SystemClock
from actors.runtime.dispatcher import Dispatcher, ThreadDispatcher
from actors.runtime.engine import Engine
from actors.runtime.errors import AskError, Defect, Overloaded, Unavailable
from actors.runtime.journal import Journal
from actors.runtime.kind import Kind, Publication, Stretch
from actors.runtime.mailbox import Note
from actors.runtime.streams import Streams
from actors.runtime.timers import Call
from actors.runtime.writer import Writer

log = logging.getLogger("actors")
A = TypeVar("A")

_MAX_BATCH = 4096
_MAX_BACKLOG = 50_000


class Stats(NamedTuple):
    """What a metrics page wants to know."""

    active: int
    known: int
    """Addresses in memory, loaded or not."""
    mailbox_depth: int
    backlog: int
    """Rounds' worth of writes that are not durable yet."""
    batches: int
    batched: int
    largest_batch: int
    commit_seconds: float
    slowest_commit: float
    dropped: int
    alarms: int
    fenced: bool


class System:
    """Virtual actors over one journal partition. See ``ask``, ``tell``, ``since``; start it first.

    ``publish`` is called on the dispatcher, in commit order per entity, and may not block.
    ``alarm(address, what)`` is called when an address is parked.
    """

    def __init__(
        self,
        kinds: Sequence[Kind],
        journal: Journal,
        *,
        partition: str = "main",
        clock: Clock | None = None,
        publish: Callable[[Publication], None] | None = None,
        alarm: Callable[[Address, str], None] | None = None,
        mailbox_size: int = 1000,
        turn: int = 64,
        idle_s: float = 120.0,
        max_active: int = 100_000,
        dispatcher: Dispatcher | None = None,
    ) -> None:
        engine = Engine(
            kinds, journal, clock or SystemClock(), dispatcher or ThreadDispatcher(), publish, alarm
        )
        engine.turn, engine.idle_s, engine.max_active = turn, idle_s, max_active
        engine.mailbox_size = mailbox_size
        self._engine = engine
        self._entities = engine.entities
        self._mailbox_size = mailbox_size
        self._submit = engine.submit
        self._handover = engine.handover
        self._partition = partition
        self._expiry = Expiry(engine.clock, engine.timers)
        self._streams = Streams(engine, self._expiry)
        self._open = False
        self._writer_ref: Any = None

    @property
    def clock(self) -> Clock:
        """The clock everything here goes by."""
        return self._engine.clock

    @property
    def fenced(self) -> bool:
        """True once another owner took the partition."""
        return self._engine.fenced

    # --- start and stop --------------------------------------------------------

    def start(self) -> None:
        """Take the partition's epoch, start every part, wake what the journal's wake index names."""
        engine = self._engine
        epoch = engine.journal.take(self._partition)
        self._writer_ref = Writer.start(
            engine.journal, self._partition, epoch, engine.submit, engine.committed, _MAX_BATCH
        )
        engine.writer = self._writer_ref._actor_weakref()
        engine.loader.start()
        engine.dispatcher.start(engine.after_round)
        engine.timers.start()
        engine.submit(Call(self._first_timers))
        engine.wake_all()
        self._open = True

    def _first_timers(self) -> None:
        engine = self._engine
        now = engine.now()
        engine.timers.at(now + TICK_S, self._expiry)
        engine.timers.at(now + max(engine.idle_s / 8, 0.1), Call(engine.sweep))

    def stop(self, timeout: float = 10.0) -> bool:
        """Refuse new asks, finish what is in mailboxes and on its way to the journal, stop in reverse order.

        Returns False if not everything was finished in time. On the dispatcher's own loop it
        does the rest of the work itself.
        """
        self._open = False
        if self._writer_ref is None:
            return True
        engine = self._engine
        quiet = engine.wait_quiet(timeout, time.monotonic)
        self._abandon(Unavailable("the system has stopped"))
        return quiet

    def _abandon(self, error: Exception) -> None:
        engine = self._engine
        engine.timers.stop()
        engine.loader.stop()
        engine.writer = None
        self._writer_ref.stop()
        self._writer_ref = None
        engine.submit(Call(lambda: self._expiry.fail_all(error)))
        engine.dispatcher.pump(0)
        engine.dispatcher.stop()

    def quiesce(self, timeout: float = 10.0) -> bool:
        """Wait until nothing is queued, being loaded or being written; False if that took too long."""
        return self._engine.wait_quiet(timeout, time.monotonic)

    # --- messages --------------------------------------------------------------

    @overload
    def ask(
        self,
        address: Address,
        command: Command[A],
        command_id: str | None = None,
        principal: str = "",
        timeout: float = 5.0,
    ) -> Reply[A]: ...

    @overload
    def ask(
        self,
        address: Address,
        command: object,
        command_id: str | None = None,
        principal: str = "",
        timeout: float = 5.0,
    ) -> Reply[Any]: ...

    def ask(
        self,
        address: Address,
        command: Any,
        command_id: str | None = None,
        principal: str = "",
        timeout: float = 5.0,
    ) -> Reply[Any]:
        """Send a command and return the reply to come, from any thread; never waits.

        The reply gives an ``Outcome`` or raises Overloaded, Unavailable, AskTimeout, Defect or KeyReused.
        With a ``command_id`` a repeat gets the kept answer.
        """
        reply: Reply[Any] = Reply(command, command_id, principal, timeout, self._handover)
        entity = self._entities.get(address)
        if entity is None or not self._open:
            refusal = self._refusal(address)
            if refusal is not None:
                reply.fail(refusal)
                return reply
            entity = self._engine.entity(address)
        mailbox = entity.mailbox
        if len(mailbox) >= self._mailbox_size or self._engine.backlog > _MAX_BACKLOG or self._engine.fenced:
            reply.fail(self._refusal(address) or Overloaded(f"the mailbox of {address} is full"))
            return reply
        self._expiry.add(reply)
        mailbox.append(reply)
        if not entity.scheduled:
            entity.scheduled = True
            self._submit(entity)
        return reply

    def _refusal(self, address: Address) -> AskError | None:
        if self._engine.fenced:
            return Unavailable("another owner took the partition")
        if not self._open:
            return Unavailable("the system is not running")
        if address.kind not in self._engine.kinds:
            return Defect(f"expected an address of {sorted(self._engine.kinds)}, got {address}")
        return None

    def tell(
        self, address: Address, command: Any, command_id: str | None = None, principal: str = ""
    ) -> None:
        """Send a command and hear nothing; from any thread. Raises Overloaded or Unavailable at once."""
        note = Note(command, command_id, principal)
        if address.kind in self._engine.edges:
            self._submit(Call(lambda: self._engine.deliver(address, note)))
            return
        refusal = self._refusal(address)
        if refusal is not None:
            raise refusal
        entity = self._engine.entity(address)
        if len(entity.mailbox) >= self._mailbox_size or self._engine.backlog > _MAX_BACKLOG:
            raise Overloaded(f"the mailbox of {address} is full")
        entity.mailbox.append(note)
        entity.schedule()

    def edge(self, kind: str, handler: Callable[[str, Any], None]) -> None:
        """Let ``handler(key, command)`` stand behind addresses of a kind. It runs on the dispatcher, may not
        block, and a durable tell to it is repeated if it raises."""
        self._engine.edges[kind] = handler

    def hold(self, address: Address) -> None:
        """Keep an entity in memory (activating it) until ``release``, e.g. while somebody watches it."""
        self._submit(Call(lambda: self._hold(address, 1)))

    def release(self, address: Address) -> None:
        """Undo one ``hold``."""
        self._submit(Call(lambda: self._hold(address, -1)))

    def _hold(self, address: Address, by: int) -> None:
        entity = self._engine.entity(address)
        entity.holds += by
        entity.schedule()

    # --- streams ---------------------------------------------------------------

    def since(
        self, address: Address, epoch: str, offset: int, timeout: float = 5.0
    ) -> Pending[Stretch | None]:
        """Return the Stretch of events after ``offset`` to come, or None if it cannot be resumed."""
        return self._streams.since(address, epoch, offset, timeout)

    def state_at(self, address: Address, seq: int, timeout: float = 5.0) -> Pending[Any]:
        """Return the state after event ``seq`` to come, from the journal; slow."""
        return self._streams.state_at(address, seq, timeout)

    def stats(self) -> Stats:
        """Return counters and gauges; cheap enough for a scrape, not for every message."""
        e = self._engine
        entities = list(self._entities.values())
        depth = sum(len(entity.mailbox) for entity in entities)
        return Stats(
            len(e.lru), len(entities), depth, e.backlog, e.batches, e.batched, e.largest,
            e.commit_seconds, e.slowest, e.dropped, e.defect_alarms, e.fenced,
        )  # fmt: skip
