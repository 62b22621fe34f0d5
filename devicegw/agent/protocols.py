"""The board protocols by name: the driver of each, and its line."""

from __future__ import annotations

from devicegw.agent.config import AgentBus
from devicegw.bus.boards import Driver
from devicegw.bus.boards.kerong import KerongDriver
from devicegw.bus.boards.modbus import ModbusDriver
from devicegw.bus.config import BusConfig
from devicegw.bus.port import OpenPort, serial_port
from devicegw.simulator.config import SimulatorConfig
from devicegw.simulator.inprocess import InProcessLine


def driver_of(bus: BusConfig) -> Driver:
    """Return the driver of the bus's protocol; a new one is a module in devicegw.bus.boards and a row."""
    if bus.protocol == "modbus":
        return ModbusDriver(bus.boards)
    return KerongDriver()


def port_of(bus: AgentBus) -> OpenPort:
    """Return what opens the bus's line."""
    if bus.protocol == "simulator":
        return InProcessLine.of(bus, bus.simulator or SimulatorConfig()).open
    return serial_port(bus.port, bus.baudrate)
