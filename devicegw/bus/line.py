"""One exchange on a half-duplex line: silence, request, answer. Decides nothing about locks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from devicegw.bus.boards import Acknowledged, Answer, BadFrame, BoardRefused, BoardStatus, Driver, Received
from devicegw.bus.config import Timings
from devicegw.bus.echo import EchoFilter
from devicegw.bus.health import BoardHealth
from devicegw.bus.port import OpenPort, PortLost, PortTransport, char_seconds
from devicegw.bus.tap import Tap
from devicegw.clock import Clock

SILENT_CHARS = 3.5
"""Characters of silence that separate frames (the measure of Modbus RTU; boards need it to resynchronise)."""
SILENT_S = 0.00175
"""The least silence however fast the line (Modbus over serial line 1.02, 2.5.1.1)."""
BABBLE_S = 0.1
"""A line that never falls silent is spoken to all the same after this, or nothing would ever be sent."""


def silence_seconds(baudrate: int) -> float:
    """Return the silence that separates two frames."""
    return max(SILENT_CHARS * char_seconds(baudrate), SILENT_S)


class SerialLine:
    """Owns the transport of one bus while it is open. One request at a time; not thread-safe."""

    def __init__(
        self, open_port: OpenPort, baudrate: int, driver: Driver, timings: Timings, clock: Clock
    ) -> None:
        self._open_port = open_port
        self._char_s = char_seconds(baudrate)
        self._silence_s = silence_seconds(baudrate)
        self._driver = driver
        self._timings = timings
        self._clock = clock
        self._echo = EchoFilter()
        self._transport: PortTransport | None = None
        self._busy_until = 0.0
        self._first_byte_at = 0.0
        self.tap: Tap | None = None
        """Who looks on, if anybody."""

    @property
    def is_open(self) -> bool:
        """Return whether the line is open."""
        return self._transport is not None

    @property
    def echoing(self) -> bool:
        """Return whether the adapter receives its own transmission."""
        return self._echo.echoing

    @property
    def first_byte_at(self) -> float:
        """Return when the last request's first byte was handed to the port (monotonic seconds)."""
        return self._first_byte_at

    @property
    def rest_s(self) -> float:
        """Return the silence that is still owed before anything may be sent."""
        return max(0.0, self._busy_until + self._silence_s - self._clock.monotonic())

    def open(self) -> None:
        """Open the port. Raises PortLost."""
        self._transport = self._open_port()
        self._busy_until = self._clock.monotonic()

    def close(self) -> None:
        """Close the port; may be called twice."""
        transport, self._transport = self._transport, None
        if transport is not None:
            with suppress(PortLost):
                transport.close()

    def exchange(
        self,
        board: int,
        request: bytes,
        health: BoardHealth,
        may_send: Callable[[], bool] = lambda: True,
    ) -> Answer | None:
        """Send one request and return the board's answer, None if none that is whole came in time.

        ``may_send`` is asked right before the first byte is written; if it says no,
        nothing is written and None returned. Raises PortLost.
        """
        transport = self._transport
        if transport is None:
            raise PortLost("the port is not open")
        self._await_silence(transport, health)
        transport.flush_input()
        self._driver.expect(board, request)
        self._echo.sent(request, mirrored=self._driver.mirrors(request))
        if not may_send():
            return None
        self._first_byte_at = self._clock.monotonic()
        transport.write(request)
        health.requests += 1
        # The port says "written" at once; the bits take their time, which only arithmetic knows.
        self._busy_until = self._first_byte_at + len(request) * self._char_s
        if self.tap is not None:
            self.tap.note("out", request, self._driver.explain(request), self._first_byte_at, board=board)
        answer = self._await_answer(transport, board, health)
        if answer is None:
            health.silent()
        elif isinstance(answer, BoardRefused):
            health.declined()
        else:
            health.answered(self._clock.monotonic() - self._first_byte_at)
        return answer

    def _await_silence(self, transport: PortTransport, health: BoardHealth) -> None:
        """Wait for 3.5 characters of silence, discarding what is received."""
        give_up = self._clock.monotonic() + BABBLE_S
        quiet = 0.0
        while True:
            # The first look does not wait: what came since the last exchange may still be coming.
            stale = transport.read(max(0.0, quiet))
            now = self._clock.monotonic()
            if stale:
                health.garbage_bytes += len(stale)
                self._busy_until = now
                if self.tap is not None:
                    self.tap.note("in", stale, "out of turn", now, fault=True)
            quiet = self._busy_until + self._silence_s - now
            if quiet <= 0 or now >= give_up:
                return

    def _await_answer(self, transport: PortTransport, board: int, health: BoardHealth) -> Answer | None:
        deadline = self._busy_until + self._patience(health)
        last = deadline + self._patience(health)
        hearing = _Hearing(self.tap, self._clock, board)
        while (now := self._clock.monotonic()) < deadline:
            data = transport.read(deadline - now)
            if not data:
                continue
            self._busy_until = self._clock.monotonic()
            hearing.received(data, self._busy_until)
            for heard in self._driver.receive(self._echo.take(data)):
                hearing.understood(heard)
                if isinstance(heard, BadFrame):
                    _count_bad(heard, health)
                elif heard.board != board:
                    health.strays += 1
                else:
                    hearing.end()
                    return heard
            # An answer under way is heard out; one that broke off is not waited for.
            deadline = min(last, self._busy_until + self._timings.gap_s)
        hearing.end()
        return None

    def _patience(self, health: BoardHealth) -> float:
        """Wait longer for a board that was silent just now, and no longer for a dead one."""
        failures = health.failures_in_a_row
        return self._timings.answer_s * (2.0 if 0 < failures < self._timings.dead_after else 1.0)


class _Hearing:
    """An answer as reported to the tap; free while the bus is not inspected."""

    def __init__(self, tap: Tap | None, clock: Clock, board: int) -> None:
        self._tap = tap
        self._clock = clock
        self._board = board
        self._good: list[bool] = []
        self._begun = clock.monotonic() if tap is not None else 0.0
        self._data = b""
        self._meanings: list[str] = []

    def received(self, data: bytes, at: float) -> None:
        if self._tap is not None:
            self._begun = self._begun if self._data else at
            self._data += data

    def understood(self, heard: Received) -> None:
        if self._tap is not None:
            self._meanings.append(_meaning(heard))
            self._good.append(not isinstance(heard, BadFrame | BoardRefused) and heard.board == self._board)

    def end(self) -> None:
        if self._tap is not None:
            meaning = ", ".join(self._meanings) or ("broken off" if self._data else "no answer")
            fault = not self._good or not all(self._good)
            # Silence has no first byte: it passes when it is over.
            at = self._begun if self._data else self._clock.monotonic()
            self._tap.note("in", self._data, meaning, at, board=self._board, fault=fault)


def _meaning(heard: Received) -> str:
    match heard:
        case BoardStatus(board, hooks, sensors):
            return f"board {board}: hooks {hooks:016b}, sensors {sensors:016b}"
        case Acknowledged(board):
            return f"board {board}: acknowledged"
        case BoardRefused(board, detail):
            return f"board {board}: refused, {detail}"
        case BadFrame(reason, data):
            return f"{reason}: {data.hex(' ')}"


def _count_bad(heard: BadFrame, health: BoardHealth) -> None:
    if heard.reason == "checksum":
        health.bad_checksums += 1
    else:
        health.garbage_bytes += len(heard.data)
