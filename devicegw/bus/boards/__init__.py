"""What a bus needs of a board protocol, without any I/O.

A driver turns requests into bytes and bytes into answers. It opens nothing, waits
for nothing and retries nothing: that is the bus's work, once for all protocols.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class BoardStatus(NamedTuple):
    """A board's status, in its own bit levels; bit n is channel n."""

    board: int
    hooks: int
    sensors: int


class Acknowledged(NamedTuple):
    """A good answer without a status: to a pulse, or to one part of a status read in parts."""

    board: int


class BoardRefused(NamedTuple):
    """The board understood the request and rejected it."""

    board: int
    detail: str


class BadFrame(NamedTuple):
    """Bytes that no frame could be made of; the receiver has gone on behind them."""

    reason: str
    """``checksum``: a whole frame with the wrong sum; ``garbage``: not a frame at all."""
    data: bytes


Answer = BoardStatus | Acknowledged | BoardRefused
Received = Answer | BadFrame


class Driver(Protocol):
    """One protocol on one bus. Not thread-safe: the bus actor owns it."""

    def status(self, board: int) -> Sequence[bytes]:
        """Return the requests for the status of one board; the answer to the last is a BoardStatus."""

    def unlock(self, board: int, channel: int) -> bytes:
        """Return the request that pulses one lock for a time that the board itself measures."""

    def expect(self, board: int, request: bytes) -> None:
        """Expect the answer to this request from now on, and forget a frame begun."""

    def receive(self, data: bytes) -> Sequence[Received]:
        """Take the next bytes, in any chunks; return what they complete."""

    def mirrors(self, request: bytes) -> bool:
        """Tell whether a good answer may be the very bytes of the request, as an echo is."""

    def explain(self, request: bytes) -> str:
        """Return what a request means, in words."""
