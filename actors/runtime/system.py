"""The actor system: what edges and wiring see of the runtime."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar, overload

from actors.runtime.address import Address
from actors.runtime.asks import TICK_S, Askable, Expiry, Pending, Reply
from actors.runtime.commits import Commits
from actors.runtime.entities.envelopes import OneWay
from actors.runtime.entities.loading import Loader
from actors.runtime.errors import AskError, Defect, Overloaded, Unavailable
from actors.runtime.journal import Journal
from actors.runtime.kind import Kind, Publication, Stretch
from actors.runtime.registry import Registry
from actors.runtime.rounds import Rounds
from actors.runtime.streams import Streams
from actors.runtime.turns.clock import Clock, SystemClock
from actors.runtime.turns.dispatcher import Dispatcher, ThreadDispatcher
from actors.runtime.turns.handover import Handover
from actors.runtime.turns.timers import TimedCall, Timers
from actors.runtime.writer import WriteQueue, Writer

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
        self._clock = clock = clock or SystemClock()
        self._journal = journal
        self._partition = partition
        self._dispatcher = dispatcher = dispatcher or ThreadDispatcher()
        self._timers = timers = Timers(clock, dispatcher)
        self._loader = loader = Loader(4, dispatcher.submit)
        self._commits = commits = Commits(journal, loader, publish, self._give_up)
        self._registry = registry = Registry(
            kinds=kinds,
            journal=journal,
            clock=clock,
            dispatcher=dispatcher,
            timers=timers,
            loader=loader,
            commits=commits,
            alarm=alarm,
            turn=turn,
            idle_s=idle_s,
            max_active=max_active,
            mailbox_size=mailbox_size,
        )
        self._handover = Handover(dispatcher.loop)
        self._rounds = Rounds(dispatcher, loader, commits, self._handover)
        self._expiry = Expiry(clock, timers)
        self._streams = Streams(registry, journal, loader, self._handover, self._expiry)
        self._entities = registry.entities
        self._mailbox_size = mailbox_size
        self._first_sweep_s = max(idle_s / 8, 0.1)
        self._submit = dispatcher.submit
        self._open = False
        self._writer: Any = None

    def _give_up(self, error: Exception) -> None:
        self._registry.give_up(error)

    @property
    def clock(self) -> Clock:
        """The clock everything here goes by."""
        return self._clock

    @property
    def fenced(self) -> bool:
        """True once another owner took the partition."""
        return self._commits.fenced

    def why_not_writable(self) -> Exception | None:
        """Return why the last commit failed, or None; from any thread. If it did, another is tried now."""
        why, queue = self._commits.failing, self._commits.queue
        if why is not None and queue is not None:
            queue.attempt()
        return why

    # --- start and stop --------------------------------------------------------

    def start(self) -> None:
        """Take the partition's epoch, start every part, wake what the journal's wake index names."""
        commits = self._commits
        epoch = self._journal.take(self._partition)
        queue = WriteQueue()
        self._writer = Writer.start(
            waiting=queue,
            journal=self._journal,
            partition=self._partition,
            epoch=epoch,
            hand_back=self._submit,
            take=commits.committed,
            bound=_MAX_BATCH,
        )
        commits.queue = queue
        self._loader.start()
        self._dispatcher.start(self._rounds.end)
        self._timers.start()
        self._submit(TimedCall(self._first_timers))
        self._registry.wake_all()
        self._open = self._streams.open = True

    def _first_timers(self) -> None:
        now = self._clock.now()
        self._timers.at(now + TICK_S, self._expiry)
        self._timers.at(now + self._first_sweep_s, TimedCall(self._registry.sweep))

    def stop(self, timeout: float = 10.0) -> bool:
        """Refuse new asks, finish what is in mailboxes and on its way to the journal, stop in reverse order.

        Returns False if not everything was finished in time. On the dispatcher's own loop it
        does the rest of the work itself.
        """
        self._open = self._streams.open = False
        if self._writer is None:
            return True
        quiet = self._rounds.wait_quiet(timeout)
        self._abandon(Unavailable("the system has stopped"))
        return quiet

    def _abandon(self, error: Exception) -> None:
        self._timers.stop()
        self._loader.stop()
        self._commits.queue = None
        self._writer.stop()
        self._writer = None
        self._submit(TimedCall(lambda: self._expiry.fail_all(error)))
        self._dispatcher.pump(0)
        self._dispatcher.stop()

    def quiesce(self, timeout: float = 10.0) -> bool:
        """Wait until nothing is queued, being loaded or being written; False if that took too long."""
        return self._rounds.wait_quiet(timeout)

    # --- messages --------------------------------------------------------------

    @overload
    def ask(
        self,
        address: Address,
        command: Askable[A],
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
            entity = self._registry.entity(address)
        mailbox = entity.mailbox
        if len(mailbox) >= self._mailbox_size or self._commits.backlog > _MAX_BACKLOG or self._commits.fenced:
            reply.fail(self._refusal(address) or Overloaded(f"the mailbox of {address} is full"))
            return reply
        self._expiry.add(reply)
        mailbox.append(reply)
        if not entity.scheduled:
            entity.scheduled = True
            self._submit(entity)
        return reply

    def _refusal(self, address: Address) -> AskError | None:
        if self._commits.fenced:
            return Unavailable("another owner took the partition")
        if not self._open:
            return Unavailable("the system is not running")
        if address.kind not in self._registry.kinds:
            return Defect(f"expected an address of {sorted(self._registry.kinds)}, got {address}")
        return None

    def tell(
        self, address: Address, command: Any, command_id: str | None = None, principal: str = ""
    ) -> None:
        """Send a command without an answer; from any thread. Raises Overloaded or Unavailable at once."""
        envelope = OneWay(command, command_id, principal)
        if address.kind in self._registry.edges:
            self._submit(TimedCall(lambda: self._registry.deliver(address, envelope)))
            return
        refusal = self._refusal(address)
        if refusal is not None:
            raise refusal
        entity = self._registry.entity(address)
        if len(entity.mailbox) >= self._mailbox_size or self._commits.backlog > _MAX_BACKLOG:
            raise Overloaded(f"the mailbox of {address} is full")
        entity.mailbox.append(envelope)
        entity.schedule()

    def edge(self, kind: str, handler: Callable[[str, Any], None]) -> None:
        """Let ``handler(key, command)`` stand behind addresses of a kind. It runs on the dispatcher, may not
        block, and a durable tell to it is repeated if it raises."""
        self._registry.edges[kind] = handler

    def hold(self, address: Address) -> None:
        """Keep an entity in memory (activating it) until ``release``, e.g. while somebody watches it.

        From any thread; counts. Raises NoSuchKind.
        """
        self._registry.entity(address)
        self._submit(TimedCall(lambda: self._registry.hold(address, 1)))

    def release(self, address: Address) -> None:
        """Undo one ``hold``."""
        self._submit(TimedCall(lambda: self._registry.hold(address, -1)))

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
        return _stats(self._commits, self._registry)


def _stats(commits: Commits, registry: Registry) -> Stats:
    entities = list(registry.entities.values())
    return Stats(
        active=len(registry.active),
        known=len(entities),
        mailbox_depth=sum(len(entity.mailbox) for entity in entities),
        backlog=commits.backlog,
        batches=commits.batches,
        batched=commits.batched,
        largest_batch=commits.largest,
        commit_seconds=commits.seconds,
        slowest_commit=commits.slowest,
        dropped=registry.dropped,
        alarms=registry.alarms,
        fenced=commits.fenced,
    )
