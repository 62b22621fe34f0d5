"""Looking at the frames of a bus as they pass, for a while and at no one's cost."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from devicegw.clock import Clock

RING = 512
"""Frames kept until somebody fetches them; the oldest go first and are counted."""
Direction = Literal["out", "in"]


@dataclass(frozen=True, slots=True)
class Passed:
    """One frame, or what came in one piece of silence."""

    at: float
    """POSIX seconds of its first byte."""
    direction: Direction
    data: bytes
    meaning: str
    board: int | None = None
    """Whose exchange it belongs to; None: nobody was asked."""
    fault: bool = False
    """Not what was hoped for: no answer, a broken or a foreign one, noise."""


class Tap:
    """A bounded ring of what passed. Written by the bus's thread, drained by it too."""

    def __init__(self, clock: Clock, seconds: float, limit: int = RING) -> None:
        self._clock = clock
        self._until = clock.monotonic() + seconds
        self._ring: deque[Passed] = deque(maxlen=limit)
        self._dropped = 0

    @property
    def over(self) -> bool:
        """Tell whether its time has passed."""
        return self._clock.monotonic() >= self._until

    def note(
        self,
        direction: Direction,
        data: bytes,
        meaning: str,
        at: float,
        *,
        board: int | None = None,
        fault: bool = False,
    ) -> None:
        """Keep a frame whose first byte passed at a monotonic time."""
        if self.over:
            return
        if len(self._ring) == self._ring.maxlen:
            self._dropped += 1
        wall = self._clock.now() - (self._clock.monotonic() - at)
        self._ring.append(Passed(wall, direction, data, meaning, board, fault))

    def drain(self) -> tuple[int, list[Passed]]:
        """Return how many were dropped since the last time, and the frames kept."""
        frames, dropped = list(self._ring), self._dropped
        self._ring.clear()
        self._dropped = 0
        return dropped, frames
