"""Simulated KR-CU16 boards: what hangs on the far end of the wire, without any I/O.

Everything happens at a given time: ``receive`` takes bytes that arrive now and
returns bytes with the moment each leaves; mechanics are worked out when somebody
looks. So the same boards run behind a pty in real time and behind a null modem
in virtual time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from devicegw.bus.boards import BadFrame
from devicegw.bus.boards.kerong import REQUESTS, Receiver, StatusReply, StatusRequest, UnlockRequest

Outgoing = list[tuple[float, bytes]]
"""Bytes and when their first bit leaves (monotonic seconds)."""


class ControlError(ValueError):
    """A control request that is impossible, e.g. pulling a latched trolley."""


@dataclass(slots=True)
class SimulatedSlot:
    """One lock with its sensor. A new one holds a latched trolley."""

    hook_open: bool = False
    present: bool = True
    stuck: bool = False
    """The bolt does not move, whatever is pulsed."""
    chatter_s: float = 0.0
    """How long the hook's switch and the light barrier bounce after they moved."""
    opens_at: float | None = None
    leaves_at: float | None = None
    hook_moved_at: float = float("-inf")
    trolley_moved_at: float = float("-inf")
    pulses: int = 0

    def move(self, now: float, *, hook_open: bool | None = None, present: bool | None = None) -> None:
        """Move the bolt, the trolley or both; an opening or a departure under way is over then."""
        if hook_open is not None:
            self.hook_open, self.hook_moved_at, self.opens_at = hook_open, now, None
        if present is not None:
            self.present, self.trolley_moved_at, self.leaves_at = present, now, None


@dataclass(slots=True)
class Faults:
    """What is wrong with one board's line. Counts run down with each answer; -1 is for ever."""

    lost: int = 0
    garbled: int = 0
    bad_sum: int = 0
    twin: int = 0
    """Answers into which a second board of the same address speaks, a character later."""
    late: int = 0
    late_s: float = 0.2
    noise: int = 0
    """Answers with garbage before and after them."""
    wrong_sender: int = 0
    """Answers that carry another board's address."""
    dead: bool = False
    byte_at_a_time_s: float = 0.0
    """Pause between two bytes of an answer."""
    busy_s: float = 0.0
    """Silence after each unlock, while the board drives the bolt."""
    mute_unlocks: bool = False
    """Unlocks are carried out and not acknowledged."""

    def strikes(self, name: str) -> bool:
        """Tell whether the named fault hits this answer, and count it."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left != 0


FAULTS = tuple(Faults.__dataclass_fields__)
"""What may be wrong with a board; besides, ``echo`` is of the bus, ``stuck`` and ``chatter`` of a slot."""


@dataclass(slots=True)
class SimulatedBoard:
    """One board: its slots, and its faults."""

    address: int
    slots: list[SimulatedSlot]
    hook_open_level: int = 0
    present_level: int = 1
    faults: Faults = field(default_factory=Faults)
    busy_until: float = 0.0


class SimulatedBus:
    """Boards on one wire, and the hands that pull trolleys and push them back.

    ``unlock_s`` is the bolt's way, ``turnaround_s`` what a board thinks before it
    answers, ``char_s`` the time of one character (0: the wire takes no time).
    """

    def __init__(
        self,
        boards: int = 1,
        locks: int = 16,
        *,
        hook_open_level: int = 0,
        unlock_s: float = 0.15,
        turnaround_s: float = 0.002,
        char_s: float = 0.0,
        auto_pull_s: float | None = None,
        random: Random | None = None,
    ) -> None:
        self.boards: dict[int, SimulatedBoard] = {}
        self._unlock_s = unlock_s
        self._turnaround_s = turnaround_s
        self._char_s = char_s
        self._auto_pull_s = auto_pull_s
        self._random = random or Random(16)
        self._receiver = Receiver(REQUESTS)
        self.echo = False
        """Whether the master's adapter hears what it sends."""
        self.pulse_seen: Callable[[int, float], None] = lambda slot, now: None

        for address in range(boards):
            self.add(address, locks, hook_open_level=hook_open_level)

    def add(self, address: int, locks: int = 16, *, hook_open_level: int = 0, present_level: int = 1) -> None:
        """Hang one more board on the wire."""
        slots = [SimulatedSlot() for _ in range(locks)]
        self.boards[address] = SimulatedBoard(address, slots, hook_open_level, present_level)

    # --- the wire -------------------------------------------------------------

    def receive(self, data: bytes, now: float) -> Outgoing:
        """Take bytes from the master; return what the boards send and when."""
        out: Outgoing = self._pace(data, now, 0.0) if self.echo else []
        heard_at = now + len(data) * self._char_s
        for frame in self._receiver.feed(data):
            if isinstance(frame, UnlockRequest):
                out += self._on_unlock(frame, heard_at)
            elif isinstance(frame, StatusRequest):
                out += self._answer(frame.board, heard_at)
            elif not isinstance(frame, BadFrame):
                out += self._answer_all(heard_at)
        return out

    def _on_unlock(self, request: UnlockRequest, now: float) -> Outgoing:
        board = self.boards.get(request.board)
        if board is None or board.faults.dead or request.lock >= len(board.slots):
            return []
        slot = board.slots[request.lock]
        # Acknowledged with the state before the bolt moves, as the real board does.
        answer = [] if board.faults.mute_unlocks else self._answer(board.address, now)
        slot.pulses += 1
        board.busy_until = now + board.faults.busy_s
        if not slot.stuck and not slot.hook_open:
            slot.opens_at = now + self._unlock_s
        self.pulse_seen(board.address << 4 | request.lock, now)
        return answer

    def _answer_all(self, now: float) -> Outgoing:
        out: Outgoing = []
        for address in sorted(self.boards):
            out += self._answer(address, now)
            now += self._turnaround_s + StatusReply.size * self._char_s
        return out

    def _answer(self, address: int, now: float) -> Outgoing:
        board = self.boards.get(address)
        if board is None or board.faults.dead or now < board.busy_until:
            return []
        faults = board.faults
        at = now + self._turnaround_s
        if faults.strikes("lost"):
            return []
        if faults.strikes("late"):
            at += faults.late_s
        frame = self._status(board, now).to_bytes()
        if faults.strikes("wrong_sender"):
            other = StatusReply.from_bytes(frame)
            frame = StatusReply((address + 1) % 16, other.hooks, other.sensors).to_bytes()
        if faults.strikes("bad_sum"):
            frame = frame[:-1] + bytes((frame[-1] ^ 0x55,))
        if faults.strikes("twin"):
            frame = _collide(frame, StatusReply(address, 0x5A5A, 0xA5A5).to_bytes())
        if faults.strikes("garbled"):
            frame = self._garble(frame)
        if faults.strikes("noise"):
            frame = self._noise() + frame + self._noise()
        return self._pace(frame, at, faults.byte_at_a_time_s)

    def _pace(self, frame: bytes, at: float, pause: float) -> Outgoing:
        step = self._char_s + pause
        if step == 0:
            return [(at, frame)]
        return [(at + (n + 1) * step, bytes((byte,))) for n, byte in enumerate(frame)]

    def _garble(self, frame: bytes) -> bytes:
        bad = bytearray(frame)
        bad[self._random.randrange(len(bad))] ^= 1 << self._random.randrange(8)
        return bytes(bad)

    def _noise(self) -> bytes:
        return self._random.randbytes(self._random.randint(1, 6)).replace(b"\x02", b"\xff")

    def _status(self, board: SimulatedBoard, now: float) -> StatusReply:
        hooks = sensors = 0
        for lock, slot in enumerate(board.slots):
            self._settle(slot, now)
            is_open = slot.hook_open ^ self._bounces(slot.hook_moved_at, slot.chatter_s, now)
            present = slot.present ^ self._bounces(slot.trolley_moved_at, slot.chatter_s, now)
            level = board.hook_open_level if is_open else 1 - board.hook_open_level
            hooks |= level << lock
            sensors |= (board.present_level if present else 1 - board.present_level) << lock
        return StatusReply(board.address, hooks, sensors)

    def _bounces(self, moved_at: float, chatter_s: float, now: float) -> bool:
        return now < moved_at + chatter_s and self._random.random() < 0.5

    def _settle(self, slot: SimulatedSlot, now: float) -> None:
        """Let the mechanics catch up with the time."""
        if slot.opens_at is not None and now >= slot.opens_at:
            opened_at = slot.opens_at
            slot.move(opened_at, hook_open=True)
            if self._auto_pull_s is not None and slot.present:
                slot.leaves_at = opened_at + self._auto_pull_s
        if slot.leaves_at is not None and now >= slot.leaves_at:
            slot.move(slot.leaves_at, present=False)

    # --- the hands ------------------------------------------------------------

    def slot(self, number: int, now: float) -> SimulatedSlot:
        """Return one slot as it is now. Raises ControlError if there is none."""
        board = self.boards.get(number >> 4)
        if board is None or number & 15 >= len(board.slots):
            raise ControlError(f"expected a slot of the boards {sorted(self.boards)}, got {number}")
        slot = board.slots[number & 15]
        self._settle(slot, now)
        return slot

    def leave_empty(self, number: int) -> None:
        """Begin without a trolley in the slot. Raises ControlError if there is no such slot."""
        slot = self.slot(number, 0.0)
        slot.hook_open, slot.present = True, False

    def pull(self, number: int, now: float) -> None:
        """Take the trolley out. Raises ControlError if the lock holds it or there is none."""
        slot = self.slot(number, now)
        if not slot.present:
            raise ControlError(f"slot {number} is empty")
        if not slot.hook_open:
            raise ControlError(f"slot {number} is latched")
        slot.move(now, present=False)

    def push_back(self, number: int, now: float) -> None:
        """Put a trolley into the slot; the lock latches by itself. Raises ControlError if one is there."""
        slot = self.slot(number, now)
        if slot.present and not slot.hook_open:
            raise ControlError(f"slot {number} already holds a latched trolley")
        slot.move(now, hook_open=False, present=True)

    def fault(self, name: str, boards: Iterable[int] | None = None, value: float | None = None) -> None:
        """Break something on the named boards (all by default); ``none`` mends everything.

        Raises ControlError for a fault there is not.
        """
        if name in ("echo", "none"):
            self.echo = name == "echo" and (value is None or bool(value))
            if name == "echo":
                return
        for address in list(self.boards) if boards is None else boards:
            board = self.boards.get(address)
            if board is None:
                raise ControlError(f"expected one of the boards {sorted(self.boards)}, got {address}")
            if name == "none":
                board.faults = Faults()
            elif name in FAULTS:
                setattr(board.faults, name, _fault_value(getattr(board.faults, name), value))
            else:
                raise ControlError(f"expected a fault of {', '.join(FAULTS)}, echo or none, got {name}")

    def stick(self, number: int, now: float, stuck: bool = True) -> None:
        """Jam the bolt of one lock, or free it."""
        self.slot(number, now).stuck = stuck

    def chatter(self, number: int, now: float, seconds: float = 0.05) -> None:
        """Let one slot's switches bounce for a while after each move; 0: stop."""
        self.slot(number, now).chatter_s = seconds


def _collide(first: bytes, second: bytes) -> bytes:
    """Return what is received when two send at once, the second a character later: a 0 wins over a 1."""
    return bytes(a & b for a, b in zip(first + b"\xff", b"\xff" + second, strict=True))


def _fault_value(old: int | float | bool, value: float | None) -> int | float | bool:
    """Return the new setting: by default on, for ever, or 2 ms between bytes."""
    if isinstance(old, bool):
        return value is None or bool(value)
    if isinstance(old, int):
        return -1 if value is None else int(value)
    return 0.002 if value is None else float(value)
