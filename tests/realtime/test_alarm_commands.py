"""Alarms from cause to cleared, over sockets and HTTP: who sees them, who may act on them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from realtime.server import Server
from realtime.testing import CommandRefused, trolley_client
from tests.realtime.conftest import World, make_world
from tests.realtime.devices.test_devices import _slot, pi


@pytest.fixture
def other(world: World) -> World:
    """Another chain."""
    return make_world()


def http(server: Server, token: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


async def test_a_call_for_help_reaches_the_branch_and_its_answer_the_shopper(
    world: World, server: Server
) -> None:
    token = await asyncio.to_thread(world.token)
    staff = await asyncio.to_thread(world.staff)
    topic = f"branch:{world.branch.code}"
    async with (
        trolley_client(server, token) as phone,
        trolley_client(server, staff, f"/ws/branch/{world.branch.code}/") as desk,
    ):
        await phone.subscribe("notifications")
        with pytest.raises(CommandRefused) as nobody:
            await phone.command("help.call")
        assert nobody.value.code == "session_not_found"
        await phone.command("session.start", trolley_id=world.trolleys[2])
        assert (await desk.subscribe(topic))["data"]["alarms"] == []
        called = await phone.command("help.call", words="the scale")
        event = (await desk.event(topic, "AlarmRaised"))["data"]["alarm"]
        assert (event["kind"], event["severity"], event["detail"]) == ("help_wanted", "major", "the scale")
        assert event["shopper"] == world.user().username
        assert (await phone.command("help.call"))["alarm_id"] == called["alarm_id"]
        taken = await desk.command("help.answer", branch=world.branch.code, alarm_id=called["alarm_id"])
        assert taken["alarm"]["assignee"] == world.user("staff").username
        assert (await phone.event("notifications"))["name"] == "HelpAnswered"
        assert (await phone.command("help.call"))["answered"] is True
        await desk.command("alarm.clear", branch=world.branch.code, alarm_id=called["alarm_id"])
        assert (await desk.event(topic, "AlarmCleared"))["data"]["alarm"]["alarm_id"] == called["alarm_id"]
        assert (await phone.event("notifications"))["name"] == "HelpDone"


async def test_a_shelf_that_runs_empty_is_seen_by_name_until_it_is_filled(
    world: World, server: Server
) -> None:
    staff = await asyncio.to_thread(world.staff)
    branch, product = world.branch.code, world.products[0]
    topic, goods = f"branch:{branch}", {"branch": branch, "product_id": str(product.pk), "reason": "count"}
    async with (
        trolley_client(server, staff, f"/ws/branch/{branch}/") as desk,
        trolley_client(server, await asyncio.to_thread(world.token)) as phone,
    ):
        await desk.subscribe(topic)
        await desk.command("stock.adjust", **goods, counted=5, low_at=3)
        await phone.command("session.start", trolley_id=world.trolleys[2])
        await phone.command("cart.add", product_id=str(product.pk), quantity=2)
        await phone.command("cart.checkout")
        alarm = (await desk.event(topic, "AlarmRaised"))["data"]["alarm"]
        assert (alarm["kind"], alarm["product"], alarm["detail"]) == ("low_stock", product.name, "3")
        await desk.command("stock.adjust", **goods, counted=50)
        cleared = (await desk.event(topic, "AlarmCleared"))["data"]["alarm"]
        assert cleared["alarm_id"] == alarm["alarm_id"]


async def test_an_alarm_lives_in_the_snapshot_and_the_read_model_and_http_acts_on_it(
    world: World, other: World, server: Server
) -> None:
    staff = await asyncio.to_thread(world.staff)
    foreign = await asyncio.to_thread(other.staff)
    shopper = await asyncio.to_thread(world.token)
    code = world.branch.code
    async with pi(server, world) as device:
        await device.hello([_slot(0, "unknown", False), _slot(1, "unknown", False)])
    running = await server.running()
    await running.settled()
    async with http(server, staff) as api, http(server, foreign) as abroad, http(server, shopper) as person:
        rows = (await api.get(f"/api/branches/{code}/alarms?standing=true")).json()["results"]
        (alarm,) = [row for row in rows if row["kind"] == "bus_fault"]
        path = f"/api/branches/{code}/alarms/{alarm['alarm_id']}"
        assert (await abroad.get(f"/api/branches/{code}/alarms")).status_code == 404
        assert (await abroad.post(f"{path}/acknowledge", json={})).status_code == 404
        assert (await person.post(f"{path}/clear", json={})).status_code == 403
        taken = await api.post(f"{path}/acknowledge", json={})
        assert taken.json()["alarm"]["assignee"] == world.user("staff").username, taken.text
        async with trolley_client(server, staff) as desk:
            shown = (await desk.subscribe(f"branch:{code}"))["data"]["alarms"]
            assert [each["alarm_id"] for each in shown] == [alarm["alarm_id"]]
        stands = await api.post(f"{path}/clear", json={})
        assert (stands.status_code, stands.json()["code"]) == (409, "alarm_stands")
        asked = {"minutes": 15, "reason": "the electrician is on the way"}
        snoozed = (await api.post(f"{path}/snooze", json=asked)).json()["alarm"]
        assert (snoozed["snooze_reason"], snoozed["ends_itself"]) == (asked["reason"], True)
        listed = await api.get(f"/api/branches/{code}/alarms?standing=true&kind=bus_fault")
        (row,) = listed.json()["results"]
        assert row["snoozed_by"] == world.user("staff").username
        kept, told = (datetime.fromisoformat(each["snoozed_until"]) for each in (row, snoozed))
        assert abs(kept - told) < timedelta(milliseconds=2)
        assert (await person.post(f"{path}/snooze", json=asked)).status_code == 403
        async with pi(server, world) as device:
            await device.hello([_slot(0), _slot(1)])
        await running.settled()
        assert (await api.post(f"{path}/acknowledge", json={})).json()["code"] == "alarm_cleared"
        assert (await api.post(f"/api/branches/{code}/alarms/{code}/clear", json={})).status_code == 400
        rows = (await api.get(f"/api/branches/{code}/alarms?standing=false")).json()["results"]
        assert [(row["kind"], row["cleared_by"]) for row in rows] == [("bus_fault", None)]


async def test_those_who_run_the_branch_get_a_notice(world: World, server: Server) -> None:
    manager = await asyncio.to_thread(world.staff, "boss", "manager")
    running = await server.running()
    await asyncio.to_thread(running.references.people.reload)
    async with trolley_client(server, manager) as phone:
        await phone.subscribe("notifications")
        async with pi(server, world) as device:
            await device.hello([_slot(0, "unknown", False)])
        event: dict[str, Any] = await phone.event("notifications", "AlarmRaised")
        assert (event["data"]["alarm"], event["data"]["branch"]) == ("bus_fault", world.branch.code)
