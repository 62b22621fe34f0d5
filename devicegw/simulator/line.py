"""A line with simulated boards on it, and what may happen to them: trolleys move, bolts jam, adapters go."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from typing import Any

from devicegw.simulator.boards import SimulatedBus


class SimulatedLine(ABC):
    """Changes the state of a simulated bus while another thread serves its line. Thread-safe."""

    port: str = ""
    """Where the line is plugged in."""

    def __init__(self, bus: SimulatedBus) -> None:
        self._bus = bus
        self._lock = threading.RLock()

    def pull(self, slot: int) -> None:
        """Take the trolley out of an open lock. Raises ControlError."""
        with self._lock:
            self._bus.pull(slot, time.monotonic())

    def push_back(self, slot: int) -> None:
        """Push a trolley in; it latches. Raises ControlError."""
        with self._lock:
            self._bus.push_back(slot, time.monotonic())

    def state(self) -> list[dict[str, Any]]:
        """Return every slot as it is now."""
        now = time.monotonic()
        with self._lock:
            return [
                self._state_of(board.address << 4 | lock, now)
                for board in self._bus.boards.values()
                for lock in range(len(board.slots))
            ]

    def fault(self, name: str, board: int | None = None, value: float | None = None) -> None:
        """Break something; see devicegw.simulator.boards.Faults. Raises ControlError."""
        with self._lock:
            self._bus.fault(name, None if board is None else [board], value)

    def chatter(self, slot: int, seconds: float = 0.05) -> None:
        """Let one slot's switches bounce after each move; 0: stop."""
        with self._lock:
            self._bus.chatter(slot, time.monotonic(), seconds)

    def stick(self, slot: int, stuck: bool = True) -> None:
        """Jam one bolt, or free it."""
        with self._lock:
            self._bus.stick(slot, time.monotonic(), stuck)

    @abstractmethod
    def unplug(self) -> None:
        """Unplug the adapter: the process with the port open loses it."""

    @abstractmethod
    def replug(self) -> None:
        """Plug the adapter in again, under the same name."""

    def _state_of(self, number: int, now: float) -> dict[str, Any]:
        slot = self._bus.slot(number, now)
        hook = "open" if slot.hook_open else "closed"
        state = {"slot": number, "hook": hook, "present": slot.present}
        return state | {"stuck": slot.stuck, "pulses": slot.pulses}
