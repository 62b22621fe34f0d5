"""pymodbus' own server on a pty: relay units whose flashes open locks, read back at their inputs."""

from __future__ import annotations

import os
import select
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from devicegw.bus.boards.config import BoardConfig, ModbusBoard, ModbusInputs, ModbusRelays
from devicegw.bus.port import PortLost

FLASH = 0x0200


class MasterEnd:
    """The master's end of a pty, as a transport."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def write(self, data: bytes) -> None:
        os.write(self._fd, data)

    def read(self, timeout: float) -> bytes:
        if not select.select([self._fd], [], [], max(0.0, timeout))[0]:
            return b""
        try:
            return os.read(self._fd, 1024)
        except OSError as error:
            raise PortLost(str(error)) from error

    def flush_input(self) -> None:
        while select.select([self._fd], [], [], 0)[0]:
            self.read(0)

    def close(self) -> None:
        return


class Peer:
    """Units with 8 locks each; input n is the hook of lock n, input 8 + n its sensor."""

    def __init__(self, units: tuple[int, ...]) -> None:
        self.opened = {unit: set[int]() for unit in units}
        self.absent = {unit: set[int]() for unit in units}
        self.stuck = False
        self.refusing = False
        self.pulses: list[bytes] = []
        self.reads: list[bytes] = []
        self.master = self._slave = -1

    def inputs(self, unit: int) -> int:
        closed = sum(1 << lock for lock in range(8) if lock not in self.opened[unit])
        present = sum(1 << lock for lock in range(8) if lock not in self.absent[unit])
        return closed | present << 8

    def device(self, unit: int) -> SimDevice:
        async def action(function, start, address, count, registers, values):
            if function in (5, 6) and self.refusing:
                return ExcCodes.ILLEGAL_ADDRESS
            if function in (5, 6) and values is not None and not self.stuck:
                self.opened[unit].add(address & 0x0F)
            if function in (2, 4):
                registers[0] = self.inputs(unit)
            return None

        bits = [SimData(0, values=[False] * 1024, datatype=DataType.BITS)]
        words = [SimData(0, values=0, count=64, datatype=DataType.REGISTERS)]
        return SimDevice(unit, simdata=(bits, bits, words, words), action=action)

    def passing(self, sending: bool, data: bytes) -> bytes:
        if not sending:
            (self.pulses if data[1] in (5, 6) else self.reads).append(data)
        return data

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Peer]:
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        server = ModbusSerialServer(
            [self.device(unit) for unit in self.opened],
            port=os.ttyname(self._slave),
            baudrate=19200,
            ignore_missing_devices=True,
            trace_packet=self.passing,
        )
        # Opening the port throws away what came before, so nobody may ask earlier.
        await server.serve_forever(background=True)
        try:
            yield self
        finally:
            await server.shutdown()
            os.close(self.master)
            os.close(self._slave)


def board(address: int, unit: int, **changes: object) -> BoardConfig:
    """A board of the peer's kind."""
    modbus = ModbusBoard(
        relays=ModbusRelays(unit=unit, ms=700),
        hooks=ModbusInputs(unit=unit),
        presence=ModbusInputs(unit=unit, start=8),
    )
    settings: dict[str, object] = {"locks": 8, "modbus": modbus} | changes
    return BoardConfig(address, **settings)  # type: ignore[arg-type]
