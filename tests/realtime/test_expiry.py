"""A session without a sign of life ends after 30 s, to the tenth of a second."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any

import pytest
from django.core.asgi import get_asgi_application

from actors.kit.decider import Look
from actors.runtime import ManualClock
from actors.runtime.address import Address
from core.fleet.models import Session
from core.tenancy.models import Branch
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.conftest import World
from tests.realtime.devices.test_devices import _in_database, _slot, pi
from tests.realtime.test_alarm_commands import http

TIMEOUT_S = 30.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(float(int(time.time())))


@pytest.fixture
def options(options: dict[str, Any], clock: ManualClock) -> dict[str, Any]:
    return {**options, "clock": clock}


async def phase(server: Server, trolley_id: str) -> str:
    """What the trolley's actor says once everything before is durable."""
    running = await server.owner()
    await asyncio.to_thread(running.host.system.quiesce)
    outcome = await running.host.system.ask(Address("trolley", trolley_id), Look())
    return str(outcome.state.phase)


def _wants_a_scan(world: World) -> None:
    Branch.objects.filter(pk=world.branch.pk).update(resumes_sessions=False)


def moment(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


async def test_a_silent_session_ends_at_thirty_seconds_and_not_a_tenth_earlier(
    world: World, server: Server, clock: ManualClock
) -> None:
    token, staff = await asyncio.to_thread(world.token), await asyncio.to_thread(world.staff)
    trolley = world.trolleys[3]
    async with trolley_client(server, staff, f"/ws/branch/{world.branch.code}/") as desk:
        await desk.subscribe(f"branch:{world.branch.code}")
        async with trolley_client(server, token) as phone:
            started = await phone.command("session.start", trolley_id=trolley)
        assert moment(started["expires_at"]) == clock.now() + TIMEOUT_S
        clock.advance(29.9)
        assert await phase(server, trolley) == "held"
        clock.advance(0.1)
        assert await phase(server, trolley) == "available"
        expired = await desk.event(f"branch:{world.branch.code}", "SessionExpired")
        assert moment(expired["at"]) == moment(started["expires_at"])


async def test_a_heartbeat_gives_the_session_its_whole_time_again(
    world: World, server: Server, clock: ManualClock
) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        started = await phone.command("session.start", trolley_id=world.trolleys[3])
        clock.advance(29.0)
        beat = await phone.command("session.heartbeat", session_id=started["session_id"])
        assert moment(beat["expires_at"]) == clock.now() + TIMEOUT_S
    clock.advance(29.9)
    assert await phase(server, world.trolleys[3]) == "held"
    clock.advance(0.1)
    assert await phase(server, world.trolleys[3]) == "available"


async def test_a_restart_gives_every_session_a_fresh_timeout(
    world: World, server: Server, clock: ManualClock, options: dict[str, Any]
) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        await phone.command("session.start", trolley_id=world.trolleys[3])
    clock.advance(20.0)
    await (await server.owner()).stop()
    again = Server(get_asgi_application(), **options)
    try:
        # Nobody asks for the trolley: the wake index alone brings it back.
        await again.running()
        assert await phase(again, world.trolleys[3]) == "held"
        clock.advance(29.9)
        assert await phase(again, world.trolleys[3]) == "held"
        clock.advance(0.1)
        assert await phase(again, world.trolleys[3]) == "available"
    finally:
        await (await again.running()).stop()


async def test_a_phone_that_slept_goes_on_with_its_session_and_its_lines(
    world: World, server: Server, clock: ManualClock
) -> None:
    token = await asyncio.to_thread(world.token)
    trolley = world.trolleys[3]
    async with trolley_client(server, token) as phone:
        started = await phone.command("session.start", trolley_id=trolley)
        added = await phone.command("cart.add", barcode=world.barcode, quantity=3)
    clock.advance(600.0)
    assert await phase(server, trolley) == "available"
    async with trolley_client(server, token) as phone:
        session = (await phone.subscribe("session"))["data"]["session"]
        assert (session["session_id"], session["trolley_id"]) == (started["session_id"], trolley)
        cart = (await phone.subscribe("cart"))["data"]
        assert [(each["id"], each["quantity"]) for each in cart["items"]] == [(added["item"]["id"], 3)]
        assert cart["saved"] is None
        more = await phone.command("cart.add", barcode=world.barcode, session_id=started["session_id"])
        assert more["total_items"] == 4
        await (await server.running()).settled()
    row = await asyncio.to_thread(_in_database, lambda: Session.objects.get(trolley_code=trolley))
    assert (str(row.session_id), row.is_active, row.outcome) == (started["session_id"], True, None)
    assert (row.ended_at, row.started_at.timestamp()) == (None, moment(started["assigned_at"]))


async def test_a_beat_or_a_look_at_the_cart_over_http_is_a_sign_of_life_too(
    world: World, server: Server, clock: ManualClock
) -> None:
    token = await asyncio.to_thread(world.token)
    async with http(server, token) as phone:
        started = (await phone.post("/api/session/qr-scan", json={"trolley_id": world.trolleys[3]})).json()
        await phone.post("/api/cart/items", json={"barcode": world.barcode})
        for sign in (
            lambda: phone.post("/api/session/heartbeat", json={"session_id": started["session_id"]}),
            lambda: phone.get("/api/cart"),
        ):
            clock.advance(TIMEOUT_S)
            assert await phase(server, world.trolleys[3]) == "available"
            answer = await sign()
            assert answer.status_code == 200, answer.text
            assert await phase(server, world.trolleys[3]) == "held"
            assert (await phone.get("/api/cart")).json()["items_count"] == 1


async def test_a_scan_of_the_trolleys_own_scanner_is_a_sign_of_life(
    world: World, server: Server, clock: ManualClock
) -> None:
    token = await asyncio.to_thread(world.token)
    trolley = world.trolleys[0]
    async with pi(server, world) as device:
        await device.hello([_slot(0), _slot(1)])
        async with trolley_client(server, token) as phone:
            await phone.command("session.start", trolley_id=trolley)
            await phone.command("cart.add", barcode=world.barcode)
        await device.take("command")
        await device.send("report", seq=1, slot=0, hook="open", present=False, at="2026-01-01T00:00:00Z")
        await device.take("ack")
        clock.advance(300.0)
        assert await phase(server, trolley) == "available"
        await device.send("scan", seq=2, trolley_id=trolley, barcode=world.barcode)
        assert (await device.take("ack"))["seq"] == 2
        assert await phase(server, trolley) == "held"
    async with trolley_client(server, token) as phone:
        assert (await phone.subscribe("cart"))["data"]["total_items"] == 2


async def test_a_branch_may_want_a_new_scan_and_then_the_lines_can_be_brought_back(
    world: World, server: Server, clock: ManualClock
) -> None:
    await asyncio.to_thread(_in_database, _wants_a_scan, world)
    running = await server.running()
    await asyncio.to_thread(running.references.reload)
    token = await asyncio.to_thread(world.token)
    trolley = world.trolleys[3]
    async with trolley_client(server, token) as phone:
        started = await phone.command("session.start", trolley_id=trolley)
        await phone.command("cart.add", barcode=world.barcode, quantity=3)
    clock.advance(600.0)
    assert await phase(server, trolley) == "available"
    async with trolley_client(server, token) as phone:
        assert (await phone.subscribe("session"))["data"] == {"session": None}
        cart = (await phone.subscribe("cart"))["data"]
        assert (cart["items"], cart["saved"]["items_count"]) == ([], 1)
        again = await phone.command("session.start", trolley_id=trolley)
        assert again["session_id"] != started["session_id"]
        assert again["restore"]["items_count"] == 1
        restored = await phone.command("cart.restore")
        assert (restored["restored"], restored["total_items"], restored["cart_total"]) == (1, 3, 300.0)


async def test_lines_are_not_offered_back_after_a_quarter_of_an_hour(
    world: World, server: Server, clock: ManualClock
) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        await phone.command("session.start", trolley_id=world.trolleys[3])
        await phone.command("cart.add", barcode=world.barcode)
    clock.advance(TIMEOUT_S)
    assert await phase(server, world.trolleys[3]) == "available"
    clock.advance(901.0)
    async with trolley_client(server, token) as phone:
        again = await phone.command("session.start", trolley_id=world.trolleys[3])
        assert again["restore"] is None


async def test_a_report_of_the_trolleys_pi_keeps_the_session(
    world: World, server: Server, clock: ManualClock
) -> None:
    token = await asyncio.to_thread(world.token)
    trolley = world.trolleys[0]
    async with pi(server, world) as device:
        await device.hello([_slot(0), _slot(1)])
        async with trolley_client(server, token) as phone:
            await phone.command("session.start", trolley_id=trolley)
        await device.take("command")
        clock.advance(25.0)
        await device.send("report", seq=1, slot=0, hook="open", present=True, at="2026-01-01T00:00:00Z")
        assert (await device.take("ack"))["seq"] == 1
        assert await phase(server, trolley) == "held"
        clock.advance(29.9)
        assert await phase(server, trolley) == "held"
        clock.advance(0.1)
        assert await phase(server, trolley) == "available"
