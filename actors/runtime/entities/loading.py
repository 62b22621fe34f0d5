"""Bringing entities back: a few threads that read the journal while the entity's mailbox waits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

from actors.runtime.address import Address
from actors.runtime.entities.answers import KnownCommand, known_commands
from actors.runtime.journal import Journal, Recorded
from actors.runtime.kind import Codec, Kind, Numbered
from actors.runtime.turns.dispatcher import Runnable
from actors.runtime.turns.timers import TimedCall

log = logging.getLogger("actors")

T = TypeVar("T")


class Loader:
    """A pool of threads for blocking reads. A job may never touch an entity, only return something."""

    def __init__(self, threads: int, submit: Callable[[Runnable], None]) -> None:
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._count = threads
        self._threads: list[threading.Thread] = []
        self._submit = submit
        self.busy = 0
        """Reads of ``read`` that are under way; counted on the dispatcher."""

    def start(self) -> None:
        """Start the threads."""
        for i in range(self._count):
            thread = threading.Thread(target=self._work, name=f"actors-loader-{i}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def submit(self, job: Callable[[], None]) -> None:
        """Run the job on one of the threads."""
        self._queue.put(job)

    def read(
        self, job: Callable[[], T], then: Callable[[T], None], failed: Callable[[Exception], None]
    ) -> None:
        """Run the job on one of the threads and go on with what it returns or raises, on the dispatcher."""

        def work() -> None:
            try:
                found = job()
            except Exception as error:  # noqa: BLE001 - ``failed`` says what it means
                why = error
                self._submit(TimedCall(lambda: done(lambda: failed(why))))
            else:
                self._submit(TimedCall(lambda: done(lambda: then(found))))

        def done(go_on: Callable[[], None]) -> None:
            self.busy -= 1
            go_on()

        self.busy += 1
        self._queue.put(work)

    def stop(self) -> None:
        """End the threads after what is queued."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(10)
        self._threads.clear()

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            try:
                job()
            except Exception:
                log.exception("a loader job failed")


class LoadedEntity(NamedTuple):
    """An entity as it was loaded and replayed."""

    state: Any
    seq: int
    snapshot_seq: int
    commands: dict[str, KnownCommand] | None
    missed: list[Numbered]
    """Events that are durable but that this process has not published."""
    tells: list[tuple[int, Sequence[Any]]]
    """(seq, tells) of the events whose durable tells may not have arrived."""


def load(journal: Journal, kind: Kind, address: Address, shown: int | None) -> LoadedEntity:
    """Load and replay one entity. Raises what the journal, codec or decider raise.

    ``shown``: up to which seq this process has published its events; None if it does not matter.
    """
    if not kind.durable:
        state = kind.load(address.key) if kind.load is not None else kind.initial(address.key)
        return LoadedEntity(state, 0, 0, None, [], [])
    codec = kind.codec
    assert codec is not None
    loaded = journal.load(address)
    state, seq = None, 0
    events: Sequence[Recorded] = loaded.events
    # Tells are made from the state after their event, so those before the snapshot need the whole story.
    if loaded.snapshot is not None and loaded.told >= loaded.snapshot_seq:
        state = codec.decode_state(loaded.snapshot, loaded.snapshot_version)
        seq = loaded.snapshot_seq
    if state is None:
        state, seq = kind.initial(address.key), 0
        if loaded.snapshot_seq:
            events = journal.read(address, 0)
    state, seq, tells = _replay(kind, state, seq, events, loaded.told)
    commands = known_commands(loaded, kind.kept) or None
    missed = []
    if shown is not None and shown < seq:
        # A commit that seemed to fail was written all the same; its events must not be a gap.
        missed = numbered(codec, journal.read(address, shown, seq))
    return LoadedEntity(state, seq, loaded.snapshot_seq, commands, missed, tells)


def numbered(codec: Codec, records: Sequence[Recorded]) -> list[Numbered]:
    """Return the records' events with their places."""
    return [Numbered(r.seq, codec.decode_event(r.name, r.version, r.data), r.at) for r in records]


def _replay(
    kind: Kind, state: Any, seq: int, events: Sequence[Recorded], told: int
) -> tuple[Any, int, list[tuple[int, Sequence[Any]]]]:
    codec = kind.codec
    assert codec is not None
    untold: list[tuple[int, Sequence[Any]]] = []
    for record in events:
        seq += 1
        if record.seq != seq:
            raise ValueError(f"expected event {seq} in the journal, got {record.seq}")
        event = codec.decode_event(record.name, record.version, record.data)
        state = kind.evolve(state, event)
        if seq > told:
            tells = kind.tells(state, event)
            if any(tell.durable for tell in tells):
                untold.append((seq, tells))
    return state, seq, untold


def state_at(journal: Journal, kind: Kind, address: Address, upto: int) -> Any:
    """Return the state after event ``upto``, with the snapshot's help if it is not younger."""
    loaded = journal.load(address)
    codec = kind.codec
    if codec is not None and loaded.snapshot is not None and loaded.snapshot_seq <= upto:
        state = codec.decode_state(loaded.snapshot, loaded.snapshot_version)
        if state is not None:
            events = [record for record in loaded.events if record.seq <= upto]
            return _replay(kind, state, loaded.snapshot_seq, events, upto)[0]
    return replayed(journal, kind, address, upto)


def replayed(journal: Journal, kind: Kind, address: Address, upto: int) -> Any:
    """Return the state after event ``upto``, from nothing but the events."""
    state = kind.initial(address.key)
    return _replay(kind, state, 0, journal.read(address, 0, upto), upto)[0]
