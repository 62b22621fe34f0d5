"""From the entities to the journal's writer and back: the outbox of a round, and what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from actors.runtime.address import Address
from actors.runtime.entities.chunks import Batch, Chunk
from actors.runtime.entities.loading import Loader
from actors.runtime.errors import Fenced, Unavailable
from actors.runtime.journal import Journal, Kept
from actors.runtime.kind import Publication
from actors.runtime.writer import WriteQueue

log = logging.getLogger("actors")


class Commits:
    """Collects a round's chunks, hands them to the writer, and completes them when they are durable.

    ``fenced_off`` is called with the error for everybody once another owner took the partition.
    """

    def __init__(
        self,
        journal: Journal,
        loader: Loader,
        publish: Callable[[Publication], None] | None,
        fenced_off: Callable[[Exception], None],
    ) -> None:
        self._journal = journal
        self._loader = loader
        self._publish = publish
        self._fenced_off = fenced_off
        self._outbox: list[Chunk] = []
        self.append: Callable[[Chunk], None] = self._outbox.append
        """Have a chunk written at the end of this round."""
        self.queue: WriteQueue | None = None
        """Leads to the writer while there is one."""
        self.fenced = False
        self.failing: Exception | None = None
        """Why the last commit failed, if it did."""
        self.backlog = 0
        """Chunks that are not durable yet."""
        self.batches = self.batched = self.largest = 0
        self.seconds = self.slowest = 0.0

    # --- out -------------------------------------------------------------------

    def hand_on(self) -> None:
        """The round is over: give its chunks to the writer."""
        if not self._outbox:
            return
        chunks = self._outbox[:]
        self._outbox.clear()
        queue = self.queue
        if queue is None:
            gone = Unavailable("the system has stopped")
            for chunk in chunks:
                chunk.author.lost = True
                chunk.author.refused([chunk], gone)
            return
        for chunk in chunks:
            chunk.author.seal(chunk)
        self.backlog += len(chunks)
        queue.offer(chunks)

    def idle(self) -> bool:
        """True if nothing waits to be durable."""
        return not (self.backlog or self._outbox)

    # --- back ------------------------------------------------------------------

    def committed(self, batch: Batch) -> None:
        """Complete a batch that came back from the writer."""
        parts, refused, error = batch.parts, batch.refused, batch.error
        done = sum(map(len, parts.values())) + len(batch.dropped)
        self.backlog -= done
        self.batches += 1
        self.batched += done
        self.largest = max(self.largest, done)
        self.seconds += batch.seconds
        if batch.tried:
            self.failing = error
        self.slowest = max(self.slowest, batch.seconds)
        if isinstance(error, Fenced):
            self.fenced = True
        for author, chunks in parts.items():
            why = error if error is not None else refused.get(author.address) if refused else None
            if why is not None:
                author.refused(chunks, why, own=error is None)
            else:
                for chunk in chunks:
                    author.committed(chunk)
        for chunk in batch.dropped:
            chunk.author.refused([chunk], Unavailable(f"{chunk.author.address}: an earlier commit was lost"))
        if isinstance(error, Fenced):
            self._fenced_off(Unavailable(f"another owner took over: {error}"))

    def publish(self, publication: Publication) -> None:
        """Hand out what has become durable."""
        if self._publish is not None:
            try:
                self._publish(publication)
            except Exception:
                log.exception("publishing %s failed", publication.address)

    def kept(self, address: Address, command_id: str, then: Callable[[Kept | None], None]) -> None:
        """Look an old command up on a loader thread, go on with the result on the dispatcher.

        What cannot be looked up counts as not found.
        """

        def failed(error: Exception) -> None:
            log.error("command %s of %s could not be looked up", command_id, address, exc_info=error)
            then(None)

        def known() -> Any:
            return self._journal.known(address, command_id)

        self._loader.read(known, then, failed)
