"""One attempt to unlock, from receipt to its end.

::

    waiting --pulse--> opening --hook seen open--> opened
       |                  |
       |                  +--open_s passed--> waiting again (tries left, still in time)
       |                  +--open_s passed--> not_opened (the board answered: closed)
       |                  +--open_s passed--> bus_error (the board never answered, or refused)
       +--time to live passed, never pulsed--> expired
"""

from __future__ import annotations

from devicegw.bus.config import Timings
from devicegw.bus.messages import UnlockCommand
from devicegw.wire import Hook, Outcome


class UnlockAttempt:
    """The attempts of one command and what was seen in between."""

    def __init__(self, command: UnlockCommand, timings: Timings) -> None:
        self.command = command
        self.tries = 0
        self.pulse_at = command.received
        """Not pulsed before this."""
        self.give_up_at = 0.0
        self.first_byte_s: float | None = None
        self.refusal = ""
        """Why the board declined the last pulse, if it did."""
        self._timings = timings
        self._evidence_after = 0
        self._seen_closed = False

    def too_late(self, now: float) -> bool:
        """Tell whether the lock may no longer be pulsed."""
        return now >= self.command.expires

    def pulsed(self, at: float, exchange: int, *, acknowledged: bool) -> None:
        """Record a pulse. Readings of the hook count from the exchanges after it.

        If the acknowledgement is missing it may still come, in the place of the next
        answer, so that one is no evidence either.
        """
        self.tries += 1
        if self.first_byte_s is None:
            self.first_byte_s = at - self.command.received
        self._evidence_after = exchange if acknowledged else exchange + 1
        self._seen_closed = False
        self.give_up_at = at + self._timings.open_s

    def sees(self, hook: Hook, exchange: int) -> bool:
        """Take the hook's reading from an answered poll; return whether the lock is open now."""
        if exchange <= self._evidence_after:
            return False
        if hook == "open":
            return True
        self._seen_closed = True
        return False

    def may_retry(self, now: float) -> bool:
        """Tell whether there is another try, and plan it."""
        if self.tries >= self._timings.tries:
            return False
        self.pulse_at = now + self._timings.retry_s * 2.0 ** (self.tries - 1)
        return self.pulse_at < self.command.expires

    def verdict(self) -> tuple[Outcome, str]:
        """Return how the attempt ends after its last try did not open the lock."""
        if self.refusal:
            return "bus_error", f"the board refused the pulse: {self.refusal}"
        if self._seen_closed:
            return "not_opened", f"the hook stayed closed after {self.tries} tries"
        return "bus_error", f"the board did not answer in {self.tries} tries"

    def verdict_when_late(self) -> tuple[Outcome, str]:
        """Return how the attempt ends if its time ran out while it waited to pulse."""
        if self.tries == 0:
            return "expired", "the time to live passed before the lock could be pulsed"
        return self.verdict()
