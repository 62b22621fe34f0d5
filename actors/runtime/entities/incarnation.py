"""An entity in memory: its state, the commands it knows, and what of it is not durable yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

from actors.runtime.address import Address
from actors.runtime.entities.again import blames, to_decide_again
from actors.runtime.entities.answers import AfterCommit, KnownCommand, forget, written_answers
from actors.runtime.entities.chunks import Chunk
from actors.runtime.entities.context import EntityContext
from actors.runtime.entities.deliveries import Deliveries
from actors.runtime.entities.envelopes import Envelope
from actors.runtime.entities.loading import LoadedEntity
from actors.runtime.errors import Unstorable
from actors.runtime.journal import ESCAPE, Recorded, holds_nul
from actors.runtime.kind import Kind, Numbered, Publication

HISTORY_EVENTS = 1000
HISTORY_S = 600.0
_NO_ANSWER = (None, None)
_STUCK_DEADLINE_S = 1.0
"""A deadline that its own message does not move is tried again after this long."""


class EntityIdentity(Protocol):
    """What outlives an incarnation: the entity."""

    address: Address
    kind: Kind
    context: EntityContext
    shown: int | None
    """Up to which seq its events were published."""
    woken: bool | None
    """The journal's wake flag; None if a lost commit left it unknown."""
    defects: int
    """Turns in a row whose decider raised, and loads that failed."""
    holds: int
    """Reasons to stay in memory: somebody watches it, or a lookup for it is under way."""

    careful: int
    """How many of the envelopes in its mailbox have a commit of their own."""

    def refused(self, incarnation: Incarnation, chunks: list[Chunk], why: Exception) -> None:
        """Chunks of one of its incarnations were not written, and cannot be."""

    def take_again(self, envelopes: list[Envelope]) -> None:
        """Decide these before everything else, each in a commit of its own."""

    def schedule(self) -> None:
        """See to it that there will be a turn."""


class Due:
    """A deadline on its way through the timers. It names the address, so it keeps no entity in memory."""

    __slots__ = ("_address", "_context", "_when")

    def __init__(self, context: EntityContext, address: Address, when: float) -> None:
        self._context = context
        self._address = address
        self._when = when

    def run(self) -> None:
        """Bring the entity its time."""
        self._context.due(self._address, self._when)


class Incarnation:
    """One stay of an entity in memory, from its load to its passivation or loss.

    To lose it is to drop it: chunks of it that are still under way are dropped by the writer and fail
    when they come back, and no tell of it is repeated.
    """

    __slots__ = (
        "address", "armed", "blamed", "commands", "context", "deadline", "deliveries", "entity", "epoch",
        "fired", "forgot", "history", "kind", "lost", "proven", "seq", "snapshot_seq", "state", "tail",
    )  # fmt: skip

    def __init__(self, entity: EntityIdentity, loaded: LoadedEntity, now: float) -> None:
        kind = entity.kind
        self.entity = entity
        self.address = entity.address
        self.kind = kind
        self.context = entity.context
        self.state: Any = kind.awake(loaded.state, now)
        self.deadline: float | None = kind.deadline(self.state)
        self.seq = loaded.seq
        self.snapshot_seq = loaded.snapshot_seq
        self.epoch = entity.context.stream_epoch if kind.durable else entity.context.fresh_epoch()
        self.commands: dict[str, KnownCommand] | None = loaded.commands
        self.forgot = loaded.snapshot_seq > 0 or len(loaded.commands or ()) >= kind.kept
        """True if the journal may know commands that ``commands`` does not."""
        self.deliveries = Deliveries(entity.context, entity.address)
        self.tail: Chunk | None = None
        """The last chunk that is not durable yet; what must wait for all commits waits for it."""
        self.armed: float | None = None
        """When the timers will call."""
        self.fired: float | None = None
        """The deadline whose message has just been sent."""
        self.history: deque[Numbered] | None = None
        self.lost = False
        self.blamed = False
        """True once the journal refused what it wrote, and not the whole commit."""
        self.proven = False
        """True once a commit of it succeeded."""

    # --- deadlines -----------------------------------------------------------

    def arm(self, now: float) -> None:
        """See to it that the timers call at the deadline; one that moved away is looked at when it fires."""
        when = self.deadline
        if when is None:
            self.fired = None
            return
        if when <= now and when == self.fired:
            when = now + _STUCK_DEADLINE_S
        self.fired = None
        if self.armed is None or when < self.armed:
            self.armed = when
            self.context.at(when, Due(self.context, self.address, when))

    def due(self, when: float) -> bool:
        """True if the deadline that the timers bring has come; it may have moved meanwhile."""
        if self.armed != when:
            return False
        self.armed = None
        now = self.context.now()
        if self.deadline is not None and self.deadline <= now:
            self.fired = self.deadline
            return True
        self.arm(now)
        return False

    # --- events --------------------------------------------------------------

    def append(self, decision: Any, envelope: Envelope, command: KnownCommand | None, now: float) -> None:
        """Evolve and put the events into this round's chunk. Raises before anything has changed."""
        kind = self.kind
        events = decision.events
        state = self.state if decision.memory is None else decision.memory
        seq = self.seq
        answers = iter(written_answers(decision, envelope, command, kind.encode_answer))
        command_id = fingerprint = None
        if command is not None:
            command_id, fingerprint = command.command_id, command.fingerprint
        principal = envelope.principal
        records: list[Recorded] = []
        effects: list[tuple[int, Any]] | None = None
        for event in events:
            seq += 1
            state = kind.evolve(state, event)
            tells = kind.tells(state, event)
            if tells:
                if effects is None:
                    effects = []
                effects.append((seq, tells))
            name, version = kind.event_name(event)
            data = kind.encode_event(event)
            if ESCAPE in data and holds_nul(data):
                # Here it fails one command; in the journal it would fail all that came with it.
                raise Unstorable(f"{self.address}: expected text without NUL characters in {name}")
            settles, answer = next(answers, _NO_ANSWER)
            if command is not None and settles == command.command_id:
                command.answer = answer
            records.append(
                Recorded(seq, name, version, data, command_id, fingerprint, settles, answer, principal, now)
            )
            command_id = fingerprint = None
        chunk = self.open_chunk()
        if type(envelope.command) not in kind.patient:
            chunk.patient = False
        chunk.makers.append(envelope)
        chunk.taken.append(envelope)
        chunk.records += records
        chunk.decoded += events
        self.state = chunk.state = state
        self.seq = chunk.seq = seq
        if effects is not None:
            for place, tells in effects:
                self.deliveries.expect(place, tells)
            chunk.tells = effects if chunk.tells is None else chunk.tells + effects

    def happen(self, decision: Any, now: float) -> None:
        """The events of a volatile entity: numbered, remembered and published at once."""
        kind = self.kind
        state = self.state if decision.memory is None else decision.memory
        seq = self.seq
        events: list[Numbered] = []
        hints: list[Any] = []
        for event in decision.events:
            seq += 1
            state = kind.evolve(state, event)
            hints += kind.tells(state, event)
            events.append(Numbered(seq, event, now))
        self.state, self.seq = state, seq
        if self.history is None:
            self.history = deque(maxlen=HISTORY_EVENTS)
        history = self.history
        history.extend(events)
        while history[0].at < now - HISTORY_S:
            history.popleft()
        self.context.publish(Publication(self.address, self.epoch, state, tuple(events)))
        self.hint(hints)

    # --- commits --------------------------------------------------------------

    def after_commits(self, job: AfterCommit) -> None:
        """Do the job once all that was decided so far is durable: at once if it is."""
        tail = self.tail
        if tail is None:
            job.run(self.epoch)
        else:
            tail.jobs.append(job)

    def hint_after_commits(self, tells: Sequence[Any]) -> None:
        """Send tells that hang on a command once all that was decided so far is durable."""
        tail = self.tail
        if tail is None:
            self.hint(tells)
        elif tail.hints is None:
            tail.hints = list(tells)
        else:
            tail.hints.extend(tells)

    def hint(self, tells: Sequence[Any]) -> None:
        """Send tells once."""
        name = str(self.address)
        for tell in tells:
            self.context.hint(tell, name)

    def remember(self, command: KnownCommand) -> None:
        """Keep a command for repeats, and forget the oldest over the bound."""
        commands = self.commands
        if commands is None:
            commands = self.commands = {}
        commands[command.command_id] = command
        if len(commands) > self.kind.kept and forget(commands, self.kind.kept):
            self.forgot = True

    def open_chunk(self) -> Chunk:
        """Return the chunk that this round's events go into."""
        chunk = self.tail
        if chunk is None or chunk.sealed:
            chunk = self.tail = Chunk(self, self.state, self.seq)
            self.context.append(chunk)
        return chunk

    def seal(self, chunk: Chunk) -> None:
        """The round is over: decide on snapshot, wake flag and watermark. The flag is cleared lazily."""
        chunk.sealed = True
        if self.lost:
            return
        entity, deliveries = self.entity, self.deliveries
        need = deliveries.under_way is not None or self.deadline is not None
        if need and entity.woken is not True:
            entity.woken = chunk.wake = True
        behind = chunk.seq - self.snapshot_seq
        every = self.kind.snapshot_every
        if behind >= every and (deliveries.under_way is None or behind >= 4 * every):
            chunk.snapshot = True
            self.snapshot_seq = chunk.seq
            self.forgot = True
        if chunk.snapshot or not chunk.records:
            chunk.told = deliveries.watermark(chunk.seq)
            if not need and entity.woken is not False:
                entity.woken = chunk.wake = False

    def committed(self, chunk: Chunk) -> None:
        """The chunk is durable: publish, answer, tell."""
        if self.tail is chunk:
            self.tail = None
        self.proven = True
        if chunk.records:
            self.entity.shown = chunk.seq
            self.context.publish(Publication(self.address, self.epoch, chunk.state, _numbered(chunk)))
        epoch = self.epoch
        for job in chunk.jobs:
            job.run(epoch)
        if self.entity.careful and self.tail is None:
            self.entity.schedule()
        if chunk.tells is None and chunk.hints is None:
            return
        name = str(self.address)
        if chunk.tells is not None:
            self.deliveries.send(chunk.tells, name)
        for hint in chunk.hints or ():
            self.context.hint(hint, name)

    def refused(self, chunks: list[Chunk], why: Exception, own: bool = False) -> None:
        """The chunks were not written: the entity sees to those who wait, and to its next incarnation."""
        self.blamed = self.blamed or blames(why, own)
        again = to_decide_again(chunks, own, self.kind.on_deadline) if self.blamed else []
        self.entity.refused(self, chunks, why)
        if again:
            self.entity.take_again(again)


def _numbered(chunk: Chunk) -> tuple[Numbered, ...]:
    records, events = chunk.records, chunk.decoded
    if len(records) == 1:
        record = records[0]
        return (Numbered(record.seq, events[0], record.at),)
    pairs = zip(records, events, strict=True)
    return tuple([Numbered(record.seq, event, record.at) for record, event in pairs])
