"""systemd is told how we are, and the watchdog is fed only while everything makes progress."""

from __future__ import annotations

import asyncio
import socket

import pytest

from devicegw import wire
from devicegw.agent.sdnotify import Notifier, Watchdog, WatchedProgress
from tests.devicegw.process import running, write_config
from tests.devicegw.server import DEADLINE, FakeServer


class ServiceManager:
    """The socket that systemd names in NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.setblocking(False)
        self.address = address.replace("\0", "@")

    def told(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(self.socket.recv(1024).decode())
            except BlockingIOError:
                return found

    async def next(self) -> str:
        data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.socket, 1024), DEADLINE)
        return data.decode()


@pytest.fixture
def manager(tmp_path):
    manager = ServiceManager(str(tmp_path / "notify"))
    yield manager
    manager.socket.close()


def test_states_are_single_datagrams(manager):
    notifier = Notifier(manager.address)
    notifier.ready()
    notifier.alive()
    notifier.status("all well")
    notifier.stopping()
    assert manager.told() == ["READY=1", "WATCHDOG=1", "STATUS=all well", "STOPPING=1"]


def test_the_abstract_namespace_is_reached_by_its_at_sign(tmp_path):
    manager = ServiceManager(f"\0{tmp_path}/notify")
    Notifier(manager.address).ready()
    assert manager.told() == ["READY=1"]
    manager.socket.close()


@pytest.mark.parametrize("address", [None, "", "/nowhere/notify"])
def test_without_a_manager_nothing_happens(address):
    Notifier(address).ready()


def test_the_watchdog_is_fed_only_while_everything_makes_progress(manager):
    steps = {"bus": 0, "link": 0}
    watched = [
        WatchedProgress("bus", lambda: steps["bus"], 10.0),
        WatchedProgress("link", lambda: steps["link"], 100.0),
    ]
    watchdog = Watchdog(Notifier(manager.address), "30000000", watched)
    assert watchdog.look(0.0) == []
    assert watchdog.look(10.0) == []
    assert manager.told() == ["WATCHDOG=1"] * 2
    assert watchdog.look(10.1) == ["bus"]
    assert manager.told() == []
    steps["bus"] += 1
    assert watchdog.look(99.0) == []
    steps["bus"] += 1
    assert watchdog.look(101.0) == ["link"]


async def test_the_agent_says_ready_is_fed_and_says_stopping(tmp_path, manager):
    buses = [{"port": "simulated", "protocol": "simulator", "boards": [{"address": 0}]}]
    async with FakeServer() as server:
        config = write_config(tmp_path, server.url, "", buses=buses)
        async with running(config, NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="60000") as agent:
            told = [await manager.next() for _ in range(4)]
            assert sorted(told) == ["READY=1"] + ["WATCHDOG=1"] * 3
            await server.next(wire.Hello)
            assert await agent.stop() == 0
    assert manager.told()[-1] == "STOPPING=1"


async def test_a_server_that_is_away_is_no_reason_to_be_started_again(tmp_path, manager):
    buses = [{"port": "/dev/nothing", "boards": [{"address": 0}]}]
    config = write_config(tmp_path, "ws://127.0.0.1:1/", "", buses=buses)
    async with running(config, NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="60000") as agent:
        await agent.until_logged("link down")
        manager.told()
        assert [await manager.next() for _ in range(3)] == ["WATCHDOG=1"] * 3
