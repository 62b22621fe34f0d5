"""What the runtime wants to know of a kind of entity. It reads deciders structurally and imports none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from actors.runtime.address import Address


class Codec(Protocol):
    """How events, answers and states of a kind become bytes; encodings are the same in every process."""

    @property
    def state_version(self) -> int:
        """Version of ``encode_state``'s bytes."""

    def event_name(self, event: Any) -> tuple[str, int]:
        """Return the event's name and schema version."""

    def encode_event(self, event: Any) -> bytes:
        """Return the event's JSON object."""

    def decode_event(self, name: str, version: int, data: bytes) -> Any:
        """Return the event as its current type; raises on what this program does not know."""

    def encode_state(self, state: Any) -> bytes:
        """Return a snapshot."""

    def decode_state(self, data: bytes, version: int) -> Any | None:
        """Return the snapshot's state, or None if it cannot be used (then the events are replayed)."""

    def encode_answer(self, answer: Any) -> bytes:
        """Return the bytes of an answer or a refusal."""

    def decode_answer(self, data: bytes) -> Any:
        """Return the answer or refusal."""

    def fingerprint(self, command: Any) -> int:
        """Return a number for the command's body."""


class Kind:
    """One kind of entity: its decider (an object with the functions named below), its codec,
    and how the runtime keeps it.

    ``durable`` False: nothing is journalled; ``load(key)`` gives the state at activation (else
    ``initial``), events are numbered from 1 in memory, published at once and kept in a bounded history.
    ``snapshot_every`` events a snapshot is due; ``kept`` answers stay in memory for repeats. A decider
    may name in ``patient`` the commands whose events let those of others be written first.
    """

    __slots__ = (
        "awake", "codec", "context", "deadline", "decide", "durable", "encode_answer", "encode_event",
        "event_name", "evolve", "fingerprint", "initial", "kept", "load", "look", "name", "on_deadline",
        "patient", "snapshot_every", "tells",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        decider: Any,
        codec: Codec | None = None,
        durable: bool = True,
        load: Callable[[str], Any] | None = None,
        snapshot_every: int = 200,
        kept: int = 128,
    ) -> None:
        if durable and codec is None:
            raise ValueError(f"expected a codec for the durable kind {name}")
        self.name = name
        self.codec = codec
        self.durable = durable
        self.load = load
        self.snapshot_every = snapshot_every
        self.kept = kept
        self.initial: Callable[[str], Any] = decider.initial
        self.decide: Callable[[Any, Any, Any], Any] = decider.decide
        self.evolve: Callable[[Any, Any], Any] = decider.evolve
        self.tells: Callable[[Any, Any], Sequence[Any]] = decider.tells
        self.deadline: Callable[[Any], float | None] = decider.deadline
        self.awake: Callable[[Any, float], Any] = decider.awake
        self.context: Callable[[float, str, str], Any] = decider.context
        self.on_deadline: Any = decider.on_deadline
        self.look: type = decider.look
        self.patient: frozenset[type] = frozenset(getattr(decider, "patient", ()))
        self.fingerprint: Callable[[Any], int] = codec.fingerprint if codec is not None else lambda command: 0
        if codec is not None:
            self.event_name = codec.event_name
            self.encode_event = codec.encode_event
            self.encode_answer = codec.encode_answer


class Numbered(msgspec.Struct, frozen=True, gc=False):
    """An event with its place in its entity's stream."""

    offset: int
    """The journal seq, or the count since activation of a volatile entity."""
    event: Any
    at: float


class Publication(msgspec.Struct, frozen=True, gc=False):
    """What has become durable (or, of a volatile entity, has happened) to one entity."""

    address: Address
    epoch: str
    state: Any
    """After the last of the events."""
    events: tuple[Numbered, ...]


class Stretch(NamedTuple):
    """What a subscriber missed."""

    epoch: str
    events: list[Numbered]
    head: int
    """Offset of the last event."""


REFUSING: dict[type, bool] = {type(None): False}
"""What was found out of the types of answers so far."""


def is_refusal(answer: Any) -> bool:
    """True if an answer is a refusal, which is known by its status and code."""
    kind = type(answer)
    known = REFUSING.get(kind)
    if known is None:
        known = REFUSING[kind] = hasattr(kind, "status") and hasattr(kind, "code")
    return known
