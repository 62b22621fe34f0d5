"""DeviceConnection and input boards that speak Modbus RTU, sans I/O; frames and CRC are pymodbus'.

One board of ours is a relay unit whose relays pulse the locks and an input unit
(often the same one) whose inputs read the hooks and, if there are any, the
presence sensors. The pulse is timed by the device, never by us: a relay that
waits for us to switch it off burns its lock when the Pi dies meanwhile.

======== ===================================================================
flash    function 05 at ``start + relay``, value in tenths of a second
         (Waveshare and alike: start 0x0200, ``01 05 02 00 00 07 8D B0``)
register function 06 at ``start + relay``, a fixed ``value``
         (boards with a momentary or delay register)
coil     function 05 ON at ``start + relay``; the board is set to let go itself
======== ===================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest, WriteSingleCoilRequest
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteSingleRegisterRequest,
)

from devicegw.bus.boards import Acknowledged, BadFrame, BoardRefused, BoardStatus, Received
from devicegw.bus.boards.config import BoardConfig, ModbusBoard, ModbusInputs, ModbusRelays

READS: dict[str, type[ModbusPDU]] = {
    "coil": ReadCoilsRequest,
    "discrete": ReadDiscreteInputsRequest,
    "holding": ReadHoldingRegistersRequest,
    "input": ReadInputRegistersRequest,
}
REGISTER_BITS = 16
MOST_BITS = 256
"""Hooks and sensors further apart are read one after the other."""
EXCEPTION_SIZE = 5
_framer = FramerRTU(DecodePDU(False))


@dataclass(frozen=True, slots=True)
class _Expected:
    """A request and what its answer looks like."""

    request: bytes
    unit: int
    function: int
    size: int
    """Bytes of the answer."""


@dataclass(frozen=True, slots=True)
class _Read(_Expected):
    """One read of a status; the bit of each lock in it, none if that signal is not in it."""

    hooks: tuple[int, ...]
    sensors: tuple[int, ...]


def pulse(relays: ModbusRelays, channel: int) -> bytes:
    """Return the frame that pulses the relay of a channel for a time the device measures."""
    address = relays.first + (relays.relays[channel] if relays.relays else channel)
    if relays.kind == "coil":
        return _framer.buildFrame(WriteSingleCoilRequest(dev_id=relays.unit, address=address, bits=[True]))
    if relays.kind == "register":
        values = [relays.value]
        request = WriteSingleRegisterRequest(dev_id=relays.unit, address=address, registers=values)
        return _framer.buildFrame(request)
    # The standard knows only ON and OFF here, so pymodbus would not write tenths of a second.
    tenths = round(relays.ms / 100)
    body = b"\x05" + address.to_bytes(2, "big") + tenths.to_bytes(2, "big")
    return _framer.encode(body, relays.unit, 0)


def _bits(inputs: ModbusInputs, locks: int) -> tuple[int, ...]:
    return inputs.inputs or tuple(range(locks))


def _read(inputs: ModbusInputs, hooks: Sequence[int], sensors: Sequence[int]) -> _Read:
    wanted = [*hooks, *sensors]
    if inputs.kind in ("coil", "discrete"):
        first, count = min(wanted), max(wanted) - min(wanted) + 1
        address, size = inputs.start + first, 5 + (count + 7) // 8
    else:
        register = min(wanted) // REGISTER_BITS
        first, count = register * REGISTER_BITS, max(wanted) // REGISTER_BITS - register + 1
        address, size = inputs.start + register, 5 + 2 * count
    request = READS[inputs.kind](dev_id=inputs.unit, address=address, count=count)
    return _Read(
        request=_framer.buildFrame(request),
        unit=inputs.unit,
        function=request.function_code,
        size=size,
        hooks=tuple(bit - first for bit in hooks),
        sensors=tuple(bit - first for bit in sensors),
    )


def reads(board: ModbusBoard, locks: int) -> tuple[_Read, ...]:
    """Return the reads that make up a status: one if hooks and sensors stand close together."""
    hooks, presence = _bits(board.hooks, locks), board.presence
    if presence is None:
        return (_read(board.hooks, hooks, ()),)
    sensors = _bits(presence, locks)
    if (presence.unit, presence.kind) == (board.hooks.unit, board.hooks.kind):
        step = 1 if presence.kind in ("coil", "discrete") else REGISTER_BITS
        shifted = tuple(bit + (presence.start - board.hooks.start) * step for bit in sensors)
        if min(shifted) >= 0 and max(*hooks, *shifted) - min(*hooks, *shifted) < MOST_BITS:
            return (_read(board.hooks, hooks, shifted),)
    return _read(board.hooks, hooks, ()), _read(presence, (), sensors)


def _pick(levels: int, bits: Sequence[int]) -> int:
    return sum((levels >> bit & 1) << lock for lock, bit in enumerate(bits))


class ModbusDriver:
    """The bus's view of Modbus boards; see devicegw.bus.boards.Driver."""

    def __init__(self, boards: Sequence[BoardConfig]) -> None:
        self._boards: Mapping[int, BoardConfig] = {board.address: board for board in boards}
        self._maps = {board.address: board.modbus for board in boards if board.modbus is not None}
        self._reads = {
            address: reads(each, self._boards[address].locks) for address, each in self._maps.items()
        }
        self._board = 0
        self._expected: _Expected | None = None
        self._buffer = bytearray()
        self._garbage = bytearray()
        self._hooks: dict[int, int] = {}

    def status(self, board: int) -> list[bytes]:
        """Return one read, or two if hooks and sensors stand apart."""
        return [read.request for read in self._reads[board]]

    def unlock(self, board: int, channel: int) -> bytes:
        """Return the request that pulses one relay."""
        return pulse(self._maps[board].relays, channel)

    def expect(self, board: int, request: bytes) -> None:
        """Expect the answer to this request: an answer does not say what it answers."""
        self._board = board
        self._buffer.clear()
        self._garbage.clear()
        found = next((read for read in self._reads[board] if read.request == request), None)
        self._expected = found or _Expected(request, request[0], request[1], len(request))

    def mirrors(self, request: bytes) -> bool:
        """Return True for writes: the standard's answer repeats them."""
        return request[1] in (5, 6)

    def explain(self, request: bytes) -> str:
        """Return what a request means."""
        unit, function = request[0], request[1]
        address, value = int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big")
        match function:
            case 5 | 6:
                return f"pulse at {address:#06x} of unit {unit}, value {value:#06x}"
            case _:
                return f"read {value} from {address:#06x} of unit {unit}, function {function}"

    def receive(self, data: bytes) -> list[Received]:
        """Return the answer and the misses that the bytes complete."""
        self._buffer += data
        found: list[Received] = []
        while self._buffer and (expected := self._expected) is not None:
            size = self._size(expected)
            if size is None:
                self._garbage.append(self._buffer.pop(0))
                continue
            if len(self._buffer) < max(size, 2):
                break
            frame = bytes(self._buffer[:size])
            if not FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big")):
                found.append(BadFrame("checksum", frame))
                self._garbage.append(self._buffer.pop(0))
                continue
            del self._buffer[:size]
            self._report_garbage(found)
            found.append(self._meaning(expected, frame[1:-2]))
        self._report_garbage(found)
        return found

    def _size(self, expected: _Expected) -> int | None:
        """Return the size of the frame the buffer may begin with, None if it cannot begin with one."""
        if self._buffer[0] != expected.unit:
            return None
        if len(self._buffer) < 2:
            return 2
        function = self._buffer[1]
        if function == expected.function:
            return expected.size
        return EXCEPTION_SIZE if function == expected.function | 0x80 else None

    def _meaning(self, expected: _Expected, body: bytes) -> Received:
        answer = _framer.decoder.decode(body)
        if answer is None:
            return BadFrame("garbage", body)
        if isinstance(answer, ExceptionResponse):
            return BoardRefused(self._board, f"exception {answer.exception_code}")
        if not isinstance(expected, _Read):
            return Acknowledged(self._board)
        if expected.function in (1, 2):
            levels = sum(bit << n for n, bit in enumerate(answer.bits))
        else:
            levels = sum(word << REGISTER_BITS * n for n, word in enumerate(answer.registers))
        if expected.hooks:
            self._hooks[self._board] = _pick(levels, expected.hooks)
        if expected is not self._reads[self._board][-1]:
            return Acknowledged(self._board)
        hooks = self._hooks[self._board]
        sensors = _pick(levels, expected.sensors) if expected.sensors else self._inferred(hooks)
        return BoardStatus(self._board, hooks, sensors)

    def _inferred(self, hooks: int) -> int:
        """Without sensors, a slot whose hook is closed holds a trolley."""
        board = self._boards[self._board]
        closed = hooks if board.hook_open_level == 0 else ~hooks
        present = closed if board.present_level == 1 else ~closed
        return present & (1 << board.locks) - 1

    def _report_garbage(self, found: list[Received]) -> None:
        if self._garbage:
            found.append(BadFrame("garbage", bytes(self._garbage)))
            self._garbage.clear()
