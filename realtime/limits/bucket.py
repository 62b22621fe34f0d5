"""The token bucket that every allowance is counted with."""

from __future__ import annotations

from collections.abc import Callable


class TokenBucket:
    """``rate`` tokens a second, kept up to ``burst`` (by default as many). ``clock`` is monotonic seconds."""

    __slots__ = ("_burst", "_clock", "_left", "_rate", "_read_at", "spent")

    def __init__(self, rate: float, clock: Callable[[], float], burst: float | None = None) -> None:
        self._rate = rate
        self._burst = rate if burst is None else burst
        self._clock = clock
        self._left = self._burst
        self._read_at = clock()
        self.spent = 0.0
        """Tokens given out since somebody set it back; other processes are told of them."""

    def take(self) -> bool:
        """Take one; return whether there was one left."""
        if self._left < 1.0:
            self._refill()
            if self._left < 1.0:
                return False
        self._left -= 1.0
        self.spent += 1.0
        return True

    def give(self, wanted: float, now: float | None = None) -> float:
        """Take up to ``wanted`` tokens; return how many there were. ``now`` is the clock's, if just read."""
        if now is None:
            now = self._clock()
        left = self._left + (now - self._read_at) * self._rate
        if left > self._burst:  # a call of min() costs more than all this
            left = self._burst
        self._read_at = now
        given = wanted if wanted <= left else left if left > 0.0 else 0.0
        self._left = left - given
        self.spent += given
        return given

    def charge(self, tokens: float) -> None:
        """Take so many whether they are there or not, down to owing one burst at most."""
        self._refill()
        self.spent += tokens
        self.drain(tokens)

    def put_back(self, tokens: float) -> None:
        """Return what was taken and not used."""
        self._left = min(self._burst, self._left + tokens)
        self.spent -= tokens

    def drain(self, tokens: float) -> None:
        """Take what was used elsewhere, down to owing one burst at most."""
        self._left = max(-self._burst, self._left - tokens)

    def wait_s(self, tokens: float = 1.0) -> float:
        """Return in how many seconds so many tokens are available, if no others are taken."""
        self._refill()
        return max(0.0, (tokens - self._left) / self._rate)

    def full(self) -> bool:
        """Return whether forgetting this bucket would change nothing."""
        self._refill()
        return self._left >= self._burst

    def _refill(self) -> None:
        now = self._clock()
        left = self._left + (now - self._read_at) * self._rate
        self._left = left if left < self._burst else self._burst  # a call of min() costs more than all this
        self._read_at = now
