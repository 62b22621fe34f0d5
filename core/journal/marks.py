"""How far the journal has got, kept outside of it: a small file beside the database.

A database that has lost its last commits is in itself consistent; only somebody else can know that
there was more. Every commit that is going to be answered leaves a line here first. A line outlives
the process at once (it is in the machine's cache), and a power cut after at most `SYNC_S`.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from core.journal.chain import CommitHead, Extent

log = logging.getLogger("actors.journal")

SYNC_S = 1.0
_MOST_BYTES = 1_000_000
"""Of one file; when it is full it becomes the older of two."""
_MOST_NAMES = 50


class Mark(msgspec.Struct, array_like=True, frozen=True):
    """One commit that was made."""

    stream: str
    """Which journal it was made in: another one's marks say nothing."""
    partition: str
    number: int
    checksum: str
    at: float
    entities: list[str] = []
    """Some of them, so that a loss can be told by name."""


_decoder = msgspec.json.Decoder(Mark)
_encode = msgspec.json.Encoder().encode


class Marks:
    """The file; written by the journal's one writer thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._older = path.with_name(f"{path.name}.1")
        self._file: int | None = None
        self._size = 0
        self._synced = 0.0
        self._failing = False

    def add(
        self, stream: str, partition: str, head: CommitHead, at: float, extents: Sequence[Extent]
    ) -> None:
        """Record a commit. A failing disk is logged once; the commit itself was made."""
        names = [entity for entity, _, _ in extents[:_MOST_NAMES]]
        line = _encode(Mark(stream, partition, head.number, head.checksum, at, names)) + b"\n"
        try:
            self._write(line)
        except OSError:
            if not self._failing:
                log.exception("%s cannot be written; a loss of later commits would not show", self._path)
            self._failing = True
        else:
            self._failing = False

    def read(self, stream: str, partition: str) -> Iterator[Mark]:
        """Yield the marks of a journal's partition, oldest first; half a line at the end is none."""
        for path in (self._older, self._path):
            lines = path.read_bytes().splitlines() if path.exists() else []
            for line in lines:
                try:
                    mark = _decoder.decode(line)
                except msgspec.MsgspecError:
                    continue
                if mark.stream == stream and mark.partition == partition:
                    yield mark

    def forget(self) -> None:
        """Start over: the loss has been accepted."""
        self.close()
        self._path.unlink(missing_ok=True)
        self._older.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, line: bytes) -> None:
        if self._file is None or self._size > _MOST_BYTES:
            self._open()
        assert self._file is not None
        os.write(self._file, line)
        self._size += len(line)
        now = time.monotonic()
        if now - self._synced > SYNC_S:
            os.fdatasync(self._file)
            self._synced = now

    def _open(self) -> None:
        if self._file is not None:
            self.close()
            os.replace(self._path, self._older)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = os.fstat(self._file).st_size
        if self._size:
            os.write(self._file, b"\n")  # a line that a power cut halved stays one of its own
