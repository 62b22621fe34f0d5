"""A journal that lives as long as the process: the reference store, for tests, benchmarks and demos."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from actors.runtime.address import Address
from actors.runtime.errors import Conflict, Fenced
from actors.runtime.journal import CommitResult, Kept, Loaded, Recorded, Write

_NO_EVENTS: tuple[Recorded, ...] = ()


class _Stream:
    """What the journal holds of one entity."""

    __slots__ = (
        "commands",
        "events",
        "settled",
        "snapshot",
        "snapshot_seq",
        "snapshot_version",
        "told",
        "wake",
    )

    def __init__(self) -> None:
        self.events: list[Recorded] = []
        self.commands: dict[str, int] = {}
        """Seq of the event that each command made first, in order."""
        self.settled: dict[str, int] = {}
        """Seq of the event that answers a command."""
        self.snapshot: bytes | None = None
        self.snapshot_version = 0
        self.snapshot_seq = 0
        self.told = 0
        self.wake = False

    def kept(self, command_id: str) -> Kept:
        """Return what is known of a command; raises KeyError if nothing is."""
        made = self.events[self.commands[command_id] - 1]
        settled = self.settled.get(command_id)
        answer = self.events[settled - 1].answer if settled is not None else None
        fingerprint = made.fingerprint if made.command_id == command_id else None
        return Kept(command_id, fingerprint, answer, made.seq)


class MemoryJournal:
    """The journal port over dictionaries, safe for any thread.

    ``kept`` bounds the answers that a load gives. ``project`` stands for the read
    models: it is called with each write before the write takes hold, and by
    raising refuses that entity's write alone.
    """

    def __init__(self, *, kept: int = 128, project: Callable[[Write], None] | None = None) -> None:
        self._kept = kept
        self._project = project
        self._lock = threading.Lock()
        self._epoch = uuid.uuid4().hex
        self._owners: dict[str, int] = {}
        self._streams: dict[Address, _Stream] = {}

    @property
    def stream_epoch(self) -> str:
        """Name of this journal's history; new for each instance."""
        return self._epoch

    def take(self, partition: str) -> int:
        """Become the owner of the partition; return the new, higher epoch."""
        with self._lock:
            epoch = self._owners.get(partition, 0) + 1
            self._owners[partition] = epoch
            return epoch

    def load(self, address: Address) -> Loaded:
        """Return the snapshot, the events after it, and the answers kept at or before it."""
        with self._lock:
            stream = self._streams.get(address)
            if stream is None:
                return Loaded(None, 0, 0, _NO_EVENTS, (), 0)
            at = stream.snapshot_seq
            kept: tuple[Kept, ...] = ()
            if at:
                recent = (each for each, seq in reversed(stream.commands.items()) if seq <= at)
                kept = tuple([stream.kept(each) for each in islice(recent, self._kept)][::-1])
            return Loaded(
                stream.snapshot, stream.snapshot_version, at, tuple(stream.events[at:]), kept, stream.told
            )

    def read(self, address: Address, after: int, upto: int | None = None) -> Sequence[Recorded]:
        """Return the events with ``after < seq <= upto``, in order."""
        with self._lock:
            stream = self._streams.get(address)
            return stream.events[after:upto] if stream is not None else ()

    def commit(self, partition: str, epoch: int, batch: Sequence[Write]) -> CommitResult:
        """Write the batch; refuse single entities. Raises Fenced if another owner took the partition."""
        refused: dict[Address, Conflict | Exception] = {}
        with self._lock:
            owner = self._owners.get(partition, 0)
            if owner != epoch:
                raise Fenced(f"partition {partition} is owned by epoch {owner}, this writer has {epoch}")
            for write in batch:
                try:
                    self._write(write)
                except Exception as why:  # noqa: BLE001 - a poisoned write fails alone, whatever ails it
                    refused[write.address] = why
        return CommitResult(refused)

    def _write(self, write: Write) -> None:
        stream = self._streams.get(write.address) or _Stream()
        expected = len(stream.events) + 1
        commands = stream.commands
        for record in write.events:
            if record.seq != expected:
                raise Conflict(f"{write.address}: expected seq {expected}, got {record.seq}")
            if record.command_id is not None and record.command_id in commands:
                raise Conflict(f"{write.address}: command {record.command_id} is known")
            expected += 1
        if self._project is not None:
            self._project(write)
        self._streams[write.address] = stream
        stream.events.extend(write.events)
        for record in write.events:
            if record.command_id is not None:
                commands[record.command_id] = record.seq
            if record.settles is not None:
                stream.settled[record.settles] = record.seq
                commands.setdefault(record.settles, record.seq)
        if write.snapshot is not None:
            stream.snapshot, stream.snapshot_version = write.snapshot, write.snapshot_version
            stream.snapshot_seq = len(stream.events)
        if write.wake is not None:
            stream.wake = write.wake
        if write.told is not None:
            stream.told = write.told

    def known(self, address: Address, command_id: str) -> Kept | None:
        """Return what is kept of a command however old, or None."""
        with self._lock:
            stream = self._streams.get(address)
            return stream.kept(command_id) if stream is not None and command_id in stream.commands else None

    def wakes(self) -> Iterable[Address]:
        """Return the entities to wake at start."""
        with self._lock:
            return [address for address, stream in self._streams.items() if stream.wake]

    def addresses(self, kind: str) -> Iterable[Address]:
        """Return every entity of a kind that has an event."""
        with self._lock:
            return [a for a, stream in self._streams.items() if a.kind == kind and stream.events]

    def close(self) -> None:
        """Nothing to close; the history goes with the object."""
