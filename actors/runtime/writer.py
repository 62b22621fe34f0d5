"""Group commit: one thread writes all that queued while the last commit ran, in one transaction."""

from __future__ import annotations

import logging
import queue
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
import pykka

from actors.runtime.errors import Fenced
from actors.runtime.journal import Journal, Recorded, Write

if TYPE_CHECKING:
    from actors.runtime.commands import Waiting
    from actors.runtime.entity import Entity

log = logging.getLogger("actors.journal")

RING = "there is something to write"
_PATIENT = 64
"""Chunks that may wait go into a commit up to this number, or half of those that do."""


class Chunk(msgspec.Struct, eq=False):
    """What one entity decided in one round of the dispatcher, on its way to the journal.

    The dispatcher fills it; the writer only reads the fields that go into a ``Write``;
    then the dispatcher carries out ``jobs``, ``tells`` and ``hints``. ``life`` says on which
    incarnation of the entity it was built: if that one is lost, so is the chunk.
    """

    entity: Entity
    life: int
    state: Any
    seq: int
    records: list[Recorded] = []
    decoded: list[Any] = []
    jobs: list[Waiting] = []
    tells: list[tuple[int, Any]] | None = None
    hints: list[Any] | None = None
    wake: bool | None = None
    told: int | None = None
    snapshot: bool = False
    sealed: bool = False
    patient: bool = True
    """Nothing in it but events of commands that may wait, see ``Kind``."""


class Committed:
    """A batch on its way back to the dispatcher, with how it went."""

    __slots__ = ("_take", "dropped", "error", "parts", "refused", "seconds")

    def __init__(
        self, parts: dict[Entity, list[Chunk]], dropped: list[Chunk], take: Callable[[Committed], None]
    ) -> None:
        self.parts = parts
        self.dropped = dropped
        self.refused: dict[Any, Exception] = {}
        self.error: Exception | None = None
        self.seconds = 0.0
        self._take = take

    def run(self) -> None:
        """Complete the batch on the dispatcher."""
        self._take(self)


class Writer(pykka.ThreadingActor):
    """The one thread that commits.

    ``queue`` is filled by ``offer`` from the dispatcher; the actor's own inbox only carries
    the ring that something is there. At most ``bound`` chunks go into a transaction, and of
    those that may wait only so many that the next commit, with what cannot wait, is soon.
    The chunks of one entity stay in their order: behind one that waits they wait too.
    """

    use_daemon_thread = True

    def __init__(
        self,
        journal: Journal,
        partition: str,
        epoch: int,
        hand_back: Callable[[Committed], None],
        take: Callable[[Committed], None],
        bound: int,
    ) -> None:
        super().__init__()
        self._journal = journal
        self._partition = partition
        self._epoch = epoch
        self._hand_back = hand_back
        self._take = take
        self._bound = bound
        self._queue: deque[list[Chunk]] = deque()
        self._prompt: deque[Chunk] = deque()
        self._patient: deque[Chunk] = deque()
        self._waiting: dict[Entity, int] = {}
        """How many of an entity's chunks are among the patient."""
        self._rung = False

    @staticmethod
    def _create_actor_inbox() -> Any:
        return queue.SimpleQueue()  # without the locks that pykka's own takes in Python

    def offer(self, chunks: list[Chunk]) -> None:
        """Queue the chunks of one round; they may not be filled any more."""
        self._queue.append(chunks)
        if not self._rung:
            self._rung = True
            self.actor_ref.tell(RING)

    def on_receive(self, message: Any) -> None:
        """Write until nothing is queued."""
        self._rung = False
        while self._queue or self._prompt or self._patient:
            self._commit()

    def _commit(self) -> None:
        committed = self._collect()
        parts = committed.parts
        started = time.perf_counter()
        try:
            if parts:
                writes = [self._write(entity, chunks) for entity, chunks in parts.items()]
                result = self._journal.commit(self._partition, self._epoch, writes)
                committed.refused = dict(result.refused)
        except Fenced as fenced:
            log.error("another owner took partition %s: %s", self._partition, fenced)
            committed.error = fenced
        except Exception as error:
            log.exception("a commit of %d entities failed", len(parts))
            committed.error = error
        committed.seconds = time.perf_counter() - started
        if committed.error is not None or committed.refused:
            # Before the next batch is collected: what was built on lost events must not be written.
            for entity, chunks in parts.items():
                if committed.error is not None or entity.address in committed.refused:
                    entity.lost = chunks[-1].life
        self._hand_back(committed)

    def _collect(self) -> Committed:
        self._sort_in()
        parts: dict[Entity, list[Chunk]] = {}
        dropped: list[Chunk] = []
        for chunk in self._next():
            entity = chunk.entity
            if chunk.life <= entity.lost:
                dropped.append(chunk)
            elif entity in parts:
                parts[entity].append(chunk)
            else:
                parts[entity] = [chunk]
        return Committed(parts, dropped, self._take)

    def _sort_in(self) -> None:
        queue, waiting = self._queue, self._waiting
        while queue:
            for chunk in queue.popleft():
                if chunk.patient or chunk.entity in waiting:
                    waiting[chunk.entity] = waiting.get(chunk.entity, 0) + 1
                    self._patient.append(chunk)
                else:
                    self._prompt.append(chunk)

    def _next(self) -> list[Chunk]:
        """Return the chunks of the next commit: what cannot wait, then, if that is all, some of the rest."""
        prompt, patient, waiting = self._prompt, self._patient, self._waiting
        chunks = [prompt.popleft() for _ in range(min(len(prompt), self._bound))]
        if prompt:
            return chunks
        room = min(self._bound - len(chunks), max(_PATIENT, len(patient) // 2), len(patient))
        for _ in range(room):
            chunk = patient.popleft()
            chunks.append(chunk)
            waiting[chunk.entity] -= 1
            if not waiting[chunk.entity]:
                del waiting[chunk.entity]
        return chunks

    def _write(self, entity: Entity, chunks: list[Chunk]) -> Write:
        last = chunks[-1]
        records, decoded, wake, told = last.records, last.decoded, last.wake, last.told
        if len(chunks) > 1:
            records = [record for chunk in chunks for record in chunk.records]
            decoded = [event for chunk in chunks for event in chunk.decoded]
            for chunk in chunks[-2::-1]:
                wake = chunk.wake if wake is None else wake
                told = chunk.told if told is None else told
        snapshot, version = self._snapshot(entity, last) if last.snapshot else (None, 0)
        return Write(entity.address, records, decoded, last.state, snapshot, version, wake, told)

    def _snapshot(self, entity: Entity, chunk: Chunk) -> tuple[bytes | None, int]:
        codec = entity.kind.codec
        assert codec is not None
        try:
            return codec.encode_state(chunk.state), codec.state_version
        except Exception:
            log.exception("no snapshot of %s: its state cannot be encoded", entity.address)
            return None, 0
