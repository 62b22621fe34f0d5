"""A lock board in config.json: its address, how it is wired, and a Modbus board's registers."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from devicegw.bus.boards.kerong import BOARDS, LOCKS
from devicegw.errors import ConfigError


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


def check(key: str, board: BoardConfig, protocol: str) -> None:
    """Check what no single field shows; ``key`` is the board's place in the file. Raises ConfigError."""
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
