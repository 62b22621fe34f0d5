"""Real bytes on a real pty: port, bus actor and simulator in real time."""

from __future__ import annotations

import queue
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pykka
import pytest

from devicegw.bus.actor import BusHandle
from devicegw.bus.boards.config import BoardConfig
from devicegw.bus.boards.kerong import KerongDriver, StatusReply, StatusRequest, UnlockRequest
from devicegw.bus.bus import Bus
from devicegw.bus.config import BusConfig, Timings
from devicegw.bus.messages import BusEvent, SlotReading, UnlockCommand, UnlockDone
from devicegw.bus.port import PortLost, SerialTransport, char_seconds, serial_port
from devicegw.clock import SystemClock
from devicegw.simulator.boards import ControlError, SimulatedBus
from devicegw.simulator.control import control
from devicegw.simulator.process import Simulator

ROOT = Path(__file__).resolve().parents[3]
DEADLINE = 60.0


class Rig:
    """A bus actor on the simulator's pty; what it tells comes out of a queue."""

    def __init__(self, simulator: Simulator, port: str, boards: int, timings: Timings) -> None:
        self.simulator = simulator
        self.told: queue.Queue[BusEvent] = queue.Queue()
        self.deaths: list[BaseException] = []
        config = BusConfig(port=port, boards=tuple(BoardConfig(n) for n in range(boards)), timings=timings)
        self.bus = Bus(0, config, KerongDriver(), serial_port(port, 19200), SystemClock(), self.told.put)
        self.handle = BusHandle(self.bus, self.deaths.append)

    def submit(self, slot: int, name: str, ttl: float = 10.0) -> None:
        now = time.monotonic()
        self.handle.unlock(UnlockCommand(name, slot >> 4, slot & 15, now, now + ttl))

    def next(self, met: Callable[[Any], bool]) -> Any:
        """Return the next event that fits; fail at the deadline."""
        end = time.monotonic() + DEADLINE
        while True:
            event = self.told.get(timeout=max(0.0, end - time.monotonic()))
            if met(event):
                return event

    def end_of(self, name: str) -> UnlockDone:
        return self.next(lambda event: isinstance(event, UnlockDone) and event.command_id == name)

    def reading(self, slot: int, hook: str) -> SlotReading:
        return self.next(lambda e: isinstance(e, SlotReading) and (e.slot, e.hook) == (slot, hook))


@contextmanager
def rig(tmp_path: Path, boards: int = 2, timings: Timings | None = None, **mechanics: Any) -> Iterator[Rig]:
    world = SimulatedBus(boards, char_s=char_seconds(19200), **mechanics)
    simulator = Simulator(world, tmp_path / "bus").start()
    rig = Rig(simulator, str(tmp_path / "bus"), boards, timings or Timings())
    try:
        yield rig
    finally:
        rig.handle.stop()
        simulator.stop()
    assert rig.deaths == []


@pytest.mark.parametrize(
    ("fault", "value"),
    [("none", None), ("byte_at_a_time_s", 0.002), ("lost", 2), ("garbled", 2), ("late", 1), ("noise", -1)],
)
def test_an_unlock_opens_over_a_real_line_whatever_it_does(tmp_path, fault, value):
    with rig(tmp_path, unlock_s=0.05) as shop:
        shop.reading(0, "closed")
        shop.simulator.fault(fault, 0, value)
        shop.submit(3, "u")
        assert shop.end_of("u").outcome == "opened"


def test_an_unlock_pre_empts_a_busy_round_within_a_tenth_of_a_second(tmp_path):
    with rig(tmp_path, boards=8, timings=Timings(poll_s=0.001), unlock_s=0.0) as shop:
        shop.reading(0x70, "closed")
        waits = []
        for n in range(20):
            shop.submit(0x70 | n % 16, f"u{n}")
            waits.append(shop.end_of(f"u{n}").first_byte_s)
        assert sorted(waits)[-2] < 0.1


def test_an_idle_bus_is_woken_by_an_order(tmp_path):
    with rig(tmp_path, boards=1, timings=Timings(poll_s=30.0), unlock_s=0.0) as shop:
        shop.reading(0x0F, "closed")
        shop.submit(1, "u")
        assert shop.end_of("u").total_s < 5.0


def test_unplugged_and_plugged_in_again_under_the_same_name(tmp_path):
    with rig(tmp_path, timings=Timings(reopen_max_s=0.2), unlock_s=0.02) as shop:
        shop.reading(0x1F, "closed")
        shop.simulator.unplug()
        shop.reading(0x1F, "unknown")
        shop.submit(0x1F, "u")
        shop.simulator.replug()
        assert shop.end_of("u").outcome == "opened"


def test_stopping_ends_an_unlock_under_way_by_name(tmp_path):
    with rig(tmp_path) as shop:
        shop.simulator.stick(0)
        shop.submit(0, "u")
        shop.handle.stop()
        assert shop.end_of("u").outcome == "bus_error"
        with pytest.raises(pykka.ActorDeadError):
            shop.submit(0, "v")


def test_a_defect_in_the_bus_ends_every_unlock_and_is_told(tmp_path):
    broken: queue.Queue[BaseException] = queue.Queue()
    told: queue.Queue[BusEvent] = queue.Queue()

    class Broken(KerongDriver):
        def status(self, board: int) -> bytes:
            raise ZeroDivisionError("a defect")

    simulator = Simulator(SimulatedBus(1)).start()
    config = BusConfig(port=simulator.port, boards=(BoardConfig(0),))
    bus = Bus(0, config, Broken(), serial_port(simulator.port, 19200), SystemClock(), told.put)
    bus.submit(UnlockCommand("u", 0, 0, time.monotonic(), time.monotonic() + 10))
    BusHandle(bus, broken.put)
    assert isinstance(broken.get(timeout=DEADLINE), ZeroDivisionError)
    end = told.get(timeout=DEADLINE)
    assert isinstance(end, UnlockDone)
    assert (end.outcome, end.detail) == ("bus_error", "the bus failed")
    simulator.stop()


# --- the port -------------------------------------------------------------


@pytest.fixture
def simulator():
    simulator = Simulator(SimulatedBus(1, unlock_s=0.0, turnaround_s=0.0)).start()
    yield simulator
    simulator.stop()


def read(port: SerialTransport, size: int) -> bytes:
    data = b""
    end = time.monotonic() + DEADLINE
    while len(data) < size and time.monotonic() < end:
        data += port.read(DEADLINE)
    return data


def test_a_port_belongs_to_one(simulator):
    first = SerialTransport(simulator.port, 19200)
    with pytest.raises(PortLost, match="cannot open"):
        SerialTransport(simulator.port, 19200)
    first.close()
    SerialTransport(simulator.port, 19200).close()


def test_a_port_that_is_not_there_is_lost():
    with pytest.raises(PortLost, match="/dev/nothing"):
        SerialTransport("/dev/nothing", 19200)


def test_silence_reads_as_nothing(simulator):
    port = SerialTransport(simulator.port, 19200)
    assert port.read(0.001) == b""
    port.close()


def test_an_unplugged_port_is_lost_whatever_is_tried(simulator):
    port = SerialTransport(simulator.port, 19200)
    simulator.unplug()
    with pytest.raises(PortLost):
        port.read(DEADLINE)
    with pytest.raises(PortLost):
        port.write(b"x")
    with pytest.raises(PortLost):
        port.flush_input()
    port.close()
    port.close()


def test_bytes_at_true_pace_come_one_by_one():
    char = char_seconds(9600)
    simulator = Simulator(SimulatedBus(1, char_s=char, turnaround_s=0.0)).start()
    port = SerialTransport(simulator.port, 9600)
    begun = time.monotonic()
    port.write(StatusRequest(0).to_bytes())
    assert StatusReply.from_bytes(read(port, 9)).board == 0
    assert time.monotonic() - begun >= (5 + 9) * char
    port.close()
    simulator.stop()


# --- the shop -------------------------------------------------------------


def test_a_latched_trolley_cannot_be_pulled_and_a_pushed_one_latches(simulator):
    with pytest.raises(ControlError, match="latched"):
        simulator.pull(3)
    port = SerialTransport(simulator.port, 19200)
    port.write(UnlockRequest(0, 3).to_bytes())
    read(port, 9)
    simulator.pull(3)
    with pytest.raises(ControlError, match="empty"):
        simulator.pull(3)
    simulator.push_back(3)
    assert simulator.state()[3] == {"slot": 3, "hook": "closed", "present": True, "stuck": False, "pulses": 1}
    with pytest.raises(ControlError, match="already"):
        simulator.push_back(3)
    port.close()


def test_the_simulator_as_a_process_takes_commands_on_its_socket(tmp_path):
    link, socket = tmp_path / "bus0", tmp_path / "shop.sock"
    arguments = ["--boards", "2", "--link", link, "--control", socket, "--auto-pull", "0", "--unlock-ms", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "devicegw.simulator", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], DEADLINE)[0]
    printed = process.stdout.readline().strip()
    assert str(link.resolve()) == printed
    assert control(socket, "pull 3") == {"ok": False, "error": "slot 3 is latched"}
    assert control(socket, "dance")["ok"] is False
    assert control(socket, "fault lost x")["ok"] is False
    assert control(socket, "{oops")["ok"] is False
    assert control(socket, {"op": "fault", "name": "gremlins"})["ok"] is False

    port = SerialTransport(str(link), 19200)
    port.write(UnlockRequest(1, 4).to_bytes())
    read(port, 9)
    slots = {slot["slot"]: slot for slot in control(socket, "state")["slots"]}
    assert slots[0x14]["hook"] == "open"
    assert slots[0x14]["present"] is False, "the customer took it"
    assert control(socket, {"op": "push_back", "slot": 0x14}) == {"ok": True}
    assert control(socket, "fault dead 1") == {"ok": True}
    port.write(StatusRequest(1).to_bytes())
    assert port.read(0.05) == b""
    assert control(socket, "unplug") == {"ok": True}
    assert not link.exists()
    assert control(socket, "replug") == {"ok": True}
    assert link.exists()

    process.terminate()
    assert process.wait(DEADLINE) == 0
    assert not socket.exists()
    process.stdout.close()
    port.close()
