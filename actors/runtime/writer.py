"""Group commit: one thread writes all that queued while the last commit ran, in one transaction."""

from __future__ import annotations

import logging
import queue
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import pykka

from actors.runtime.entities.chunks import Author, Batch, Chunk
from actors.runtime.errors import Fenced
from actors.runtime.journal import Journal, Write

log = logging.getLogger("actors.journal")

RING = "there is something to write"
TRY = "see whether a commit succeeds"
_PATIENT = 64
"""Chunks that may wait go into a commit up to this number, or half of those that do."""


class WriteQueue:
    """The chunks of whole rounds, from the dispatcher to the writer.

    The writer's own inbox only carries the ring that something is here.
    """

    def __init__(self) -> None:
        self.rounds: deque[list[Chunk]] = deque()
        self.rung = False
        self.ring: Callable[[], None] = lambda: None
        self.attempt: Callable[[], None] = lambda: None
        """Has the writer find out whether a commit succeeds, with nothing to write."""

    def offer(self, chunks: list[Chunk]) -> None:
        """Queue the chunks of one round; they may not be filled any more."""
        self.rounds.append(chunks)
        if not self.rung:
            self.rung = True
            self.ring()


class _Outage:
    """Logs when commits begin to fail, and when they succeed again, not each failure."""

    def __init__(self) -> None:
        self._failed = 0
        self._since = 0.0
        self._why = ""

    def goes_on(self, error: Exception, entities: int) -> None:
        """One more commit failed."""
        if not self._failed:
            self._since = time.monotonic()
        self._failed += 1
        why = f"{type(error).__name__}: {error}"
        if why != self._why:
            self._why = why
            log.error("a commit of %d entities failed; more like it are not logged", entities, exc_info=error)

    def over(self) -> None:
        """A commit succeeded."""
        if self._failed:
            seconds = time.monotonic() - self._since
            log.warning("commits succeed again: %d failed in %.0f s", self._failed, seconds)
            self._failed, self._why = 0, ""


class Writer(pykka.ThreadingActor):
    """The one thread that commits.

    At most ``bound`` chunks go into a transaction, and of those that may wait only so many that
    the next commit, with what cannot wait, is soon. The chunks of one incarnation stay in their
    order: behind one that waits they wait too.
    """

    use_daemon_thread = True

    def __init__(
        self,
        waiting: WriteQueue,
        journal: Journal,
        partition: str,
        epoch: int,
        hand_back: Callable[[Batch], None],
        take: Callable[[Batch], None],
        bound: int,
    ) -> None:
        super().__init__()
        self._offered = waiting
        self._journal = journal
        self._partition = partition
        self._epoch = epoch
        self._hand_back = hand_back
        self._take = take
        self._bound = bound
        self._outage = _Outage()
        self._prompt: deque[Chunk] = deque()
        self._patient: deque[Chunk] = deque()
        self._waiting: dict[Author, int] = {}
        """How many of an incarnation's chunks are among the patient."""
        waiting.ring = lambda: self.actor_ref.tell(RING)
        waiting.attempt = lambda: self.actor_ref.tell(TRY)

    @staticmethod
    def _create_actor_inbox() -> Any:
        return queue.SimpleQueue()  # without the locks that pykka's own takes in Python

    def on_receive(self, message: Any) -> None:
        """Write until nothing is queued; with nothing queued, try whether the journal takes a commit."""
        self._offered.rung = False
        if message == TRY:
            self._hand_back(self._attempt(Batch({}, [], self._take), []))
        while self._offered.rounds or self._prompt or self._patient:
            self._commit()

    def _commit(self) -> None:
        batch = self._collect()
        parts = batch.parts
        if parts:
            self._attempt(batch, [self._write(author, chunks) for author, chunks in parts.items()])
        if batch.error is not None or batch.refused:
            # Before the next batch is collected: what was built on lost events must not be written.
            for author in parts:
                if batch.error is not None or author.address in batch.refused:
                    author.lost = True
        self._hand_back(batch)

    def _attempt(self, batch: Batch, writes: list[Write]) -> Batch:
        started = time.perf_counter()
        try:
            result = self._journal.commit(self._partition, self._epoch, writes)
            batch.refused = dict(result.refused)
            self._outage.over()
        except Fenced as fenced:
            log.error("another owner took partition %s: %s", self._partition, fenced)
            batch.error = fenced
        except Exception as error:  # noqa: BLE001 - logged there
            self._outage.goes_on(error, len(writes))
            batch.error = error
        batch.tried = True
        batch.seconds = time.perf_counter() - started
        return batch

    def _collect(self) -> Batch:
        self._sort_in()
        parts: dict[Author, list[Chunk]] = {}
        dropped: list[Chunk] = []
        for chunk in self._next():
            author = chunk.author
            if author.lost:
                dropped.append(chunk)
            elif author in parts:
                parts[author].append(chunk)
            else:
                parts[author] = [chunk]
        return Batch(parts, dropped, self._take)

    def _sort_in(self) -> None:
        rounds, waiting = self._offered.rounds, self._waiting
        while rounds:
            for chunk in rounds.popleft():
                if chunk.patient or chunk.author in waiting:
                    waiting[chunk.author] = waiting.get(chunk.author, 0) + 1
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
            waiting[chunk.author] -= 1
            if not waiting[chunk.author]:
                del waiting[chunk.author]
        return chunks

    def _write(self, author: Author, chunks: list[Chunk]) -> Write:
        last = chunks[-1]
        records, decoded, wake, told = last.records, last.decoded, last.wake, last.told
        if len(chunks) > 1:
            records = [record for chunk in chunks for record in chunk.records]
            decoded = [event for chunk in chunks for event in chunk.decoded]
            for chunk in chunks[-2::-1]:
                wake = chunk.wake if wake is None else wake
                told = chunk.told if told is None else told
        snapshot, version = self._snapshot(author, last) if last.snapshot else (None, 0)
        return Write(author.address, records, decoded, last.state, snapshot, version, wake, told)

    def _snapshot(self, author: Author, chunk: Chunk) -> tuple[bytes | None, int]:
        codec = author.kind.codec
        assert codec is not None
        try:
            return codec.encode_state(chunk.state), codec.state_version
        except Exception:
            log.exception("no snapshot of %s: its state cannot be encoded", author.address)
            return None, 0
