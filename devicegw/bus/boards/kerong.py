"""KERONG KR-CU16 lock boards, sans I/O.

RS-485, 19200 8N1. Up to 16 boards on a bus, 16 locks a board. ADDR is
``board << 4 | lock``. SUM is the sum of all bytes before it, modulo 256::

    request  02 ADDR CMD 03 SUM                                  CMD 30 status of one board
                                                                     31 unlock one lock
                                                                     32 status of all boards (ADDR F0)
    answer   02 ADDR 35 hooks1-8 hooks9-16 ir1-8 ir9-16 03 SUM   one frame a board

Unlocking lock 0 of board 0 is ``02 00 31 03 36``. A board may answer an unlock
with a status frame; that frame says nothing about the lock, which moves later.

There is no length and no escaping: 02 and 03 occur as data. What makes a frame
is start, known command, end and sum together; on any miss the receiver goes on
at the very next byte, so a frame behind garbage is still found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from devicegw.bus.boards import BadFrame, BoardStatus, Received

STX = 0x02
ETX = 0x03
ALL_BOARDS = 0xF0
BOARDS = 16
LOCKS = 16


class FrameError(ValueError):
    """The bytes are not one frame of the expected kind; the message shows what came."""


def checksum(data: bytes) -> int:
    """Return SUM of the bytes before it."""
    return sum(data) & 0xFF


def _address(board: int, lock: int) -> int:
    if not (0 <= board < BOARDS and 0 <= lock < LOCKS):
        raise ValueError(f"expected board 0-{BOARDS - 1} and lock 0-{LOCKS - 1}, got {board} and {lock}")
    return board << 4 | lock


def _seal(body: bytes) -> bytes:
    framed = bytes((STX,)) + body + bytes((ETX,))
    return framed + bytes((checksum(framed),))


def _open(data: bytes, size: int, command: int) -> bytes:
    """Return the bytes between STX and ETX of exactly one frame, or raise FrameError."""
    if len(data) != size:
        raise FrameError(f"expected {size} bytes, got {len(data)}: {data.hex(' ')}")
    if data[0] != STX or data[-2] != ETX or data[2] != command:
        raise FrameError(f"expected 02 .. {command:02x} .. 03, got {data.hex(' ')}")
    if data[-1] != checksum(data[:-1]):
        raise FrameError(f"expected sum {checksum(data[:-1]):02x}, got {data.hex(' ')}")
    return data[1:-2]


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """Ask one board for all its hooks and sensors."""

    board: int
    command: ClassVar[int] = 0x30
    size: ClassVar[int] = 5

    def to_bytes(self) -> bytes:
        """Return the frame."""
        return _seal(bytes((_address(self.board, 0), self.command)))

    @classmethod
    def from_bytes(cls, data: bytes) -> StatusRequest:
        """Return the frame's meaning; raises FrameError."""
        return cls(_open(data, cls.size, cls.command)[0] >> 4)


@dataclass(frozen=True, slots=True)
class UnlockRequest:
    """Pulse one lock."""

    board: int
    lock: int
    command: ClassVar[int] = 0x31
    size: ClassVar[int] = 5

    def to_bytes(self) -> bytes:
        """Return the frame."""
        return _seal(bytes((_address(self.board, self.lock), self.command)))

    @classmethod
    def from_bytes(cls, data: bytes) -> UnlockRequest:
        """Return the frame's meaning; raises FrameError."""
        address = _open(data, cls.size, cls.command)[0]
        return cls(address >> 4, address & 0x0F)


@dataclass(frozen=True, slots=True)
class StatusAllRequest:
    """Ask every board on the bus; they answer one after the other."""

    command: ClassVar[int] = 0x32
    size: ClassVar[int] = 5

    def to_bytes(self) -> bytes:
        """Return the frame."""
        return _seal(bytes((ALL_BOARDS, self.command)))

    @classmethod
    def from_bytes(cls, data: bytes) -> StatusAllRequest:
        """Return the frame's meaning; raises FrameError."""
        _open(data, cls.size, cls.command)
        return cls()


@dataclass(frozen=True, slots=True)
class StatusReply:
    """Hook and sensor levels of one board; bit n is lock n."""

    board: int
    hooks: int
    sensors: int
    command: ClassVar[int] = 0x35
    size: ClassVar[int] = 9

    def to_bytes(self) -> bytes:
        """Return the frame."""
        levels = self.hooks.to_bytes(2, "little") + self.sensors.to_bytes(2, "little")
        return _seal(bytes((_address(self.board, 0), self.command)) + levels)

    @classmethod
    def from_bytes(cls, data: bytes) -> StatusReply:
        """Return the frame's meaning; raises FrameError."""
        body = _open(data, cls.size, cls.command)
        hooks = int.from_bytes(body[2:4], "little")
        return cls(body[0] >> 4, hooks, int.from_bytes(body[4:6], "little"))


Request = StatusRequest | UnlockRequest | StatusAllRequest
Frame = Request | StatusReply
REQUESTS: tuple[type[Request], ...] = (StatusRequest, UnlockRequest, StatusAllRequest)
ANSWERS: tuple[type[StatusReply], ...] = (StatusReply,)


class Receiver:
    """Finds frames in a stream that comes in any chunks.

    It knows only the kinds it is told to expect (a master hears answers, a board
    requests), so garbage cannot make it wait for a longer frame than is coming.
    """

    def __init__(self, kinds: tuple[type[Frame], ...]) -> None:
        self._kinds = {kind.command: kind for kind in kinds}
        self._buffer = bytearray()
        self._garbage = bytearray()

    def feed(self, data: bytes) -> list[Frame | BadFrame]:
        """Take the next bytes; return the frames they complete and what was thrown away."""
        self._buffer += data
        found: list[Frame | BadFrame] = []
        while self._buffer:
            kind = self._begun()
            if kind is None:
                self._skip()
                continue
            if len(self._buffer) < kind.size:
                break
            candidate = bytes(self._buffer[: kind.size])
            try:
                frame = kind.from_bytes(candidate)
            except FrameError:
                if candidate[-2] == ETX:
                    found.append(BadFrame("checksum", candidate))
                self._skip()
                continue
            self._report_garbage(found)
            found.append(frame)
            del self._buffer[: kind.size]
        self._report_garbage(found)
        return found

    def reset(self) -> None:
        """Forget a frame begun."""
        self._buffer.clear()
        self._garbage.clear()

    def _begun(self) -> type[Frame] | None:
        """Return the kind of frame the buffer may be the beginning of, None if it cannot be one."""
        if self._buffer[0] != STX:
            return None
        if len(self._buffer) < 3:
            return next(iter(self._kinds.values()))
        return self._kinds.get(self._buffer[2])

    def _skip(self) -> None:
        self._garbage.append(self._buffer.pop(0))

    def _report_garbage(self, found: list[Frame | BadFrame]) -> None:
        if self._garbage:
            found.append(BadFrame("garbage", bytes(self._garbage)))
            self._garbage.clear()


class KerongDriver:
    """The bus's view of KR-CU16 boards; see devicegw.bus.boards.Driver."""

    def __init__(self) -> None:
        self._receiver = Receiver(ANSWERS)

    def status(self, board: int) -> tuple[bytes]:
        """Return the request for one board's status."""
        return (StatusRequest(board).to_bytes(),)

    def unlock(self, board: int, channel: int) -> bytes:
        """Return the request that pulses one lock."""
        return UnlockRequest(board, channel).to_bytes()

    def expect(self, board: int, request: bytes) -> None:
        """Discard a partial frame; an answer names its own sender."""
        self._receiver.reset()

    def receive(self, data: bytes) -> list[Received]:
        """Return the status frames and misses that the bytes complete."""
        found: list[Received] = []
        for frame in self._receiver.feed(data):
            if isinstance(frame, StatusReply):
                found.append(BoardStatus(frame.board, frame.hooks, frame.sensors))
            elif isinstance(frame, BadFrame):
                found.append(frame)
        return found

    def mirrors(self, request: bytes) -> bool:
        """Return False: no request is an answer."""
        return False

    def explain(self, request: bytes) -> str:
        """Return what a request means."""
        board, lock = request[1] >> 4, request[1] & 0x0F
        if request[2] == UnlockRequest.command:
            return f"unlock lock {lock} of board {board}"
        return f"status of board {board}?"
