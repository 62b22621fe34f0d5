"""The whole Pi: the agent as a process of its own, simulated boards on a pty, a real server."""

from __future__ import annotations

import asyncio
import signal
import sys

import pytest

from devicegw import wire
from devicegw.agent import config as configuration
from devicegw.agent.buses import Buses
from devicegw.bus.messages import SlotReading
from devicegw.bus.port import char_seconds
from devicegw.clock import SystemClock
from devicegw.link.outbox import Outbox
from devicegw.link.queue import OutboxQueue
from devicegw.simulator.boards import SimulatedBus
from devicegw.simulator.process import Simulator
from tests.devicegw.process import ROOT, running, write_config
from tests.devicegw.server import FakeServer

BOARDS = [{"address": n} for n in range(16)]


@pytest.fixture
def simulator(tmp_path):
    bus = SimulatedBus(2, unlock_s=0.15, char_s=char_seconds(19200))
    simulator = Simulator(bus, tmp_path / "bus0").start()
    yield simulator
    simulator.stop()


async def test_a_trolley_goes_out_and_comes_back(tmp_path, simulator):
    async with FakeServer() as server:
        async with running(write_config(tmp_path, server.url, str(tmp_path / "bus0"))) as agent:
            hello = await server.next(wire.Hello)
            assert hello.device_id == "pi-1"
            assert hello.buses[0].boards == (0, 1)
            assert [slot.slot for slot in hello.slots] == [*range(16), *range(16, 24)]
            assert {(slot.hook, slot.present) for slot in hello.slots} == {("closed", True)}

            await server.unlock("u1", 0x13)
            await server.next(wire.Received, id="u1")
            assert (await server.next(wire.Result, id="u1")).outcome == "opened"
            await server.next(wire.Report, slot=0x13, hook="open", present=True)
            simulator.pull(0x13)
            await server.next(wire.Report, slot=0x13, hook="open", present=False)
            simulator.push_back(0x13)
            await server.next(wire.Report, slot=0x13, hook="closed", present=True)

            assert await agent.stop() == 0
            unlocked = next(line for line in agent.log if line.get("command_id") == "u1")
            assert unlocked["first_byte_ms"] < 100
            assert "secret-token" not in agent.text


async def test_what_happened_while_the_server_was_away_is_told_later(tmp_path, simulator):
    server = FakeServer()
    await server.open()
    async with running(write_config(tmp_path, server.url, str(tmp_path / "bus0"))):
        await server.next(wire.Hello)
        await server.unlock("u1", 2)
        await server.next(wire.Result, id="u1")
        server.acknowledging = False
        await server.close()
        simulator.pull(2)
        server.acknowledging = True
        await server.open()
        hello = await server.next(wire.Hello)
        assert hello.slots[2].hook == "open"
        await server.next(wire.Report, slot=2, present=False)
    await server.close()


async def test_what_happened_while_the_agent_was_dead_is_told_after_what_it_had_not_sent(tmp_path, simulator):
    async with FakeServer() as server:
        config = write_config(tmp_path, server.url, str(tmp_path / "bus0"))
        async with running(config) as agent:
            await server.next(wire.Hello)
            await server.unlock("u1", 2)
            await server.next(wire.Result, id="u1")
            server.acknowledging = False
            simulator.pull(2)
            await server.next(wire.Report, slot=2, present=False)
            await agent.stop(signal.SIGKILL)
        simulator.push_back(2)
        server.acknowledging = True
        async with running(config):
            hello = await server.next(wire.Hello)
            assert (hello.slots[2].hook, hello.slots[2].present) == ("closed", True)
            await server.next(wire.Report, slot=2, present=False)
            await server.next(wire.Report, slot=2, hook="closed", present=True)


async def test_a_slot_that_hello_went_without_is_told_when_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("devicegw.agent.buses.SURVEY_S", 0.0)
    bus = {"port": "simulated", "protocol": "simulator", "boards": [{"address": 0}]}
    path = write_config(tmp_path, "ws://127.0.0.1:1/", "", buses=[bus])
    queue = OutboxQueue(Outbox(tmp_path / "outbox"), 100)
    await queue.start()
    # Never started, so it reads what the test says.
    buses = Buses(configuration.load(path), queue, SystemClock(), "boot", "1.0", pytest.fail)

    async def read(*slots: int) -> None:
        for slot in slots:
            buses._listen(SlotReading(slot, "open", False, 1.0))
        await asyncio.sleep(0)

    await read(1)
    assert (await buses.hello()).slots == ()
    await read(3)
    while len(queue) < 2:
        await queue.changed()
    assert [each.slot for each in queue.unacknowledged(0)] == [1, 3]
    await queue.close()


async def test_the_health_of_every_board_is_told_at_the_pace_the_server_sets(tmp_path, simulator):
    async with FakeServer(welcome=wire.Welcome(config=wire.LinkConfig(telemetry_s=0.05))) as server:
        async with running(write_config(tmp_path, server.url, str(tmp_path / "bus0"))):
            await server.next(wire.Telemetry)
            health = (await server.next(wire.Telemetry)).data["buses"][0]["boards"]["1"]
            assert health["answers"] > 0
            assert set(health) >= {"timeouts", "bad_checksums", "round_trip_s", "failures_in_a_row"}


async def test_an_unplugged_bus_is_told_and_heals(tmp_path, simulator):
    async with FakeServer() as server:
        async with running(write_config(tmp_path, server.url, str(tmp_path / "bus0"))):
            await server.next(wire.Hello)
            simulator.unplug()
            await server.next(wire.Report, slot=0, hook="unknown")
            simulator.replug()
            await server.next(wire.Report, slot=0, hook="closed")
            await server.unlock("after", 0)
            assert (await server.next(wire.Result, id="after")).outcome == "opened"


async def test_a_command_under_way_at_kill_9_ends_by_name_after_the_restart(tmp_path, simulator):
    simulator.stick(1)
    async with FakeServer() as server:
        config = write_config(tmp_path, server.url, str(tmp_path / "bus0"))
        async with running(config) as agent:
            await server.next(wire.Hello)
            await server.unlock("u1", 1)
            await server.unlock("u2", 0)
            await server.next(wire.Received, id="u1")
            await server.next(wire.Result, id="u2")
            await agent.stop(signal.SIGKILL)
        async with running(config):
            await server.next(wire.Hello)
            result = await server.next(wire.Result, id="u1")
            assert (result.outcome, result.detail) == ("bus_error", "the agent stopped meanwhile")


async def test_a_command_under_way_at_sigterm_ends_by_name(tmp_path, simulator):
    simulator.stick(1)
    async with FakeServer() as server:
        config = write_config(tmp_path, server.url, str(tmp_path / "bus0"))
        async with running(config) as agent:
            await server.next(wire.Hello)
            await server.unlock("u1", 1)
            await server.next(wire.Received, id="u1")
            assert await agent.stop() == 0
        async with running(config):
            result = await server.next(wire.Result, id="u1")
            assert (result.outcome, result.detail) == ("bus_error", "the agent stops")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"server_url": "http://shop"}, "$.server_url"),
        ({"colour": "red"}, "colour"),
        ({"buses": []}, "$.buses"),
        ({"buses": [{"port": "x", "boards": [{"address": 16}]}]}, "$.buses[0].boards[0].address"),
        (
            {"buses": [{"port": "x", "boards": [{"address": 1}, {"address": 1}]}]},
            "buses[0].boards[1].address",
        ),
        ({"buses": [{"port": "x", "boards": [{"address": 1}]}] * 2}, "buses[1].port"),
        ({"buses": [{"port": "x", "protocol": "abc", "boards": []}]}, "$.buses[0].protocol"),
        ({"state_dir": "/dev/null/state"}, "state_dir"),
        (
            {"buses": [{"port": str(n), "boards": BOARDS} for n in range(3)]},
            "buses: expected at most 640 locks",
        ),
        ({"device_token": None}, "device_token"),
        ({"device_token": None, "device_token_file": "/nowhere/token"}, "device_token_file"),
    ],
)
async def test_every_configuration_error_names_its_key(tmp_path, changes, named):
    path = write_config(tmp_path, "ws://127.0.0.1:1/", "x", **changes)
    agent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "devicegw.agent.process",
        "--config",
        str(path),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(agent.communicate(), 90)
    assert agent.returncode == 2
    assert named in said.decode()
    assert "secret-token" not in said.decode()
