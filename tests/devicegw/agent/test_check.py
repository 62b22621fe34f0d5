"""What a technician types: --check, --discover, and the live view of a bus."""

from __future__ import annotations

import asyncio

import pytest

from devicegw import wire
from devicegw.agent import discover as discovering
from devicegw.agent.discover import discover, run
from devicegw.bus.port import char_seconds
from devicegw.simulator.boards import SimulatedBus
from devicegw.simulator.process import Simulator
from tests.devicegw.modbus_peer import MasterEnd, Peer
from tests.devicegw.process import finished, running, write_config
from tests.devicegw.server import FakeServer


@pytest.fixture
def simulator(tmp_path):
    bus = SimulatedBus(2, unlock_s=0.0, char_s=char_seconds(19200))
    simulator = Simulator(bus, tmp_path / "bus0").start()
    yield simulator
    simulator.stop()


async def test_check_finds_everything_well(tmp_path, simulator):
    async with FakeServer() as server:
        # A simulator on a busy machine may take longer over an answer than a board does.
        boards = [{"address": 0}, {"address": 1, "locks": 8}]
        bus = {"port": str(tmp_path / "bus0"), "boards": boards, "timings": {"answer_s": 2.0, "gap_s": 1.0}}
        config = write_config(tmp_path, server.url, "", buses=[bus])
        status, said, complained = await finished("--config", str(config), "--check")
    assert (status, complained) == (0, "")
    assert "FAIL" not in said
    assert "answers in" in said
    assert "16 locks, none open, 16 trolleys present" in said
    assert "the token of pi-1 is taken" in said
    assert server.heard == [wire.Heartbeat()], "no hello: a running agent is not replaced"
    assert simulator.state()[0]["pulses"] == 0


async def test_check_names_a_dead_board_a_noisy_one_a_missing_port_and_a_refused_token(tmp_path, simulator):
    simulator.fault("dead", 0)
    simulator.fault("twin", 1)
    buses = [
        {"port": str(tmp_path / "bus0"), "boards": [{"address": 0}, {"address": 1}]},
        {"port": "/dev/nothing", "boards": [{"address": 0}]},
    ]
    scanners = [{"port": "/dev/no-reader", "trolley_id": "T"}]
    async with FakeServer(token="another") as server:
        config = write_config(tmp_path, server.url, "", buses=buses, scanners=scanners)
        status, said, _ = await finished("--config", str(config), "--check")
    assert status == 1
    assert "0 of 5 answers: no power, another address, or A and B swapped" in said
    assert "two boards at one address" in said
    assert "cannot open /dev/nothing" in said
    assert "cannot open /dev/no-reader" in said
    assert "refused the device token (4401)" in said
    assert "secret-token" not in said


async def test_check_without_a_server_says_so(tmp_path, simulator):
    config = write_config(tmp_path, "ws://127.0.0.1:1/", str(tmp_path / "bus0"))
    status, said, _ = await finished("--config", str(config), "--check")
    assert status == 1
    assert "FAIL  link ws://127.0.0.1:1/" in said


async def test_discover_finds_the_boards_and_moves_no_lock(tmp_path, simulator):
    arguments = [
        "--discover",
        "--port",
        simulator.port,
        "--baud",
        "19200",
        "--units",
        "2",
        "--patience",
        "0.5",
    ]
    status, said, _ = await finished(*arguments)
    assert status == 0
    assert "found  kerong 19200 baud, address 0: hooks 1111111111111111" in said
    assert "found  kerong 19200 baud, address 1" in said
    assert said.splitlines()[-1] == "2 answered"
    assert {slot["pulses"] for slot in simulator.state()} == {0}


async def test_discover_finds_modbus_units(monkeypatch):
    # A unit in this process answers when the machine lets it; and one silent address is enough.
    monkeypatch.setattr(discovering, "BOARDS", 1)
    peer = Peer((2,))
    async with peer.serving():
        loop_free = asyncio.to_thread(
            lambda: list(
                discover(
                    ["pty"], [19200], 3, lambda port, baud: lambda: MasterEnd(peer.master), patience_s=2.0
                )
            )
        )
        found = [each for each in await loop_free if each.answered]
    assert [each.address for each in found if each.detail.startswith("hooks")] == [2]
    # pymodbus' server refuses in the name of units that it has not.
    assert "is there, but has no such input" in found[0].detail


def test_discover_of_a_port_that_is_not_there_says_so():
    said: list[str] = []
    assert run(["/dev/nothing"], [9600], 1, said.append) == 1
    assert "FAIL  cannot open /dev/nothing" in "".join(said)


def test_discover_hears_a_board_it_cannot_understand():
    bus = SimulatedBus(1, char_s=char_seconds(19200))
    bus.fault("garbled")
    simulator = Simulator(bus).start()
    found = list(discover([simulator.port], [19200], 0))
    simulator.stop()
    assert [(each.address, each.answered) for each in found] == [(0, False)]


async def test_two_buses_are_looked_at_side_by_side_and_each_is_left_by_itself(tmp_path):
    buses = [{"port": f"sim{n}", "protocol": "simulator", "boards": [{"address": n}]} for n in range(2)]
    async with FakeServer() as server:
        async with running(write_config(tmp_path, server.url, "", buses=buses)):
            await server.next(wire.Hello)
            for bus in range(2):
                await server.send(wire.Inspect(bus=bus, seconds=60))

            def shown() -> list[int]:
                frames = [message for message in server.heard if isinstance(message, wire.Frames)]
                assert {frame.board for each in frames if each.bus for frame in each.frames} <= {1}
                return [message.bus for message in frames]

            await server.until(lambda: set(shown()) == {0, 1}, "frames of both")
            await server.send(wire.Inspect(bus=0, seconds=0))
            # An answer after it: what was under way of bus 0 has come by then.
            await server.unlock("u", 0x100 | 0x15)
            await server.next(wire.Result, id="u")
            server.heard.clear()
            await server.until(lambda: len(shown()) >= 3, "frames of the other")
            assert set(shown()) == {1}


async def test_on_request_the_frames_of_a_bus_are_sent_as_they_pass(tmp_path):
    buses = [{"port": "simulated", "protocol": "simulator", "boards": [{"address": 3}]}]
    async with FakeServer() as server:
        config = write_config(tmp_path, server.url, "", buses=buses)
        async with running(config):
            await server.next(wire.Hello)
            await server.send(wire.Inspect(bus=7, seconds=1))
            await server.send(wire.Inspect(bus=0, seconds=60))
            await server.unlock("u", 0x35)
            await server.next(wire.Result, id="u")

            def seen() -> list[wire.Frame]:
                heard = [message for message in server.heard if isinstance(message, wire.Frames)]
                assert {(message.bus, message.dropped) for message in heard} <= {(0, 0)}
                return [frame for message in heard for frame in message.frames]

            unlock = "unlock lock 5 of board 3"
            await server.until(lambda: any(frame.meaning == unlock for frame in seen()), unlock)
            frames = seen()
            assert {frame.dir for frame in frames} == {"in", "out"}
            assert [frame.at for frame in frames] == sorted(frame.at for frame in frames)
            sent = next(frame for frame in frames if frame.meaning.startswith("unlock"))
            assert bytes.fromhex(sent.hex) == bytes.fromhex("02 35 31 03 6b")
            # A new connection looks at nothing until it asks.
            await server.drop()
            await server.next(wire.Hello)
            server.heard.clear()
            await server.unlock("v", 0x36)
            await server.next(wire.Result, id="v")
            assert not any(isinstance(message, wire.Frames) for message in server.heard)
