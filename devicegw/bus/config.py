"""A bus in config.json: its port, its boards, and how patient it is."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from devicegw.bus.boards.kerong import BOARDS, LOCKS
from devicegw.errors import ConfigError

Positive = Annotated[float, Meta(gt=0)]


class ModbusRelays(Struct, frozen=True, forbid_unknown_fields=True):
    """The relays that pulse a board's locks; the unit times the pulse by itself."""

    unit: Annotated[int, Meta(ge=1, le=247)]
    kind: Literal["flash", "register", "coil"] = "flash"
    """How a pulse is asked for; see devicegw.bus.boards.modbus."""
    start: Annotated[int, Meta(ge=0, le=0xFFFF)] | None = None
    """Address of relay 0; by default 0x0200 for flash, else 0."""
    relays: tuple[Annotated[int, Meta(ge=0, le=255)], ...] = ()
    """The relay of each lock, counted from ``start``; empty: lock n is relay n."""
    ms: Annotated[int, Meta(ge=100, le=10_000, multiple_of=100)] = 500
    """Of a flash: how long the relay is on."""
    value: Annotated[int, Meta(ge=0, le=0xFFFF)] = 1
    """Of a register: what is written."""

    @property
    def first(self) -> int:
        """Return the address of relay 0."""
        if self.start is None:
            return 0x0200 if self.kind == "flash" else 0
        return self.start


class ModbusInputs(Struct, frozen=True, forbid_unknown_fields=True):
    """The inputs that show one signal of a board's locks."""

    unit: Annotated[int, Meta(ge=1, le=247)]
    kind: Literal["discrete", "coil", "holding", "input"] = "discrete"
    """Functions 02, 01, 03, 04; in a register input n is bit n."""
    start: Annotated[int, Meta(ge=0, le=0xFFFF)] = 0
    """Address of input 0."""
    inputs: tuple[Annotated[int, Meta(ge=0, le=255)], ...] = ()
    """The input of each lock, counted from ``start``; empty: lock n is input n."""


class ModbusBoard(Struct, frozen=True, forbid_unknown_fields=True):
    """DeviceConnection and input units that together are one board of ours."""

    relays: ModbusRelays
    hooks: ModbusInputs
    presence: ModbusInputs | None = None
    """Without sensors, a closed hook counts as a trolley present."""


class BoardConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """One lock board on a bus."""

    address: Annotated[int, Meta(ge=0, lt=BOARDS)]
    locks: Annotated[int, Meta(ge=1, le=LOCKS)] = LOCKS
    hook_open_level: Literal[0, 1] = 0
    """The hook bit's level while the hook is open; wiring decides it."""
    present_level: Literal[0, 1] = 1
    """The infrared bit's level while a trolley stands in the slot."""
    channels: tuple[Annotated[int, Meta(ge=0, lt=LOCKS)], ...] = ()
    """The board's channel of each lock, as wired; empty: lock n is channel n."""
    modbus: ModbusBoard | None = None
    """Needed if the bus's protocol is modbus; its own maps stand in place of ``channels``."""


class Timings(Struct, frozen=True, forbid_unknown_fields=True):
    """How patient the bus is, in seconds."""

    answer_s: Positive = 0.05
    """Silence after a request that counts as no answer."""
    gap_s: Positive = 0.02
    """Silence inside an answer that counts as its end (a USB adapter may hold bytes for 16 ms)."""
    poll_s: Positive = 0.1
    """How often each board is asked when nothing happens."""
    open_s: Positive = 1.0
    """How long after an unlock the hook may take to open."""
    tries: Annotated[int, Meta(ge=1, le=10)] = 3
    """How often one command pulses the lock."""
    retry_s: Positive = 0.1
    """Pause before the second try; doubles with each."""
    dead_after: Annotated[int, Meta(ge=1)] = 3
    """Unanswered requests in a row until a board counts as dead."""
    dead_poll_s: Positive = 2.0
    """Longest pause between two questions to a dead board."""
    reopen_s: Positive = 0.1
    """First pause before a lost port is opened again; doubles up to ``reopen_max_s``."""
    reopen_max_s: Positive = 2.0
    hook_settle_s: Annotated[float, Meta(ge=0)] = 0.02
    """How long a hook must show a change to be believed; one that was told to open is believed at once."""
    present_settle_s: Annotated[float, Meta(ge=0)] = 0.1
    """The same of a presence sensor, which a hand or a bag may cross."""
    lost_s: Positive = 2.0
    """How long a command waits for a lost port to come back before it ends in bus_error."""


class BusConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """One serial port and what hangs on it."""

    port: Annotated[str, Meta(min_length=1)]
    """E.g. /dev/serial/by-id/...: a name that an adapter keeps when it is plugged in again."""
    boards: tuple[BoardConfig, ...]
    baudrate: Annotated[int, Meta(ge=300)] = 19200
    protocol: Literal["kerong", "modbus", "simulator"] = "kerong"
    timings: Timings = Timings()


def check(key: str, bus: BusConfig) -> None:
    """Check what no single field shows; ``key`` is the bus's place in the file. Raises ConfigError."""
    addresses = [board.address for board in bus.boards]
    if not addresses:
        raise ConfigError(f"{key}.boards: expected at least one board")
    for place, board in enumerate(bus.boards):
        if board.address in addresses[:place]:
            raise ConfigError(
                f"{key}.boards[{place}].address: {board.address} is configured twice on {bus.port}"
            )
        _check_board(f"{key}.boards[{place}]", board, bus.protocol)


def _check_board(key: str, board: BoardConfig, protocol: str) -> None:
    _check_map(f"{key}.channels", board.channels, board.locks)
    modbus = board.modbus
    if modbus is None:
        if protocol == "modbus":
            raise ConfigError(f"{key}.modbus: expected with protocol modbus, got nothing")
        return
    if protocol != "modbus":
        raise ConfigError(f"{key}.modbus: expected only with protocol modbus, got {protocol}")
    if board.channels:
        raise ConfigError(f"{key}.channels: expected none, because modbus has maps of its own")
    _check_map(f"{key}.modbus.relays.relays", modbus.relays.relays, board.locks)
    _check_map(f"{key}.modbus.hooks.inputs", modbus.hooks.inputs, board.locks)
    if modbus.presence is not None:
        _check_map(f"{key}.modbus.presence.inputs", modbus.presence.inputs, board.locks)


def _check_map(key: str, places: tuple[int, ...], locks: int) -> None:
    """A map names a place of its own for every lock, or nothing."""
    if places and len(places) != locks:
        raise ConfigError(f"{key}: expected {locks} numbers, one a lock, got {len(places)}")
    if len(set(places)) != len(places):
        raise ConfigError(f"{key}: expected every number once, got {list(places)}")
