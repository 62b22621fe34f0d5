"""How much one connection may ask for."""

from __future__ import annotations

from collections.abc import Callable


class TokenBucket:
    """``rate`` commands a second, with a burst of as many. ``clock`` is monotonic seconds."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._left = rate
        self._at = clock()

    def take(self) -> bool:
        """Take one; return whether there was one left."""
        if self._left < 1.0:
            now = self._clock()
            self._left = min(self._rate, self._left + (now - self._at) * self._rate)
            self._at = now
            if self._left < 1.0:
                return False
        self._left -= 1.0
        return True
