"""What entities decided in one round of the dispatcher, on its way to the journal and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from actors.runtime.address import Address
from actors.runtime.entities.answers import AfterCommit
from actors.runtime.entities.envelopes import Envelope
from actors.runtime.journal import Recorded
from actors.runtime.kind import Kind


class Author(Protocol):
    """Who decided it: one incarnation of an entity. If that is lost, so is all that was built on it."""

    address: Address
    kind: Kind
    lost: bool
    """Set by the writer or on the dispatcher, never taken back."""

    def seal(self, chunk: Chunk) -> None:
        """The round is over: complete the chunk; nothing more goes into it."""

    def committed(self, chunk: Chunk) -> None:
        """The chunk is durable."""

    def refused(self, chunks: list[Chunk], why: Exception, own: bool = False) -> None:
        """The chunks were not written, and cannot be; with ``own`` it was for what is in them."""


class Chunk(msgspec.Struct, eq=False):
    """What one incarnation decided in one round.

    The dispatcher fills it; the writer only reads the fields that go into a ``Write``;
    then the dispatcher carries out ``jobs``, ``tells`` and ``hints``.
    """

    author: Author
    state: Any
    seq: int
    records: list[Recorded] = []
    decoded: list[Any] = []
    jobs: list[AfterCommit] = []
    taken: list[Envelope] = []
    """What was taken while it was the last that is not durable, in order."""
    makers: list[Envelope] = []
    """Those of them whose events are in it."""
    tells: list[tuple[int, Any]] | None = None
    hints: list[Any] | None = None
    wake: bool | None = None
    told: int | None = None
    snapshot: bool = False
    sealed: bool = False
    patient: bool = True
    """Nothing in it but events of commands that may wait, see ``Kind``."""


class Batch:
    """The chunks of one transaction on their way back to the dispatcher, with how it went."""

    __slots__ = ("_take", "dropped", "error", "parts", "refused", "seconds", "tried")

    def __init__(
        self, parts: dict[Author, list[Chunk]], dropped: list[Chunk], take: Callable[[Batch], None]
    ) -> None:
        self.parts = parts
        self.dropped = dropped
        """Of incarnations that were lost already."""
        self.refused: dict[Address, Exception] = {}
        self.error: Exception | None = None
        """Why nothing of it was written."""
        self.seconds = 0.0
        self.tried = False
        """True if the journal was asked to commit at all."""
        self._take = take

    def run(self) -> None:
        """Complete the batch on the dispatcher."""
        self._take(self)
