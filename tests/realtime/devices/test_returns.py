"""Letting and giving back over the wire: any slot, a scan where it is not certain, staff's own orders."""

from __future__ import annotations

import asyncio
import time

import pytest
from django.db import connections

from core.accounts.models import User
from core.fleet.models import Trolley
from core.fleet.rentals.by_phone import compose
from core.outbox.models import OutgoingMessage
from core.tenancy.models import Branch
from devicegw.wire import utc
from realtime.server import Server
from realtime.testing import CommandRefused, trolley_client
from tests.realtime.conftest import World
from tests.realtime.devices.test_devices import Pi, _slot, pi
from tests.realtime.test_alarm_commands import http


def _free(world: World) -> None:
    Branch.objects.filter(pk=world.branch.pk).update(returns_anywhere=True)


async def _see(device: Pi, seq: int, slot: int, hook: str, present: bool) -> None:
    at = utc(time.time()).isoformat()
    await device.send("report", seq=seq, slot=slot, hook=hook, present=present, at=at)
    assert (await device.take("ack"))["seq"] == seq


async def test_a_slot_asks_which_of_two_trolleys_it_holds_and_a_scan_answers(
    world: World, server: Server
) -> None:
    await asyncio.to_thread(_free, world)
    running = await server.running()
    await asyncio.to_thread(running.references.reload)
    staff = await asyncio.to_thread(world.staff)
    topic = f"branch:{world.branch.code}"
    async with pi(server, world) as device, trolley_client(server, staff) as desk:
        await device.hello([_slot(0), _slot(1)])
        await running.settled()
        await _see(device, 1, 0, "open", False)
        await _see(device, 2, 1, "open", False)
        await running.settled()
        await desk.subscribe(topic)
        await _see(device, 3, 1, "closed", True)
        while (alarm := (await desk.event(topic, "AlarmRaised"))["data"]["alarm"])["kind"] != "slot_unknown":
            continue
        assert (alarm["device_id"], alarm["slot"]) == (str(world.device.pk), 1)
        done = await desk.command("trolley.return", trolley_id=world.trolleys[0])
        assert done["place"] == {"device_id": str(world.device.pk), "slot": 1}
        placed = (await desk.event(topic, "TrolleyReturned"))["data"]["trolley"]
        assert (placed["trolley_id"], placed["custody"], placed["place"]["slot"]) == (
            world.trolleys[0],
            "docked",
            1,
        )
        await _see(device, 4, 0, "closed", True)
        other = (await desk.event(topic, "TrolleyReturned"))["data"]["trolley"]
        assert (other["trolley_id"], other["place"]["slot"]) == (world.trolleys[1], 0)
        await desk.command("trolley.unlock", trolley_id=world.trolleys[0], reason="test")
        assert (await device.take("command"))["slot"] == 1
    await running.settled()
    async with http(server, staff) as api:
        row = (await api.get(f"/api/branches/{world.branch.code}/carts/1")).json()
        assert (row["custody"], row["slot"]) == ("docked", 1)
        history = (await api.get(f"/api/branches/{world.branch.code}/rentals/history")).json()["results"]
        assert {each["trolley_id"] for each in history} == set(world.trolleys[:2])


async def test_a_trolley_placed_into_a_slot_that_is_read_already_is_docked_at_once_and_its_lock_opens(
    world: World, server: Server
) -> None:
    staff, shopper = await asyncio.to_thread(world.staff), await asyncio.to_thread(world.token)
    topic, newcomer = f"branch:{world.branch.code}", world.trolleys[2]
    running = await server.running()
    async with pi(server, world) as device, trolley_client(server, staff) as desk:
        await device.hello([_slot(9)])
        await running.settled()
        await desk.subscribe(topic)
        await asyncio.to_thread(_place, world, newcomer, 9)
        while True:
            shown = (await desk.event(topic, "LockClosed"))["data"]["trolley"]
            if shown["trolley_id"] == newcomer:
                break
        assert (shown["custody"], shown["place"]["slot"]) == ("docked", 9)
        await running.settled()
        board = (await desk.subscribe(topic))["data"]
        assert [each for each in board["alarms"] if each["kind"] == "slot_unknown"] == []
        async with trolley_client(server, shopper) as phone:
            await phone.command("session.start", trolley_id=newcomer)
            assert (await device.take("command"))["slot"] == 9


def _place(world: World, trolley_id: str, slot: int) -> None:
    row = Trolley.objects.get(trolley_id=trolley_id)
    row.place_device, row.place_slot = world.device, slot
    row.save()
    connections.close_all()


async def test_staff_lets_a_trolley_by_number_and_phone_and_takes_it_back(
    world: World, server: Server
) -> None:
    phone = f"+9198{world.chain.pk.int % 10**8:08}"
    await asyncio.to_thread(world.customer, "guest", phone=phone)
    staff = await asyncio.to_thread(world.staff)
    shopper = await asyncio.to_thread(world.token)
    await asyncio.to_thread(world.customer)
    path = f"/api/branches/{world.branch.code}"
    running = await server.running()
    async with pi(server, world) as device, http(server, staff) as api, http(server, shopper) as person:
        await device.hello([_slot(0), _slot(1)])
        body = {"cart_number": 1, "user_phone": phone, "minutes": 45}
        assert (await person.post(f"{path}/carts/assign", json=body)).status_code == 403
        assert (await api.post(f"{path}/carts/assign", json={**body, "user_phone": "+1"})).status_code == 400
        answer = await api.post(f"{path}/carts/assign", json=body)
        assert (answer.status_code, answer.json()["minutes"]) == (201, 45), answer.text
        assert (await device.take("command"))["slot"] == 0
        again = await api.post(
            f"{path}/carts/assign", json={"cart_number": 1, "user_id": str(world.user().pk)}
        )
        assert again.json()["code"] == "trolley_in_use"
        await _see(device, 1, 0, "open", False)
        await running.settled()
        (rental,) = (await api.get(f"{path}/rentals/active")).json()["results"]
        assert (rental["status"], rental["trolley_id"]) == ("active", world.trolleys[0])
        assert rental["expected_return"] is not None
        early = await api.post(f"{path}/carts/return", json={"cart_number": 1})
        assert early.json()["code"] == "no_slot_waits"
        await _see(device, 2, 0, "closed", True)
        await running.settled()
        done = await api.post(f"{path}/carts/return", json={"cart_number": 1})
        assert done.json() == {"trolley_id": world.trolleys[0], "returned": True, "place": None}
        await running.settled()
        stats = (await api.get(f"{path}/rentals/stats")).json()
        assert (stats["active"], stats["started"], stats["returned"]) == (0, 1, 1)
        assert (await api.get(f"{path}/carts/1")).json()["phase"] == "available"


async def test_a_shopper_gives_back_only_the_own_trolley(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        with pytest.raises(CommandRefused) as refused:
            await phone.command("trolley.return", trolley_id=world.trolleys[0])
        assert refused.value.code == "not_your_trolley"


async def test_somebody_of_whom_only_the_number_is_known_gets_a_trolley_and_a_link(
    world: World, server: Server
) -> None:
    phone = f"+9198{(world.chain.pk.int + 1) % 10**8:08}"
    staff = await asyncio.to_thread(world.staff)
    path = f"/api/branches/{world.branch.code}/carts/assign"
    async with http(server, staff) as api:
        answer = await api.post(path, json={"cart_number": 3, "user_phone": phone})
        assert answer.status_code == 201, answer.text
        again = await api.post(path, json={"cart_number": 3, "user_phone": phone})
        assert again.json()["session_id"] == answer.json()["session_id"]
    assert answer.json()["assigned_to"] == f"•••• {phone[-4:]}"
    user = await asyncio.to_thread(User.objects.get, phone=phone)
    assert (user.made_in_id, user.has_usable_password()) == (world.chain.pk, False)
    message = await asyncio.to_thread(OutgoingMessage.objects.get, to=phone)
    letter = await asyncio.to_thread(compose, message)
    assert letter is not None
    assert letter.text.endswith(f"/t/{world.trolleys[2]}")
