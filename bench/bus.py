"""The lock bus in real time: what a 19200 baud line allows, and what the bus makes of it.

::

    python -m bench.bus --json            simulated boards in this process and, apart, behind a pty
    python -m bench.bus --seconds 5 --over inprocess

The limit is arithmetic: request and answer at 10 bits a byte, and 3.5 characters of
silence before each of them. A board that thinks longer than that silence (the
simulated one does, 2 ms) is part of what the bus loses.
"""

from __future__ import annotations

import argparse
import json
import queue
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from devicegw.agent.protocols import driver_of
from devicegw.bus.actor import BusHandle
from devicegw.bus.boards.config import BoardConfig
from devicegw.bus.boards.kerong import StatusReply, StatusRequest
from devicegw.bus.bus import Bus
from devicegw.bus.config import BusConfig, Timings
from devicegw.bus.line import silence_seconds
from devicegw.bus.messages import BusEvent, UnlockCommand, UnlockDone
from devicegw.bus.port import char_seconds, serial_port
from devicegw.clock import SystemClock
from devicegw.simulator.config import SimulatorConfig
from devicegw.simulator.control import control
from devicegw.simulator.inprocess import InProcessLine

ROOT = Path(__file__).resolve().parents[1]
BAUD = 19200
BOARDS = 8
DEAD = 3
TARGETS = {"share of the limit": 0.90, "unlock p99 ms": 15.0, "seven beside a dead board": 0.85}


def limit(baud: int = BAUD) -> float:
    """Return the exchanges a second that the line's rate and the silences allow."""
    characters = StatusRequest.size + StatusReply.size
    return 1 / (characters * char_seconds(baud) + 2 * silence_seconds(baud))


class Rig:
    """A bus actor that polls as fast as the line lets it."""

    def __init__(self, config: BusConfig, open_port: Callable[[], Any], break_: Callable[..., None]) -> None:
        self.ends: queue.Queue[UnlockDone] = queue.Queue()
        self.break_ = break_
        bus = Bus(0, config, driver_of(config), open_port, SystemClock(), self._listen)
        self.handle = BusHandle(bus, self._died)

    def _listen(self, event: BusEvent) -> None:
        if isinstance(event, UnlockDone):
            self.ends.put(event)

    @staticmethod
    def _died(error: BaseException) -> None:
        raise error

    def answers(self) -> dict[int, int]:
        """Return the answers so far, by board."""
        boards = self.handle.health().get(timeout=5)["boards"]
        return {int(address): counters["answers"] for address, counters in boards.items()}

    def rates(self, seconds: float) -> dict[int, float]:
        """Return each board's answers a second over a while."""
        begun, before = time.monotonic(), self.answers()
        time.sleep(seconds)
        after, took = self.answers(), time.monotonic() - begun
        return {board: (after[board] - before[board]) / took for board in after}

    def unlock_ms(self, times: int, random: Random) -> list[float]:
        """Return how long orders waited from receipt to their first byte, at moments of no pattern."""
        waits = []
        for n in range(times):
            time.sleep(random.uniform(0.0, 0.03))
            now = time.monotonic()
            board, lock = n % BOARDS, n // BOARDS % 16
            self.handle.unlock(UnlockCommand(f"u{n}", board, lock, now, now + 10))
            first = self.ends.get(timeout=20).first_byte_s
            if first is None:
                raise RuntimeError(f"u{n} was never sent")
            waits.append(first * 1000)
        return waits


@contextmanager
def in_process() -> Iterator[Rig]:
    """Simulated boards on the bus's own thread."""
    config = bus_config("simulated", "simulator")
    line = InProcessLine.of(config, SimulatorConfig())
    yield from running(config, line.open, line.fault)


@contextmanager
def over_pty() -> Iterator[Rig]:
    """Simulated boards in a process of their own, behind a pty that paces every byte."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        link, socket = Path(folder) / "bus", Path(folder) / "control"
        command = [sys.executable, "-m", "devicegw.simulator", "--boards", str(BOARDS), "--baud", str(BAUD)]
        command += ["--link", str(link), "--control", str(socket), "--unlock-ms", "0"]
        simulator = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            if simulator.stdout is None or not simulator.stdout.readline():
                raise RuntimeError("the simulator did not start")

            def break_(name: str, board: int | None = None) -> None:
                control(socket, {"op": "fault", "name": name, "board": board})

            yield from running(bus_config(str(link), "kerong"), serial_port(str(link), BAUD), break_)
        finally:
            simulator.terminate()
            simulator.wait(10)


def bus_config(port: str, protocol: Any) -> BusConfig:
    """Eight boards, polled without a pause."""
    boards = tuple(BoardConfig(n) for n in range(BOARDS))
    return BusConfig(port, boards, BAUD, protocol, Timings(poll_s=0.001))


def running(config: BusConfig, open_port: Callable[[], Any], break_: Callable[..., None]) -> Iterator[Rig]:
    """Start the bus, let it come round once, stop it after."""
    rig = Rig(config, open_port, break_)
    try:
        while rig.handle.survey().get(timeout=5) is None:
            time.sleep(0.01)
        yield rig
    finally:
        rig.handle.stop()


def quantile(values: list[float], q: float) -> float:
    """Return the value that a share ``q`` of them does not exceed."""
    return sorted(values)[min(len(values) - 1, int(q * len(values)))]


def measure(rig: Rig, seconds: float, orders: int) -> dict[str, Any]:
    """Poll, unlock while polling, then poll beside a dead board."""
    alive = rig.rates(seconds)
    waits = rig.unlock_ms(orders, Random(16))
    rig.break_("dead", DEAD)
    dying = rig.rates(seconds)
    beside = {board: rate for board, rate in dying.items() if board != DEAD}
    fair = sum(rate for board, rate in alive.items() if board != DEAD)
    return {
        "polls a second": round(sum(alive.values()), 2),
        "share of the limit": round(sum(alive.values()) / limit(), 4),
        "slowest board a second": round(min(alive.values()), 2),
        "unlock p50 ms": round(quantile(waits, 0.50), 2),
        "unlock p99 ms": round(quantile(waits, 0.99), 2),
        "unlock max ms": round(max(waits), 2),
        "orders": orders,
        "seven beside a dead board": round(sum(beside.values()) / fair, 4),
        "slowest of the seven, kept": round(min(beside[b] / alive[b] for b in beside), 4),
    }


def held(found: dict[str, Any]) -> dict[str, bool]:
    """Say which targets one measurement met."""
    return {
        name: found[name] < target if name.endswith("ms") else found[name] >= target
        for name, target in TARGETS.items()
    }


def main() -> int:
    """Measure and print, also what was missed."""
    parser = argparse.ArgumentParser(prog="bench.bus", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each polling rate")
    parser.add_argument("--orders", type=int, default=300, help="unlocks to time")
    parser.add_argument("--over", choices=("inprocess", "pty", "both"), default="both")
    options = parser.parse_args()
    ways = {"inprocess": in_process, "pty": over_pty}
    found: dict[str, Any] = {"baud": BAUD, "boards": BOARDS, "limit a second": round(limit(), 2)}
    for name, way in ways.items():
        if options.over in (name, "both"):
            with way() as rig:
                found[name] = measure(rig, options.seconds, options.orders)
                found[name]["held"] = held(found[name])
    print(json.dumps(found) if options.json else text(found))
    return 0


def text(found: dict[str, Any]) -> str:
    """Return the figures as lines."""
    lines = [
        f"{found['boards']} boards, {found['baud']} baud: at most {found['limit a second']} polls a second"
    ]
    for name in ("inprocess", "pty"):
        for what, value in found.get(name, {}).items():
            lines.append(f"  {name}: {what}: {value}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
