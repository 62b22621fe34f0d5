"""A Pi's socket: hello, commands, reports, scans, and what is refused."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from channels.testing import WebsocketCommunicator
from django.db import connections

from core.telemetry.models import Sample
from devicegw.wire import utc
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.conftest import World, make_world

NOW = "2026-01-01T00:00:00Z"


class Pi:
    """The wire's side of a Pi, without hardware."""

    def __init__(self, communicator: WebsocketCommunicator, device_id: str) -> None:
        self._communicator = communicator
        self._device_id = device_id

    async def send(self, type_: str, **fields: Any) -> None:
        """Send one message."""
        text = json.dumps({"type": type_, **fields})
        await self._communicator.send_input({"type": "websocket.receive", "text": text})

    async def hello(self, slots: list[dict[str, Any]] | None = None, boot_id: str = "b1") -> dict[str, Any]:
        """Say hello and return the welcome."""
        body = {"device_id": self._device_id, "boot_id": boot_id, "firmware": "1", "slots": slots or []}
        await self.send("hello", **body)
        return await self.take("welcome")

    async def take(self, type_: str) -> dict[str, Any]:
        """Return the next message, which must be of that type."""
        message = await self._communicator.receive_output(5)
        assert message["type"] == "websocket.send", message
        decoded: dict[str, Any] = json.loads(message["text"])
        assert decoded["type"] == type_, decoded
        return decoded

    def waiting(self) -> int:
        """Return how many messages have come and were not taken."""
        return self._communicator.output_queue.qsize()

    async def closed(self) -> int:
        """Return the code with which the server closes."""
        while True:
            message = await self._communicator.receive_output(5)
            if message["type"] == "websocket.close":
                return int(message["code"])


@asynccontextmanager
async def pi(server: Server, world: World, token: str | None = None) -> AsyncIterator[Pi]:
    """Connect as the world's device."""
    headers = [(b"authorization", f"Bearer {token or world.device_token()}".encode())]
    communicator = WebsocketCommunicator(server, "/ws/device/", headers, ["trolley-device.v1"])
    assert await communicator.connect(5) == (True, "trolley-device.v1")
    try:
        yield Pi(communicator, str(world.device.pk))
    finally:
        if not communicator.future.done():
            await communicator.disconnect(timeout=5)


def _slot(number: int, hook: str = "closed", present: bool = True) -> dict[str, Any]:
    return {"slot": number, "hook": hook, "present": present, "at": NOW}


async def test_a_claim_opens_the_lock_and_the_shopper_sees_it(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with pi(server, world) as device, trolley_client(server, token) as phone:
        welcome = await device.hello([_slot(0), _slot(1)])
        assert (welcome["last_seq"], welcome["config"]["heartbeat_s"]) == (0, 30)
        await phone.subscribe("session")
        await phone.command("session.start", trolley_id=world.trolleys[0])
        command = await device.take("command")
        assert (command["slot"], command["op"]) == (0, "unlock")
        assert 0 < command["ttl_ms"] <= 10_000
        await device.send("received", id=command["id"])
        await device.send("report", seq=1, slot=0, hook="open", present=True, at=NOW)
        assert (await device.take("ack"))["seq"] == 1
        await device.send("result", seq=2, id=command["id"], outcome="opened", detail="")
        assert (await device.take("ack"))["seq"] == 2
        opened = await phone.event("session", "LockOpened")
        assert opened["data"]["session"]["lock"]["reported"] == "open"


async def test_an_unlock_waits_for_the_pi_to_come_back(world: World, server: Server) -> None:
    staff = await asyncio.to_thread(world.staff)
    async with trolley_client(server, staff, f"/ws/branch/{world.branch.code}/") as desk:
        ordered = await desk.command("trolley.unlock", trolley_id=world.trolleys[1], reason="stuck")
        async with pi(server, world) as device:
            await device.hello([_slot(1)])
            assert (await device.take("command"))["id"] == ordered["unlock_id"]


async def test_a_repeated_report_is_acknowledged_again_and_changes_nothing(
    world: World, server: Server
) -> None:
    staff = await asyncio.to_thread(world.staff)
    topic = f"branch:{world.branch.code}"
    async with pi(server, world) as device, trolley_client(server, staff) as desk:
        await device.hello([_slot(0), _slot(1)])
        await (await server.running()).settled()
        before = await desk.subscribe(topic)
        for _ in range(2):
            await device.send("report", seq=7, slot=1, hook="open", present=True, at=NOW)
            assert (await device.take("ack"))["seq"] == 7
        await (await server.running()).settled()
        await desk.command("ping")
        assert len([frame for frame in desk.kept if frame.get("topic") == topic]) == 1
        assert (await desk.subscribe(topic))["offset"] == before["offset"] + 1


async def test_a_scan_at_a_trolley_goes_into_its_holders_cart_once(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with pi(server, world) as device, trolley_client(server, token) as phone:
        await device.hello()
        await phone.command("session.start", trolley_id=world.trolleys[2])
        scan = {"seq": 3, "trolley_id": world.trolleys[2], "barcode": world.barcode}
        for _ in range(2):
            await device.send("scan", **scan)
            assert (await device.take("ack"))["seq"] == 3
        assert (await phone.subscribe("cart"))["data"]["total_items"] == 1
        await device.send("scan", **{**scan, "seq": 4, "barcode": "unknown"})
        problem = await device.take("problem")
        assert (problem["code"], problem["seq"]) == ("product_not_found", 4)
        await device.send("scan", **{**scan, "seq": 5, "trolley_id": world.trolleys[3]})
        assert (await device.take("problem"))["code"] == "no_session"


async def test_heartbeats_and_telemetry_are_answered(world: World, server: Server) -> None:
    async with pi(server, world) as device:
        await device.hello()
        await device.send("heartbeat")
        await device.take("heartbeat")
        await device.send("telemetry", seq=1, at=NOW, data={"load": 0.5})
        assert (await device.take("ack"))["seq"] == 1
        latest = (await server.running()).links.telemetry[str(world.device.pk)]
        assert latest.data == {"load": 0.5}


async def test_a_message_the_wire_does_not_know_is_named(world: World, server: Server) -> None:
    async with pi(server, world) as device:
        await device.send("heartbeat")
        assert (await device.take("problem"))["code"] == "hello_first"
        await device.hello()
        await device.send("report", seq=9, slot=0, hook="ajar", present=True, at=NOW)
        problem = await device.take("problem")
        assert (problem["code"], problem["seq"]) == ("invalid_message", 9)
        assert "hook" in problem["detail"]


async def test_a_newer_socket_of_the_same_device_takes_over(world: World, server: Server) -> None:
    running = await server.running()
    device_id = str(world.device.pk)
    async with pi(server, world) as old:
        await old.hello()
        async with pi(server, world) as new:
            await new.hello(boot_id="b2")
            assert await old.closed() == 4409
            assert running.links.online() == [device_id]
    await running.settled()
    look = await running.services.asking.look("device", device_id, (await _identity(running, world)))
    assert look.state.online is False


async def _identity(running: Any, world: World) -> Any:
    return (await running.shared.authenticator.identify(world.device_token())).principal


def _in_database(work: Any, *arguments: Any) -> Any:
    try:
        return work(*arguments)
    finally:
        connections.close_all()


async def test_views_ask_the_actors_of_the_server(world: World, server: Server) -> None:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    staff = await asyncio.to_thread(world.staff)
    path = f"/api/devices/{world.device.pk}/status"
    async with (
        pi(server, world) as device,
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as http,
    ):
        await device.hello([_slot(0)])
        await device.send("telemetry", seq=1, at=NOW, data={"load": 0.25})
        await device.take("ack")
        answer = await http.get(path, headers={"Authorization": f"Bearer {staff}"})
        body = answer.json()
        assert (answer.status_code, body["status"], body["health"]) == (200, "online", {"load": 0.25})
        assert body["reported"][0]["hook"] == "closed"


async def test_a_scan_sent_again_after_both_sides_have_restarted_is_done_once(
    world: World, server: Server
) -> None:
    token = await asyncio.to_thread(world.token)
    scan = {"trolley_id": world.trolleys[2], "barcode": world.barcode, "id": "read-1"}
    async with trolley_client(server, token) as phone:
        await phone.command("session.start", trolley_id=world.trolleys[2])
        for boot, seq in (("b1", 3), ("b2", 3), ("b3", 9)):
            async with pi(server, world) as device:
                await device.hello(boot_id=boot)
                await device.send("scan", seq=seq, **scan)
                assert (await device.take("ack"))["seq"] == seq
        async with pi(server, world) as device:
            await device.hello(boot_id="a new card counts from one again")
            await device.send("scan", **{**scan, "seq": 3, "id": "read-2"})
            await device.take("ack")
        assert (await phone.subscribe("cart"))["data"]["total_items"] == 2


async def test_scans_made_while_the_link_was_down_arrive_in_their_order(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    codes = [product.barcode for product in world.products]
    async with pi(server, world) as device, trolley_client(server, token) as phone:
        await device.hello()
        await phone.command("session.start", trolley_id=world.trolleys[2])
        await phone.subscribe("cart")
        for seq, barcode in enumerate(codes, 1):
            await device.send("scan", seq=seq, trolley_id=world.trolleys[2], barcode=barcode, id=f"r{seq}")
        assert [(await device.take("ack"))["seq"] for _ in codes] == [1, 2, 3]
        events = [await phone.event("cart", "ItemAdded") for _ in codes]
        assert [event["data"]["item"]["product"]["barcode"] for event in events] == codes


async def test_a_late_scan_is_not_put_into_the_next_shoppers_cart(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with pi(server, world) as device, trolley_client(server, token) as phone:
        await device.hello()
        read_at = utc(time.time()).isoformat()
        await phone.command("session.start", trolley_id=world.trolleys[2])
        scan = {"trolley_id": world.trolleys[2], "barcode": world.barcode}
        await device.send("scan", seq=1, at=read_at, **scan)
        problem = await device.take("problem")
        assert (problem["code"], problem["seq"]) == ("session_ended", 1)
        await device.send("scan", seq=2, at="1970-01-01T00:05:00Z", **scan)
        assert (await device.take("ack"))["seq"] == 2


async def test_a_scanner_on_the_network_adds_for_whoever_holds_the_trolley(
    world: World, server: Server
) -> None:
    token, stranger = [await asyncio.to_thread(world.token, name) for name in ("shopper", "stranger")]
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    device = {"Authorization": f"Bearer {world.device_token()}"}
    person = {"Authorization": f"Bearer {stranger}"}
    body = {"trolley_id": world.trolleys[2], "barcode": world.barcode}
    async with (
        trolley_client(server, token) as phone,
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as http,
    ):
        nobody = await http.post("/api/cart/add", json=body, headers=device)
        assert (nobody.status_code, nobody.json()["code"]) == (409, "no_session")
        session = (await phone.command("session.start", trolley_id=world.trolleys[2]))["session_id"]
        added = await http.post("/api/cart/add", json=body, headers={**device, "Idempotency-Key": "one"})
        assert (added.status_code, added.json()["items_count"]) == (200, 1), added.text
        again = await http.post("/api/cart/add", json=body, headers={**device, "Idempotency-Key": "one"})
        assert again.json()["cart"]["total_items"] == 1
        by_session = {"session_id": session, "barcode": world.barcode}
        more = await http.post("/api/cart/add", json=by_session, headers=device)
        assert more.json()["cart"]["total_items"] == 2, more.text
        assert (await http.post("/api/cart/add", json=body, headers=person)).status_code == 403
        nameless = await http.post("/api/cart/add", json={"barcode": world.barcode}, headers=device)
        assert nameless.status_code == 400
        assert (await phone.subscribe("cart"))["data"]["total_items"] == 2


class TestAFlood:
    """One device that talks without end."""

    @pytest.fixture
    def options(self, options: dict[str, Any]) -> dict[str, Any]:
        """Five messages a second."""
        return {**options, "limits": replace(options["limits"], device_messages_per_s=5.0, flood_s=0.5)}

    async def test_of_one_device_does_not_slow_the_others(self, world: World, server: Server) -> None:
        other = await asyncio.to_thread(make_world)
        await asyncio.to_thread((await server.running()).references.reload)
        async with pi(server, world) as loud, pi(server, other) as quiet:
            await loud.hello()
            for _ in range(200):
                await loud.send("heartbeat")
            await quiet.hello()
            await quiet.send("heartbeat")
            await quiet.take("heartbeat")
            answered = [await loud.take("heartbeat") for _ in range(4)]
            assert len(answered) == 4
            # Five a second; on a busy machine some seconds have passed by now.
            assert loud.waiting() < 100

    async def test_is_never_cut_off_for_it(self, world: World, server: Server) -> None:
        limits = (await server.running()).shared.limits
        assert limits.flood_s > 0
        async with pi(server, world) as loud:
            await loud.hello()
            for _ in range(40):
                await loud.send("heartbeat")
            for _ in range(40):
                await loud.take("heartbeat")


async def test_telemetry_is_acknowledged_when_it_is_durable_and_kept_once(
    world: World, server: Server
) -> None:
    message = {"seq": 7, "at": NOW, "data": {"load": 0.5}}
    async with pi(server, world) as device:
        await device.hello()
        for _ in range(2):
            await device.send("telemetry", **message)
            assert (await device.take("ack"))["seq"] == 7
        kept = Sample.objects.filter(device_id=world.device.pk)
        assert await asyncio.to_thread(_in_database, lambda: [each.seq for each in kept]) == [7]
        await device.send("telemetry", **{**message, "seq": 8, "data": {"name": "a\0b"}})
        assert (await device.take("problem"))["seq"] == 8
