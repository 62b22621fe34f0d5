"""One bus: the order of polls and commands, and how an unlock ends.

The bus is a plain object that does one thing a ``step``; the actor in
``devicegw.bus.actor`` gives it a thread. Priorities, highest first:

1. an unlock that has not pulsed its lock yet;
2. a board with a lock that should be opening: asked again and again at the line's rate;
3. every board in turn, each ``poll_s``; a dead one more and more seldom.

After a watched board fails to answer, and while the round is overdue, watched
boards and boards of the round take turns, so neither a dead board nor a stuck
lock starves the others.
"""

from __future__ import annotations

import logging
from typing import Any

from devicegw.bus.attempt import UnlockAttempt
from devicegw.bus.board_state import BoardState
from devicegw.bus.boards import BoardRefused, BoardStatus, Driver
from devicegw.bus.config import BusConfig
from devicegw.bus.line import SerialLine
from devicegw.bus.messages import Listener, SlotReading, UnlockCommand
from devicegw.bus.port import OpenPort, PortLost
from devicegw.bus.tap import Passed, Tap
from devicegw.bus.unlocks import Unlocks
from devicegw.clock import Clock

_log = logging.getLogger("devices.bus")

OVERDUE_ROUNDS = 2.5
"""Poll intervals after which the round takes turns with the watched boards."""
LOOK_AGAIN_S = 0.01
"""Pause before a board is asked again that showed a change not yet believed."""
CHOICE_S = 1e-5
"""Silence too short to wait for apart from the exchange."""
DEAD_SHARE = 0.1
"""Most of the line's time that waiting for one dead board may take."""


class Bus:
    """Master of one RS-485 bus. Called by one thread only."""

    def __init__(
        self,
        index: int,
        config: BusConfig,
        driver: Driver,
        open_port: OpenPort,
        clock: Clock,
        listener: Listener,
    ) -> None:
        self._config = config
        self._timings = config.timings
        self._driver = driver
        self._clock = clock
        self._listener = listener
        self._line = SerialLine(open_port, config.baudrate, driver, config.timings, clock)
        self._boards = {
            board.address: BoardState(index, board, config.timings, clock) for board in config.boards
        }
        self._unlocks = Unlocks(config.timings, clock, listener)
        self._exchanges = 0
        self._round_goes_first = False
        self._lost_at: float | None = None
        self._reopen_at = 0.0
        self._reopen_pause = self._timings.reopen_s

    # --- from above -----------------------------------------------------------

    def submit(self, command: UnlockCommand) -> None:
        """Accept an unlock; exactly one UnlockDone will be reported for it."""
        board = self._boards.get(command.board)
        if board is None or command.lock >= board.locks:
            self._unlocks.refuse(command, f"no lock {command.lock} on board {command.board} is configured")
        else:
            self._unlocks.take(command)

    def step(self) -> float:
        """Do what is most urgent; return the seconds until the next (0: at once)."""
        try:
            if not self._line.is_open:
                return self._reopen()
            return self._work()
        except PortLost as error:
            self._lost(error)
            return 0.0

    def close(self, reason: str = "the agent stops") -> None:
        """Close the port; every unlock left ends in bus_error."""
        self._unlocks.fail_all(reason)
        self._line.close()

    def survey(self) -> list[SlotReading] | None:
        """Return every slot's reading, None until every board has answered or was given up."""
        boards = self._boards.values()
        if not all(board.known for board in boards):
            return None
        return [reading for board in boards for reading in board.everything()]

    def health(self) -> dict[str, Any]:
        """Return the state of the bus for telemetry."""
        boards = {str(address): board.health.as_dict() for address, board in self._boards.items()}
        line = {"open": self._line.is_open, "echoing": self._line.echoing, "exchanges": self._exchanges}
        return {"port": self._config.port, **line, "boards": boards}

    def tap(self, seconds: float) -> None:
        """Keep the frames that pass from now on, for so long."""
        self._line.tap = Tap(self._clock, seconds)

    def passed(self) -> tuple[int, list[Passed]] | None:
        """Return what passed since the last time (dropped, frames); None once the tap's time is over."""
        tap = self._line.tap
        if tap is None:
            return None
        dropped, frames = tap.drain()
        if tap.over:
            self._line.tap = None
            return (dropped, frames) if frames else None
        return dropped, frames

    # --- what is next ---------------------------------------------------------

    def _work(self) -> float:
        rest = self._line.rest_s
        if rest > CHOICE_S:
            # Chosen after the silence, not before it: an unlock that comes meanwhile goes first.
            return rest
        now = self._clock.monotonic()
        self._unlocks.settle(now)
        pulse = self._unlocks.to_pulse(now)
        if pulse is not None:
            self._pulse(pulse)
            return 0.0
        due = min(self._boards.values(), key=lambda board: board.due_at)
        watched = self._most_neglected_watched()
        overdue = now - due.due_at > OVERDUE_ROUNDS * self._timings.poll_s
        if watched is not None and not (due.due_at <= now and self._round_goes_first):
            answered = self._ask(watched)
            self._round_goes_first = overdue or not answered
            return 0.0
        if due.due_at <= now:
            self._round_goes_first = False
            self._ask(due)
            return 0.0
        return self._until_next(now, due.due_at)

    def _until_next(self, now: float, due_at: float) -> float:
        moments = [due_at, *self._unlocks.pulse_moments()]
        return max(0.0, min(moments) - now)

    def _most_neglected_watched(self) -> BoardState | None:
        boards = (self._boards[address] for address in self._unlocks.opening_boards())
        return min(boards, key=lambda board: board.asked_at, default=None)

    # --- exchanges ------------------------------------------------------------

    def _pulse(self, attempt: UnlockAttempt) -> None:
        """Pulse one lock, unless its time has run out by the moment the line is free."""
        command = attempt.command
        board = self._boards[command.board]
        allowed = False

        def may_send() -> bool:
            nonlocal allowed
            allowed = not attempt.too_late(self._clock.monotonic())
            return allowed

        request = self._driver.unlock(command.board, board.channel(command.lock))
        self._exchanges += 1
        answer = None
        try:
            answer = self._line.exchange(command.board, request, board.health, may_send)
        finally:
            # Also when the port went: some of the bytes may have reached the lock.
            if allowed:
                attempt.pulsed(self._line.first_byte_at, self._exchanges, acknowledged=answer is not None)
                attempt.refusal = answer.detail if isinstance(answer, BoardRefused) else ""
                self._unlocks.pulsed(attempt)

    def _ask(self, board: BoardState) -> bool:
        """Ask a board for its status; return whether it answered."""
        board.asked_at = self._clock.monotonic()
        answer = None
        for request in self._driver.status(board.address):
            self._exchanges += 1
            answer = self._line.exchange(board.address, request, board.health)
            if answer is None or isinstance(answer, BoardRefused):
                break
        if not isinstance(answer, BoardStatus):
            self._unanswered(board)
            return False
        self._answered(board, answer)
        return True

    def _answered(self, board: BoardState, answer: BoardStatus) -> None:
        if board.dead:
            _log.info("board %d on %s answers again", board.address, self._config.port)
        opening = self._unlocks.opening_on(board.address)
        self._tell(board.take(answer, {attempt.command.lock for attempt in opening}))
        pause = min(self._timings.poll_s, LOOK_AGAIN_S) if board.unsettled else self._timings.poll_s
        board.due_at = board.asked_at + pause
        for attempt in opening:
            if attempt.sees(board.hook(attempt.command.lock), self._exchanges):
                self._unlocks.opened(attempt)

    def _unanswered(self, board: BoardState) -> None:
        failures = board.health.failures_in_a_row
        beyond = max(0, failures - self._timings.dead_after)
        first = self._timings.poll_s
        if failures >= self._timings.dead_after:
            first = max(first, self._timings.answer_s / DEAD_SHARE)
        pause = min(first * 2.0 ** min(beyond, 16), max(self._timings.dead_poll_s, first))
        board.due_at = self._clock.monotonic() + pause
        # A board may be too busy to answer while it drives a bolt; that is no death yet.
        driving = board.address in self._unlocks.opening_boards()
        if failures >= self._timings.dead_after and not board.dead and not driving:
            _log.warning("board %d on %s does not answer", board.address, self._config.port)
            self._tell(board.die())

    # --- the port -------------------------------------------------------------

    def _lost(self, error: PortLost) -> None:
        now = self._clock.monotonic()
        self._line.close()
        if self._lost_at is None:
            self._lost_at = now
            _log.warning("bus unavailable: %s", error)
            for board in self._boards.values():
                self._tell(board.die())
        self._reopen_at = now + self._reopen_pause
        self._reopen_pause = min(self._reopen_pause * 2, self._timings.reopen_max_s)

    def _reopen(self) -> float:
        now = self._clock.monotonic()
        patience = float("inf")
        if self._lost_at is not None:
            patience = self._unlocks.fail_of_lost_port(now, self._lost_at, self._config.port)
        if now < self._reopen_at:
            return min(self._reopen_at - now, patience)
        self._line.open()
        if self._lost_at is not None:
            _log.info("bus available: %s is open again", self._config.port)
        self._lost_at = None
        self._reopen_pause = self._timings.reopen_s
        for board in self._boards.values():
            board.due_at = now
        return 0.0

    # --- upward ---------------------------------------------------------------

    def _tell(self, readings: list[SlotReading]) -> None:
        for reading in readings:
            self._listener(reading)
