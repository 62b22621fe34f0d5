"""Whose socket it is: tokens that are let in, those that are not, and those that are good no more."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from actors.runtime import ManualClock
from core.accounts.credentials import tokens
from core.fleet.devices import enrolment
from realtime.process import Process
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.conftest import World, make_world
from tests.realtime.devices.test_devices import _in_database, pi


async def test_only_the_device_itself_may_say_hello(world: World, server: Server) -> None:
    async with pi(server, world) as device:
        device._device_id = "0d1ce000-0000-4000-8000-00000000dead"
        with pytest.raises(AssertionError, match="wrong_device"):
            await device.hello()
        assert await device.closed() == 4403


async def test_a_token_that_is_forged_revoked_or_another_branchs_opens_nothing(
    world: World, server: Server
) -> None:
    def revoked() -> str:
        token = world.device_token()
        enrolment.revoke(world.device)
        return token

    elsewhere = await asyncio.to_thread(_in_database, make_world)
    header, claims, signature = world.device_token().split(".")
    forged = f"{header}.{claims}.{signature[::-1]}"
    borrowed = await asyncio.to_thread(elsewhere.device_token)
    async with pi(server, world, borrowed) as device:
        with pytest.raises(AssertionError, match="wrong_device"):
            await device.hello()
        assert await device.closed() == 4403
    for token in (forged, "nonsense", await asyncio.to_thread(_in_database, revoked)):
        async with pi(server, world, token) as device:
            assert await device.closed() == 4401


async def test_people_have_no_device_socket(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with pi(server, world, token) as device:
        assert await device.closed() == 4403


async def test_a_revoked_device_leaves_the_map_and_is_not_missed(world: World, server: Server) -> None:
    staff = await asyncio.to_thread(world.staff)
    topic = f"branch:{world.branch.code}"
    async with pi(server, world) as device, trolley_client(server, staff) as board:
        await device.hello()
        snapshot = await board.subscribe(topic)
        assert [each["online"] for each in snapshot["data"]["devices"]] == [True]
        await asyncio.to_thread(_in_database, enrolment.revoke, world.device)
        retired = await board.event(topic, "DeviceRetired")
        assert retired["data"]["device"]["device_id"] == str(world.device.pk)
        await device.closed()
    running = await server.running()
    await running.settled()
    async with trolley_client(server, staff) as board:
        data = (await board.subscribe(topic))["data"]
        assert (data["devices"], data["alarms"]) == ([], [])


async def test_a_revoked_device_is_cut_off_at_once(world: World, server: Server) -> None:
    running = await server.running()
    async with pi(server, world) as device:
        await device.hello()
        await asyncio.to_thread(_in_database, enrolment.revoke, world.device)
        assert await device.closed() == 4401
        assert running.links.online() == []
    async with pi(server, world, tokens.issue_device(world.device.pk, 1)) as device:
        assert await device.closed() == 4401


async def test_a_device_whose_token_was_rotated_stays_until_the_overlap_ends(
    world: World, server: Server
) -> None:
    running = await server.running()
    async with pi(server, world) as device, pi(server, await asyncio.to_thread(make_world)) as other:
        await device.hello()
        await other.hello()
        await asyncio.to_thread(_in_database, enrolment.rotate, world.device, 3600.0)
        await _rechecked(running, world)
        await device.send("heartbeat")
        await device.take("heartbeat")
        await asyncio.to_thread(_in_database, enrolment.rotate, world.device, 0.0)
        assert await device.closed() == 4401
        await other.send("heartbeat")
        await other.take("heartbeat")


async def _rechecked(running: Process, world: World) -> None:
    """Return when the link has looked at the device's newest token version."""
    while True:
        [link] = [link for key, link in running.links._links.items() if key == str(world.device.pk)]
        if link._standing is not None and link._standing[1] == 2 and not link._tasks:
            return
        await asyncio.sleep(0)


class TestNeverHeardOf:
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock(float(int(time.time())))

    @pytest.fixture
    def options(self, options: dict[str, Any], clock: ManualClock) -> dict[str, Any]:
        return {**options, "clock": clock}

    async def test_a_device_that_was_never_heard_of_is_an_alarm_until_it_comes(
        self, world: World, server: Server, clock: ManualClock
    ) -> None:
        staff = await asyncio.to_thread(world.staff)
        topic = f"branch:{world.branch.code}"
        async with trolley_client(server, staff) as board:
            await board.subscribe(topic)
            running = await server.running()
            await running.settled()
            clock.advance(91.0)
            raised = await board.event(topic, "AlarmRaised")
            alarm = raised["data"]["alarm"]
            assert (alarm["kind"], alarm["device_id"]) == ("device_offline", str(world.device.pk))
            async with pi(server, world) as device:
                await device.hello()
                await board.event(topic, "AlarmCleared")
