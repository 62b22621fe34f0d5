"""The unlocks of one bus that have not ended: what waits to pulse its lock, and whose lock should be open."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from devicegw.bus.attempt import UnlockAttempt
from devicegw.bus.config import Timings
from devicegw.bus.messages import Listener, UnlockCommand, UnlockDone
from devicegw.clock import Clock
from devicegw.wire import Outcome


class Unlocks:
    """Every command that is taken ends by exactly one UnlockDone."""

    def __init__(self, timings: Timings, clock: Clock, listener: Listener) -> None:
        self._timings = timings
        self._clock = clock
        self._listener = listener
        self._waiting: deque[UnlockAttempt] = deque()
        self._opening: list[UnlockAttempt] = []

    def take(self, command: UnlockCommand) -> None:
        """Let it wait for its turn."""
        self._waiting.append(UnlockAttempt(command, self._timings))

    def refuse(self, command: UnlockCommand, detail: str) -> None:
        """End one that is not for this bus."""
        self._finish(UnlockAttempt(command, self._timings), "unsupported", detail)

    def to_pulse(self, now: float) -> UnlockAttempt | None:
        """Return the one that may pulse its lock now, the longest waiting first."""
        return next((attempt for attempt in self._waiting if attempt.pulse_at <= now), None)

    def pulse_moments(self) -> Iterator[float]:
        """Return when each that waits may pulse."""
        return (attempt.pulse_at for attempt in self._waiting)

    def pulsed(self, attempt: UnlockAttempt) -> None:
        """From now on its lock should be opening."""
        self._waiting.remove(attempt)
        self._opening.append(attempt)

    def opening_boards(self) -> set[int]:
        """Return the boards with a lock that should be opening."""
        return {attempt.command.board for attempt in self._opening}

    def opening_on(self, board: int) -> list[UnlockAttempt]:
        """Return those whose lock on this board should be opening."""
        return [attempt for attempt in self._opening if attempt.command.board == board]

    def opened(self, attempt: UnlockAttempt) -> None:
        """End it: its lock was seen open."""
        self._opening.remove(attempt)
        self._finish(attempt, "opened", "")

    def settle(self, now: float) -> None:
        """End what has run out of time; send for another try what may have one."""
        for attempt in list(self._waiting):
            if attempt.too_late(now):
                self._waiting.remove(attempt)
                self._finish(attempt, *attempt.verdict_when_late())
        for attempt in list(self._opening):
            if now < attempt.give_up_at:
                continue
            self._opening.remove(attempt)
            if attempt.may_retry(now):
                self._waiting.append(attempt)
            else:
                self._finish(attempt, *attempt.verdict())

    def fail_of_lost_port(self, now: float, lost_at: float, port: str) -> float:
        """End those that have waited too long for the port; return when the next one will have."""
        patience = float("inf")
        for queue in (self._waiting, self._opening):
            for attempt in list(queue):
                command = attempt.command
                end = min(command.expires, max(lost_at, command.received) + self._timings.lost_s)
                if now >= end:
                    queue.remove(attempt)
                    self._finish(attempt, "bus_error", f"{port} is lost")
                else:
                    patience = min(patience, end - now)
        return patience

    def fail_all(self, reason: str) -> None:
        """End every one that is left in bus_error."""
        for attempt in [*self._waiting, *self._opening]:
            self._finish(attempt, "bus_error", reason)
        self._waiting.clear()
        self._opening.clear()

    def _finish(self, attempt: UnlockAttempt, outcome: Outcome, detail: str) -> None:
        command = attempt.command
        total = self._clock.monotonic() - command.received
        self._listener(
            UnlockDone(command.command_id, outcome, detail, attempt.first_byte_s, total, attempt.tries)
        )
