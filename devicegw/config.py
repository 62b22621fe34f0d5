"""The agent's config.json: read once, checked whole, every error names its key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from devicegw.bus.boards.kerong import BOARDS, LOCKS
from devicegw.link.broker import MqttLink, WebsocketLink
from devicegw.simulator.boards import FAULTS

MAX_LOCKS = 640
"""A hello names every slot and must fit into one message of 64 KiB."""
Positive = Annotated[float, Meta(gt=0)]


class ConfigError(Exception):
    """The file is missing, unreadable or wrong; the message names the key."""


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
    """Relay and input units that together are one board of ours."""

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


class SimulatedFault(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that is wrong from the start; see devicegw.simulator.boards."""

    name: str
    board: int | None = None
    """All boards if none is named."""
    slot: int | None = None
    """Of ``stuck`` and ``chatter``: board << 4 | lock."""
    value: float | None = None


class SimulatorConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Boards without hardware, inside this process, at the line's true pace."""

    seed: int = 16
    unlock_ms: Annotated[float, Meta(ge=0)] = 150.0
    turnaround_ms: Annotated[float, Meta(ge=0)] = 2.0
    auto_pull_s: Annotated[float, Meta(ge=0)] | None = None
    control: str | None = None
    """A unix socket that takes orders, as devicegw.simulator.process's does."""
    faults: tuple[SimulatedFault, ...] = ()


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
    simulator: SimulatorConfig | None = None


class ScannerConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """A barcode reader on the Pi that scans for one trolley."""

    port: Annotated[str, Meta(min_length=1)]
    """E.g. /dev/ttyACM0, /dev/input/by-id/...-event-kbd or /dev/hidraw0."""
    trolley_id: Annotated[str, Meta(min_length=1, max_length=200)]
    kind: Literal["auto", "serial", "keyboard", "hidraw"] = "auto"
    """``auto`` tells by the port's name."""
    baudrate: Annotated[int, Meta(ge=300)] = 9600
    """Of a serial reader; one on USB does not care."""

    @property
    def reads_as(self) -> Literal["serial", "keyboard", "hidraw"]:
        """Return the kind, told by the port's name if it is not set."""
        if self.kind != "auto":
            return self.kind
        if self.port.startswith("/dev/input/"):
            return "keyboard"
        return "hidraw" if self.port.startswith("/dev/hidraw") else "serial"


class FirmwareConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose firmware is taken, and when it counts as healthy."""

    public_key: Annotated[str, Meta(pattern="^[A-Za-z0-9+/]{43}=$")]
    """Ed25519, 32 bytes in base64; the server names it when the Pi registers."""
    health_s: Positive = 120.0
    """So long after the restart link and boards must be there, or the version before comes back."""


class AgentConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. The token stands in it or, better, in a file of its own."""

    device_id: Annotated[str, Meta(min_length=1)]
    state_dir: Annotated[str, Meta(min_length=1)]
    """Where the outbox lives; made if missing."""
    buses: Annotated[tuple[BusConfig, ...], Meta(min_length=1, max_length=256)]
    server_url: Annotated[str, Meta(pattern="^wss?://")] | None = None
    """E.g. wss://shop.example/ws/device/; needed unless ``link`` goes over a broker."""
    link: WebsocketLink | MqttLink = WebsocketLink()
    device_token: str | None = None
    device_token_file: str | None = None
    """Read at every connection, so a renewed token needs no restart."""
    registration: str | None = None
    """By which claim code we came in (a digest); written by ``--register``, never by hand."""
    scanners: tuple[ScannerConfig, ...] = ()
    firmware: FirmwareConfig | None = None
    """Without it no firmware is taken."""
    outbox_limit: Annotated[int, Meta(ge=100)] = 20_000
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "text"] = "json"
    """``json`` is one object a line, ``text`` is for eyes."""

    def token(self) -> str:
        """Return the device token. Raises ConfigError naming the key it could not be read from."""
        if self.device_token is not None:
            return self.device_token.strip()
        try:
            token = Path(self.device_token_file or "").read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"device_token_file: {error}") from error
        if not token:
            raise ConfigError(f"device_token_file: {self.device_token_file} is empty")
        return token


def load(path: Path) -> AgentConfig:
    """Return the checked configuration. Raises ConfigError."""
    try:
        config = msgspec.json.decode(path.read_bytes(), type=AgentConfig)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    _check(config)
    return config


def _check(config: AgentConfig) -> None:
    """Check what no single field shows."""
    if (config.device_token is None) == (config.device_token_file is None):
        raise ConfigError("device_token: expected exactly one of device_token and device_token_file")
    config.token()
    if config.server_url is None and isinstance(config.link, WebsocketLink):
        raise ConfigError("server_url: expected unless link.kind is mqtt, got nothing")
    locks = sum(board.locks for bus in config.buses for board in bus.boards)
    if locks > MAX_LOCKS:
        raise ConfigError(f"buses: expected at most {MAX_LOCKS} locks on one device, got {locks}")
    ports = [bus.port for bus in config.buses] + [scanner.port for scanner in config.scanners]
    for index, port in enumerate(ports):
        if port in ports[:index]:
            raise ConfigError(f"{_port_key(config, index)}: {port} is configured twice")
    for index, bus in enumerate(config.buses):
        _check_bus(f"buses[{index}]", bus)


def _port_key(config: AgentConfig, index: int) -> str:
    buses = len(config.buses)
    return f"buses[{index}].port" if index < buses else f"scanners[{index - buses}].port"


def _check_bus(key: str, bus: BusConfig) -> None:
    if bus.simulator is not None and bus.protocol != "simulator":
        raise ConfigError(f"{key}.simulator: expected only with protocol simulator, got {bus.protocol}")
    addresses = [board.address for board in bus.boards]
    if not addresses:
        raise ConfigError(f"{key}.boards: expected at least one board")
    for place, board in enumerate(bus.boards):
        if board.address in addresses[:place]:
            raise ConfigError(
                f"{key}.boards[{place}].address: {board.address} is configured twice on {bus.port}"
            )
        _check_board(f"{key}.boards[{place}]", board, bus.protocol)

    for place, fault in enumerate(bus.simulator.faults if bus.simulator else ()):
        _check_fault(f"{key}.simulator.faults[{place}]", fault, addresses)


def _check_fault(key: str, fault: SimulatedFault, addresses: list[int]) -> None:
    of_slot, of_bus = ("stuck", "chatter"), ("echo",)
    if fault.name not in (*FAULTS, *of_slot, *of_bus):
        raise ConfigError(
            f"{key}.name: expected one of {', '.join([*FAULTS, *of_slot, *of_bus])}, got {fault.name}"
        )
    if (fault.name in of_slot) != (fault.slot is not None):
        raise ConfigError(f"{key}.slot: expected with {' or '.join(of_slot)} and nothing else")
    board = fault.board if fault.slot is None else fault.slot >> 4
    if board is not None and board not in addresses:
        raise ConfigError(f"{key}: expected one of the boards {addresses}, got {board}")


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
