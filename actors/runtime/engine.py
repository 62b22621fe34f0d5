"""The inside of a system: the registry of entities, the round's end, and the ways between the parts.

Entities talk to this; everybody else talks to ``System``.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from actors.runtime.address import Address
from actors.runtime.clock import Clock
from actors.runtime.commands import Command, Job, decoded, recalled, reused
from actors.runtime.dispatcher import Dispatcher
from actors.runtime.entity import Entity
from actors.runtime.errors import Fenced, Overloaded, Unavailable
from actors.runtime.handover import Handover
from actors.runtime.journal import Journal, Kept
from actors.runtime.kind import Kind, Publication
from actors.runtime.life import Life
from actors.runtime.loader import Loader, stand_up
from actors.runtime.mailbox import Letter, Note
from actors.runtime.pooled import COLD
from actors.runtime.teller import NoSuchKind
from actors.runtime.timers import Call, Timers
from actors.runtime.writer import Chunk, Committed, Writer

log = logging.getLogger("actors")

_new = tuple.__new__
_SWEEP_SLICE = 500
"""So many idle entities are looked at in one turn."""


class Engine:
    """See the module. Its attributes are for the runtime's own parts."""

    def __init__(
        self,
        kinds: Sequence[Kind],
        journal: Journal,
        clock: Clock,
        dispatcher: Dispatcher,
        publish: Callable[[Publication], None] | None,
        alarm: Callable[[Address, str], None] | None,
    ) -> None:
        self.kinds = {kind.name: kind for kind in kinds}
        self.edges: dict[str, Callable[[str, Any], None]] = {}
        self.journal = journal
        self.stream_epoch = journal.stream_epoch
        self.clock = clock
        self.now = clock.now
        self.dispatcher = dispatcher
        self.submit = dispatcher.submit
        self.timers = Timers(clock, dispatcher)
        self.loader = Loader(4)
        self.handover = Handover(dispatcher.loop)
        self.entities: dict[Address, Entity] = {}
        self.lru: OrderedDict[Life, None] = OrderedDict()
        self.outbox: list[Chunk] = []
        self.writer: Writer | None = None
        self.fenced = False
        self.turn = 64
        self.idle_s = 120.0
        self.max_active = 100_000
        self.mailbox_size = 1000
        self.backlog = 0
        """Chunks that are not durable yet."""
        self.busy = 0
        """Loads and lookups under way."""
        self.batches = self.batched = self.largest = 0
        self.commit_seconds = self.slowest = 0.0
        self.dropped = 0
        self.defect_alarms = 0
        self._publish = publish
        self._alarm = alarm
        self._wakes: set[Address] = set()
        self._name = uuid.uuid4().hex[:12]
        self._count = count()
        self._quiet: list[threading.Event] = []

    # --- names ---------------------------------------------------------------

    def fresh_id(self) -> str:
        """Return a command id for a command that came without one."""
        return f"{self._name}-{next(self._count)}"

    def fresh_epoch(self) -> str:
        """Return an epoch for one activation of a volatile entity."""
        return uuid.uuid4().hex

    # --- the registry ----------------------------------------------------------

    def entity(self, address: Address) -> Entity:
        """Return the entity at the address, cold if it is new; from any thread. Raises NoSuchKind."""
        entity = self.entities.get(address)
        if entity is None:
            kind = self.kinds.get(address.kind)
            if kind is None:
                raise NoSuchKind(f"expected one of the kinds {sorted(self.kinds)}, got {address}")
            entity = self.entities.setdefault(address, Entity(self, kind, address))
        return entity

    def came(self, entity: Life) -> None:
        """An entity became active: over the bound, those that were not used for longest go."""
        self.lru[entity] = None
        over = len(self.lru) - self.max_active
        if over > 0:
            self._send_to_rest(over + 8, self.now(), over)

    def went(self, entity: Life) -> None:
        """An entity was passivated."""
        self.lru.pop(entity, None)
        if self.entities.get(entity.address) is entity:
            del self.entities[entity.address]

    def sweep(self) -> None:
        """Send idle entities to rest, and come again."""
        now = self.now()
        looked = self._send_to_rest(_SWEEP_SLICE, now, 0)
        wait = 0.01 if looked == _SWEEP_SLICE else max(self.idle_s / 8, 0.1)
        self.timers.at(now + wait, Call(self.sweep))

    def _send_to_rest(self, most: int, now: float, wanted: int) -> int:
        """Look at up to ``most`` of the longest unused; without ``wanted``, at idle ones only."""
        looked = 0
        for entity in list(_first(self.lru, most)):
            idle = now - entity.used >= self.idle_s
            if not idle and wanted <= 0:
                break
            looked += 1
            if entity.may_rest() and entity.rest():
                wanted -= 1
            else:
                if (
                    entity.status == COLD
                ):  # lost its last incarnation: load it, so that nothing stays unpublished
                    entity.schedule()
                self.lru.move_to_end(entity)
        return looked

    def was_woken(self, address: Address) -> bool:
        """True once for an address that the wake index named at start."""
        if address in self._wakes:
            self._wakes.discard(address)
            return True
        return False

    def wake_all(self) -> None:
        """Activate what the journal's wake index names."""
        self._wakes = set(self.journal.wakes())
        for address in list(self._wakes):
            if address.kind in self.kinds:
                self.entity(address).schedule()

    # --- ways ----------------------------------------------------------------

    def deliver(self, address: Address, letter: Letter) -> None:
        """Put a letter into a mailbox, or give it to an edge; on the dispatcher."""
        edge = self.edges.get(address.kind)
        if edge is not None:
            try:
                edge(address.key, letter.command)
            except Exception as error:
                log.exception("the edge %s failed", address)
                letter.fail(error)
            else:
                letter.resolve(None)
            return
        try:
            entity = self.entity(address)
        except NoSuchKind as error:
            letter.fail(error)
            return
        if len(entity.mailbox) >= self.mailbox_size:
            self.dropped += letter.is_tell
            letter.fail(Overloaded(f"the mailbox of {address} is full"))
            return
        entity.mailbox.append(letter)
        entity.schedule()

    def hint(self, tell: Any, sender: str) -> None:
        """Deliver a tell once, and not at all to a volatile entity that nobody has activated."""
        address = _new(Address, (tell.kind, tell.key))
        if address not in self.entities:
            kind = self.kinds.get(tell.kind)
            if kind is not None and not kind.durable:
                return
        self.deliver(address, Note(tell.command, None, sender))

    def publish(self, publication: Publication) -> None:
        """Hand out what has become durable."""
        if self._publish is not None:
            try:
                self._publish(publication)
            except Exception:
                log.exception("publishing %s failed", publication.address)

    def alarm(self, address: Address, what: str) -> None:
        """Somebody should look at this address."""
        self.defect_alarms += 1
        log.error("alarm: %s %s", address, what)
        if self._alarm is not None:
            try:
                self._alarm(address, what)
            except Exception:
                log.exception("the alarm of %s failed", address)

    # --- the journal -----------------------------------------------------------

    def load(self, entity: Life) -> None:
        """Load an entity on a loader thread; it stands up on the dispatcher."""
        kind, address, shown = entity.kind, entity.address, entity.shown

        def job() -> None:
            try:
                standing = stand_up(self.journal, kind, address, shown)
            except Exception as error:  # noqa: BLE001 - logged where the entity fails to load
                failed = error
                self.submit(Call(lambda: done(lambda: entity.load_failed(failed))))
            else:
                self.submit(Call(lambda: done(lambda: entity.install(standing))))

        def done(then: Callable[[], None]) -> None:
            self.busy -= 1
            then()

        self.busy += 1
        self.loader.submit(job)

    def ask_journal(self, address: Address, command_id: str, then: Callable[[Kept | None], None]) -> None:
        """Look an old command up on a loader thread, go on with the result on the dispatcher."""

        def job() -> None:
            kept = None
            try:
                kept = self.journal.known(address, command_id)
            finally:
                self.submit(Call(lambda: done(kept)))

        def done(kept: Kept | None) -> None:
            self.busy -= 1
            then(kept)

        self.busy += 1
        self.loader.submit(job)

    def look_up(self, entity: Entity, command: Command, job: Job) -> None:
        """Was this refused command carried out long ago?"""
        self.ask_journal(
            entity.address,
            command.command_id,
            lambda kept: entity.looked_up(command, job, recalled(kept) if kept is not None else None),
        )

    def recall(self, entity: Entity, command: Command, state: Any, otherwise: Exception) -> None:
        """A conflict: give everybody who waits the kept answer if there is one, else the error."""

        def done(kept: Kept | None) -> None:
            if kept is None:
                command.fail(otherwise)
            elif kept.fingerprint is not None and kept.fingerprint != command.fingerprint:
                command.fail(reused(entity.address, command.command_id))
            elif kept.answer is None and any(not letter.is_tell for letter in command.letters or ()):
                command.fail(otherwise)
            else:
                answer = decoded(kept.answer, entity.kind.codec)
                command.settle(
                    answer, Job(None, None, answer, state, kept.seq).outcome(self.stream_epoch, True)
                )

        self.ask_journal(entity.address, command.command_id, done)

    def ring(self) -> None:
        """See to it that this round ends, so that the outbox is looked at."""
        self.submit(Call(lambda: None))

    def after_round(self) -> None:
        """A round of turns is over: hand its chunks to the writer and its replies to their loops."""
        if self.outbox:
            self._hand_on()
        self.handover.flush()
        if self._quiet and self.is_quiet():
            for event in self._quiet:
                event.set()

    def _hand_on(self) -> None:
        chunks, self.outbox = self.outbox, []
        if self.writer is None:
            gone = Unavailable("the system has stopped")
            for chunk in chunks:
                chunk.entity.lost = chunk.life
                chunk.entity.refused([chunk], gone)
            return
        for chunk in chunks:
            chunk.entity.seal(chunk)
        self.backlog += len(chunks)
        self.writer.offer(chunks)

    def committed(self, batch: Committed) -> None:
        """Complete a batch that came back from the writer."""
        parts, refused, error = batch.parts, batch.refused, batch.error
        done = sum(map(len, parts.values())) + len(batch.dropped)
        self.backlog -= done
        self.batches += 1
        self.batched += done
        self.largest = max(self.largest, done)
        self.commit_seconds += batch.seconds
        self.slowest = max(self.slowest, batch.seconds)
        if isinstance(error, Fenced):
            self.fenced = True
        for entity, chunks in parts.items():
            why = error if error is not None else refused.get(entity.address) if refused else None
            if why is not None:
                entity.refused(chunks, why)
            else:
                for chunk in chunks:
                    entity.committed(chunk)
        for chunk in batch.dropped:
            lost = Unavailable(f"{chunk.entity.address}: an earlier commit was lost")
            chunk.entity.refused([chunk], lost)
        if isinstance(error, Fenced):
            self.give_up(Unavailable(f"another owner took over: {error}"))

    def give_up(self, error: Exception) -> None:
        """Fenced: forget every entity and refuse everybody who waits."""
        for entity in list(self.entities.values()):
            entity.woken = False
            entity.refuse_all(error)
            entity.discard(error)

    def is_quiet(self) -> bool:
        """True if nothing is queued, being loaded or being written."""
        return not (self.backlog or self.busy or self.outbox) and self.dispatcher.idle()

    def wait_quiet(self, timeout: float, now: Callable[[], float]) -> bool:
        """Wait until nothing goes on, for real seconds; pumps if this is the dispatcher's own thread."""
        until = now() + timeout
        while self.dispatcher.pump(0.001):
            if self.is_quiet():
                return True
            if now() > until:
                return False
        event = threading.Event()
        self._quiet.append(event)
        self.ring()
        try:
            return event.wait(timeout)
        finally:
            self._quiet.remove(event)


def _first(lru: OrderedDict[Life, None], most: int) -> list[Life]:
    found: list[Life] = []
    for entity in lru:
        found.append(entity)
        if len(found) == most:
            break
    return found
