"""Simulated boards inside this process, at the true pace of the line: ``"protocol": "simulator"``.

No pty and no second thread: what the boards send lies ready with its moment, and
whoever reads waits until then. Bytes come one by one as a UART would hand them up.
"""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

from devicegw.bus.config import BusConfig
from devicegw.bus.port import char_seconds
from devicegw.clock import Clock, SystemClock
from devicegw.simulator.boards import SimulatedBus
from devicegw.simulator.config import SimulatedFault, SimulatorConfig
from devicegw.simulator.control import ControlServer, carry_out
from devicegw.simulator.line import SimulatedLine
from devicegw.simulator.nullmodem import NullModem, Outgoing


class InProcessLine(SimulatedLine):
    """A line whose far end are simulated boards; ``open`` is the bus's OpenPort."""

    def __init__(self, bus: SimulatedBus, port: str, clock: Clock | None = None) -> None:
        super().__init__(bus)
        self.port = port
        self._modem = NullModem(self._receive, clock or SystemClock(), _wait, keep=0)
        self._control: ControlServer | None = None

    @classmethod
    def of(cls, config: BusConfig, settings: SimulatorConfig) -> InProcessLine:
        """Build the boards that a bus's configuration names, with their faults."""
        bus = SimulatedBus(
            0,
            unlock_s=settings.unlock_ms / 1000,
            turnaround_s=settings.turnaround_ms / 1000,
            char_s=char_seconds(config.baudrate),
            auto_pull_s=settings.auto_pull_s,
            random=Random(settings.seed),
        )
        for board in config.boards:
            levels = {"hook_open_level": board.hook_open_level, "present_level": board.present_level}
            bus.add(board.address, **levels)
        line = cls(bus, config.port)
        for fault in settings.faults:
            line.break_(fault)
        if settings.control is not None:
            line.listen(Path(settings.control))
        return line

    def break_(self, fault: SimulatedFault) -> None:
        """Set one configured fault. Raises ControlError if there is no such fault, board or slot."""
        if fault.slot is None:
            self.fault(fault.name, fault.board, fault.value)
        elif fault.name == "stuck":
            self.stick(fault.slot)
        else:
            self.chatter(fault.slot, 0.05 if fault.value is None else fault.value)

    def listen(self, path: Path) -> None:
        """Take commands on a unix socket until the process ends."""
        self._control = ControlServer(path, lambda command: carry_out(self, command))
        self._control.start()

    def open(self) -> NullModem:
        """Plug in. Raises PortLost while unplugged."""
        return self._modem.open()

    def unplug(self) -> None:
        """Unplug the adapter: the process with the port open loses it."""
        self._modem.unplug()

    def replug(self) -> None:
        """Plug the adapter in again."""
        self._modem.plugged = True

    def _receive(self, data: bytes, now: float) -> Outgoing:
        with self._lock:
            return self._bus.receive(data, now)


def _wait(seconds: float) -> None:
    if seconds > 0:
        time.sleep(seconds)
