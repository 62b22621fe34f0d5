"""``--discover``: tries ports, baud rates and addresses and prints what answers. Only reads status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

from devicegw.bus.boards import Answer, BoardRefused, BoardStatus, Driver
from devicegw.bus.boards.config import BoardConfig, ModbusBoard, ModbusInputs, ModbusRelays
from devicegw.bus.boards.kerong import BOARDS, KerongDriver
from devicegw.bus.boards.modbus import ModbusDriver
from devicegw.bus.config import Timings
from devicegw.bus.health import BoardHealth
from devicegw.bus.line import SerialLine
from devicegw.bus.port import OpenPort, PortLost, serial_port
from devicegw.clock import SystemClock

BAUDRATES = (19200, 9600, 38400, 57600, 115200)
UNITS = 32
"""Modbus units that are tried; a board leaves the factory with 1."""
PATIENCE_S = 0.06
"""How long each address may take to answer; an adapter behind a network needs more."""
BY_ID = Path("/dev/serial/by-id")


@dataclass(frozen=True, slots=True)
class FoundBoard:
    """A board that answered on a port."""

    port: str
    baudrate: int
    protocol: str
    address: int
    detail: str
    answered: bool
    """False: something was heard, but no answer could be made of it."""


def ports() -> list[str]:
    """Return the serial ports there are, by the names that stay."""
    named = {path.resolve(): str(path) for path in sorted(BY_ID.glob("*"))}
    return sorted(named.get(Path(port.device).resolve(), port.device) for port in list_ports.comports())


def discover(
    names: Iterable[str],
    baudrates: Sequence[int] = BAUDRATES,
    units: int = UNITS,
    opener: Callable[[str, int], OpenPort] = serial_port,
    patience_s: float = PATIENCE_S,
) -> Iterator[FoundBoard]:
    """Ask every address at every rate, one after the other. Raises PortLost."""
    timings = Timings(answer_s=patience_s, gap_s=max(0.025, patience_s / 2), dead_after=1)
    for port in names:
        for baudrate in baudrates:
            modbus = ModbusDriver([_unit(unit) for unit in range(1, units + 1)])
            yield from _on_line(
                port=port,
                baudrate=baudrate,
                protocol="modbus",
                driver=modbus,
                addresses=range(1, units + 1),
                opener=opener,
                timings=timings,
            )
            yield from _on_line(
                port=port,
                baudrate=baudrate,
                protocol="kerong",
                driver=KerongDriver(),
                addresses=range(BOARDS),
                opener=opener,
                timings=timings,
            )


def _on_line(
    port: str,
    baudrate: int,
    protocol: str,
    driver: Driver,
    addresses: range,
    opener: Callable[[str, int], OpenPort],
    timings: Timings,
) -> Iterator[FoundBoard]:
    line = SerialLine(opener(port, baudrate), baudrate, driver, timings, SystemClock())
    line.open()
    try:
        for address in addresses:
            health = BoardHealth()
            answer = line.exchange(address, driver.status(address)[0], health)
            heard = health.garbage_bytes + health.strays
            if answer is not None:
                yield FoundBoard(port, baudrate, protocol, address, _meaning(answer, health, line), True)
            elif health.bad_checksums or heard:
                detail = f"{health.bad_checksums} bad sums, {heard} bytes of noise; perhaps another rate"
                yield FoundBoard(port, baudrate, protocol, address, detail, False)
    finally:
        line.close()


def _unit(unit: int) -> BoardConfig:
    """A unit of one input, to have something to ask for; a board of ours is not numbered like this."""
    return BoardConfig(unit, locks=1, modbus=ModbusBoard(ModbusRelays(unit), ModbusInputs(unit)))


def _meaning(answer: Answer, health: BoardHealth, line: SerialLine) -> str:
    answered = "answers"
    if isinstance(answer, BoardStatus):
        answered = f"hooks {answer.hooks:016b}, sensors {answer.sensors:016b}"
    elif isinstance(answer, BoardRefused):
        answered = f"is there, but has no such input ({answer.detail})"
    echo = ", and the adapter hears itself" if line.echoing else ""
    return f"{answered}, {health.round_trip_s * 1000:.1f} ms{echo}"


def run(
    names: Sequence[str],
    baudrates: Sequence[int],
    units: int,
    write: Callable[[str], object],
    opener: Callable[[str, int], OpenPort] = serial_port,
    patience_s: float = PATIENCE_S,
) -> int:
    """Print a line for each answer; return 0 if anything answered, 1 if nothing did."""
    answered = 0
    if not names:
        write("no serial port found; name one with --port\n")
    for name in names:
        write(f"{name}: asking at {', '.join(map(str, baudrates))} baud\n")
        try:
            for found in discover([name], baudrates, units, opener, patience_s):
                sign = "found" if found.answered else "heard"
                where = f"{found.protocol} {found.baudrate} baud, address {found.address}"
                write(f"  {sign}  {where}: {found.detail}\n")
                answered += found.answered
        except PortLost as error:
            write(f"  FAIL  {error}\n")
    write(f"{answered} answered\n")
    return 0 if answered else 1
