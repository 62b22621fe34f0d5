"""The entities in memory, by address: found, activated, delivered to, and passivated when idle."""

from __future__ import annotations

import logging
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import count, islice
from typing import Any

from actors.runtime.address import Address
from actors.runtime.commits import Commits
from actors.runtime.entities.entity import COLD, Entity
from actors.runtime.entities.envelopes import Envelope, OneWay
from actors.runtime.entities.loading import LoadedEntity, Loader, load
from actors.runtime.errors import NoSuchKind, Overloaded
from actors.runtime.journal import Journal
from actors.runtime.kind import Kind
from actors.runtime.turns.clock import Clock
from actors.runtime.turns.dispatcher import Dispatcher
from actors.runtime.turns.timers import TimedCall, Timers

log = logging.getLogger("actors")

_new = tuple.__new__
_SWEEP_SLICE = 500
"""So many idle entities are looked at in one turn."""


class Registry:
    """The entities' ``Context``: what it does not do itself it has from the timers and the commits."""

    def __init__(
        self,
        kinds: Sequence[Kind],
        journal: Journal,
        clock: Clock,
        dispatcher: Dispatcher,
        timers: Timers,
        loader: Loader,
        commits: Commits,
        alarm: Callable[[Address, str], None] | None,
        *,
        turn: int,
        idle_s: float,
        max_active: int,
        mailbox_size: int,
    ) -> None:
        self.kinds = {kind.name: kind for kind in kinds}
        self.edges: dict[str, Callable[[str, Any], None]] = {}
        self.entities: dict[Address, Entity] = {}
        self.active: OrderedDict[Entity, None] = OrderedDict()
        """Least recently used first."""
        self.turn = turn
        self.stream_epoch = journal.stream_epoch
        self.dropped = 0
        """Tells that found a full mailbox."""
        self.alarms = 0
        self.now = clock.now
        self.submit = dispatcher.submit
        self.used: Callable[[Any], None] = self.active.move_to_end
        self.at = timers.at
        self.append = commits.append
        self.publish = commits.publish
        self.kept = commits.kept
        self._journal = journal
        self._loader = loader
        self._alarm = alarm
        self._idle_s = idle_s
        self._max_active = max_active
        self._mailbox_size = mailbox_size
        self._wakes: set[Address] = set()
        self._name = uuid.uuid4().hex[:12]
        self._count = count()

    # --- names -----------------------------------------------------------------

    def fresh_id(self) -> str:
        """Return a command id for a command that came without one."""
        return f"{self._name}-{next(self._count)}"

    def fresh_epoch(self) -> str:
        """Return an epoch for one activation of a volatile entity."""
        return uuid.uuid4().hex

    # --- coming ------------------------------------------------------------------

    def entity(self, address: Address) -> Entity:
        """Return the entity at the address, cold if it is new; from any thread. Raises NoSuchKind."""
        entity = self.entities.get(address)
        if entity is None:
            kind = self.kinds.get(address.kind)
            if kind is None:
                raise NoSuchKind(f"expected one of the kinds {sorted(self.kinds)}, got {address}")
            entity = self.entities.setdefault(address, Entity(self, kind, address))
        return entity

    def load(
        self,
        kind: Kind,
        address: Address,
        shown: int | None,
        then: Callable[[LoadedEntity], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Load an entity on a loader thread; it goes to work on the dispatcher."""
        self._loader.read(lambda: load(self._journal, kind, address, shown), then, failed)

    def activated(self, entity: Entity) -> None:
        """An entity became active: over the bound, those that were not used for longest go."""
        self.active[entity] = None
        over = len(self.active) - self._max_active
        if over > 0:
            self._passivate(over + 8, self.now(), over)

    def due(self, address: Address, when: float) -> None:
        """Bring an entity its deadline, activating it if need be."""
        self.entity(address).due(when)

    def wake_all(self) -> None:
        """Activate what the journal's wake index names."""
        self._wakes = set(self._journal.wakes())
        for address in list(self._wakes):
            if address.kind in self.kinds:
                self.entity(address).schedule()

    def was_woken(self, address: Address) -> bool:
        """True once for an address that the wake index named at start."""
        if address in self._wakes:
            self._wakes.discard(address)
            return True
        return False

    # --- going -------------------------------------------------------------------

    def hold(self, address: Address, by: int) -> None:
        """Count one more reason, or one less, to keep an entity in memory."""
        entity = self.entity(address)
        entity.holds = max(entity.holds + by, 0)
        if entity.holds:
            entity.schedule()

    def succeed(self, entity: Entity) -> None:
        """A passivated entity gives what came at the very end to the next one, before younger envelopes."""
        self.active.pop(entity, None)
        if self.entities.get(entity.address) is entity:
            del self.entities[entity.address]
        entity.scheduled = False
        if entity.mailbox:
            heir = self.entity(entity.address)
            envelopes = entity.mailbox[:]
            heir.mailbox[:0] = envelopes
            del entity.mailbox[: len(envelopes)]
            heir.schedule()

    def sweep(self) -> None:
        """Passivate idle entities, and schedule the next sweep."""
        now = self.now()
        looked = self._passivate(_SWEEP_SLICE, now, 0)
        wait = 0.01 if looked == _SWEEP_SLICE else max(self._idle_s / 8, 0.1)
        self.at(now + wait, TimedCall(self.sweep))

    def _passivate(self, most: int, now: float, wanted: int) -> int:
        """Look at up to ``most`` of the longest unused; without ``wanted``, at idle ones only."""
        looked = 0
        for entity in list(islice(self.active, most)):
            if wanted <= 0 and now - entity.used < self._idle_s:
                break
            looked += 1
            if entity.idle() and entity.passivate():
                wanted -= 1
                continue
            if entity.status == COLD:  # lost its incarnation: load it, so that nothing stays unpublished
                entity.schedule()
            self.active.move_to_end(entity)
        return looked

    def give_up(self, error: Exception) -> None:
        """Fenced: forget every entity and refuse everybody who waits."""
        for entity in list(self.entities.values()):
            entity.refuse_all(error)
            entity.discard(error, again=False)

    # --- delivering ----------------------------------------------------------------

    def deliver(self, address: Address, envelope: Envelope) -> None:
        """Put an envelope into a mailbox, or give it to an edge; on the dispatcher."""
        edge = self.edges.get(address.kind)
        if edge is not None:
            try:
                edge(address.key, envelope.command)
            except Exception as error:
                log.exception("the edge %s failed", address)
                envelope.fail(error)
            else:
                envelope.resolve(None)
            return
        try:
            entity = self.entity(address)
        except NoSuchKind as error:
            envelope.fail(error)
            return
        self._put(entity, envelope)

    def _put(self, entity: Entity, envelope: Envelope) -> None:
        if len(entity.mailbox) >= self._mailbox_size:
            self.dropped += envelope.is_tell
            envelope.fail(Overloaded(f"the mailbox of {entity} is full"))
            return
        entity.mailbox.append(envelope)
        if not entity.scheduled:
            entity.scheduled = True
            self.submit(entity)

    def hint(self, tell: Any, sender: str) -> None:
        """Deliver a tell at most once; a volatile entity that is not active gets none."""
        address = _new(Address, (tell.kind, tell.key))
        entity = self.entities.get(address)
        if entity is not None:
            envelope = OneWay(tell.command, None, sender)
            if entity.scheduled or len(entity.mailbox) >= self._mailbox_size:
                self._put(entity, envelope)
            else:
                entity.mailbox.append(envelope)
                entity.scheduled = True
                self.submit(entity)
            return
        kind = self.kinds.get(tell.kind)
        if kind is None or kind.durable:
            self.deliver(address, OneWay(tell.command, None, sender))

    def alarm(self, address: Address, what: str) -> None:
        """Report that this address needs attention: something failed that repeating does not mend."""
        self.alarms += 1
        log.error("alarm: %s %s", address, what)
        if self._alarm is not None:
            try:
                self._alarm(address, what)
            except Exception:
                log.exception("the alarm of %s failed", address)
