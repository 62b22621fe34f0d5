"""Rentals over the wire: the next free trolley, one that never comes back, missing ones, notes, overdue."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any

import pytest

from actors.runtime import ManualClock
from core.alarms.notifications import notify_due
from core.fleet.models import Rental
from core.notifications.models import Notification
from core.tenancy.models import Branch
from realtime.commands import assignments
from realtime.server import Server
from realtime.testing import CommandRefused, trolley_client
from tests.realtime.conftest import World
from tests.realtime.devices.test_devices import _slot, pi
from tests.realtime.devices.test_returns import _see
from tests.realtime.test_alarm_commands import http


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(float(int(time.time())))


@pytest.fixture
def options(options: dict[str, Any], clock: ManualClock) -> dict[str, Any]:
    return {**options, "clock": clock}


async def test_who_asks_for_any_trolley_gets_the_next_that_is_free(world: World, server: Server) -> None:
    staff = await asyncio.to_thread(world.staff)
    names = ("one", "two", "three", "four", "five")
    people = [str((await asyncio.to_thread(world.customer, name)).pk) for name in names]
    path = f"/api/branches/{world.branch.code}/carts/assign"
    async with pi(server, world) as device, http(server, staff) as api:
        await device.hello([_slot(0), _slot(1)])
        answers = await asyncio.gather(*(api.post(path, json={"user_id": each}) for each in people[:4]))
        assert [answer.status_code for answer in answers] == [201] * 4
        assert sorted(answer.json()["cart_number"] for answer in answers) == [1, 2, 3, 4]
        last = await api.post(path, json={"user_id": people[4]})
        assert (last.status_code, last.json()["code"]) == (409, "no_trolley_free")
        again = await api.post(path, json={"user_id": people[0]})
        assert (again.json()["cart_number"], again.json()["created"]) == (
            answers[0].json()["cart_number"],
            False,
        )


async def test_a_trolley_whose_lock_nobody_hears_is_not_the_next_that_is_free(
    world: World, server: Server
) -> None:
    staff = await asyncio.to_thread(world.staff)
    people = [str((await asyncio.to_thread(world.customer, name)).pk) for name in ("one", "two", "three")]
    path = f"/api/branches/{world.branch.code}/carts/assign"
    async with http(server, staff) as api:
        answers = [await api.post(path, json={"user_id": each}) for each in people]
        assert [answer.status_code for answer in answers] == [201, 201, 409]
        assert [answer.json()["cart_number"] for answer in answers[:2]] == [3, 4], "those without a lock"


async def test_who_asks_for_any_trolley_gets_the_next_when_another_edge_was_faster(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff, shopper = await asyncio.to_thread(world.staff), await asyncio.to_thread(world.token)
    late = str((await asyncio.to_thread(world.customer, "late")).pk)
    monkeypatch.setattr(assignments, "free_in", lambda code: world.trolleys[:4])  # as it was a moment ago
    path = f"/api/branches/{world.branch.code}/carts"
    async with trolley_client(server, shopper) as phone, http(server, staff) as api:
        await phone.command("session.start", trolley_id=world.trolleys[0])
        await api.post(f"{path}/2/maintenance", json={"on": True, "notes": "a wheel"})
        let = await api.post(f"{path}/assign", json={"user_id": late})
        assert (let.status_code, let.json()["cart_number"]) == (201, 3)
        named = await api.post(f"{path}/assign", json={"user_id": late, "cart_number": 1})
        assert (named.status_code, named.json()["code"]) == (409, "trolley_in_use")
        monkeypatch.setattr(assignments, "free_in", lambda code: world.trolleys[:1])
        other = str((await asyncio.to_thread(world.customer, "other")).pk)
        none = await api.post(f"{path}/assign", json={"user_id": other})
        assert (none.status_code, none.json()["code"]) == (409, "no_trolley_free")


async def test_the_rental_of_a_trolley_without_a_slot_is_its_session(world: World, server: Server) -> None:
    staff, shopper = await asyncio.to_thread(world.staff), await asyncio.to_thread(world.token)
    path = f"/api/branches/{world.branch.code}/rentals"
    async with trolley_client(server, shopper) as phone, http(server, staff) as api:
        await phone.command("session.start", trolley_id=world.trolleys[2])
        (rental,) = (await api.get(f"{path}/active")).json()["results"]
        assert (rental["trolley_id"], rental["status"], rental["user"]) == (
            world.trolleys[2], "active", world.user().username,
        )  # fmt: skip
        await phone.command("session.end")
        assert (await api.get(f"{path}/active")).json()["results"] == []
        (over,) = (await api.get(f"{path}/history?status=returned")).json()["results"]
        assert over["id"] == rental["id"]


async def test_where_no_slot_sees_it_shopper_and_branch_hear_once_that_a_trolley_is_late(
    world: World, server: Server, clock: ManualClock
) -> None:
    staff, shopper = await asyncio.to_thread(world.staff), await asyncio.to_thread(world.token)
    await asyncio.to_thread(world.customer)
    path, code = f"/api/branches/{world.branch.code}", world.trolleys[2]
    running = await server.running()
    async with trolley_client(server, shopper) as phone, http(server, staff) as api:
        await phone.subscribe("notifications")
        body = {"cart_number": 3, "user_id": str(world.user().pk), "minutes": 1}
        assert (await api.post(f"{path}/carts/assign", json=body)).status_code == 201
        await running.settled()
        for _ in range(4):  # signs of life, or the session would end before it is late
            clock.advance(15.5)
            await phone.command("session.heartbeat")
        late = await phone.event("notifications")
        assert (late["name"], late["data"]["trolley_id"]) == ("RentalOverdue", code)
        await running.settled()
        (alarm,) = (await api.get(f"{path}/alarms")).json()["results"]
        assert (alarm["kind"], alarm["trolley_id"]) == ("overdue", code)
        for _ in range(2):  # the server, whose clock has gone on too, may have been there before
            await asyncio.to_thread(notify_due)
        kinds = await asyncio.to_thread(lambda: sorted(Notification.objects.values_list("kind", flat=True)))
        assert kinds.count("overdue") == 1
        await phone.command("session.end")
        await running.settled()
        (over,) = (await api.get(f"{path}/alarms")).json()["results"]
        assert (over["alarm_id"], over["cleared_at"] is None) == (alarm["alarm_id"], False)


def _elsewhere(world: World) -> None:
    Branch.objects.filter(pk=world.branch.pk).update(timezone="Asia/Kolkata")


async def test_an_exported_rental_says_its_times_by_the_branchs_clock_and_how_far_that_is(
    world: World, server: Server
) -> None:
    await asyncio.to_thread(_elsewhere, world)
    staff, shopper = await asyncio.to_thread(world.staff), await asyncio.to_thread(world.token)
    path = f"/api/branches/{world.branch.code}/rentals"
    async with trolley_client(server, shopper) as phone, http(server, staff) as api:
        await phone.command("session.start", trolley_id=world.trolleys[2])
        (rental,) = (await api.get(f"{path}/active")).json()["results"]
        row = (await api.get(f"{path}/history.csv")).text.splitlines()[1].split(",")
    assert row[3].endswith("+05:30")
    assert datetime.fromisoformat(row[3]) == datetime.fromisoformat(rental["start_time"])


async def test_staff_closes_what_never_comes_back_and_the_shopper_hears_once_that_it_is_late(
    world: World, server: Server, clock: ManualClock
) -> None:
    staff, shopper = await asyncio.to_thread(world.staff), await asyncio.to_thread(world.token)
    await asyncio.to_thread(world.customer)
    path, code = f"/api/branches/{world.branch.code}", world.trolleys[0]
    running = await server.running()
    async with (
        pi(server, world) as device,
        http(server, staff) as api,
        trolley_client(server, shopper) as phone,
    ):
        await phone.subscribe("notifications")
        await device.hello([_slot(0), _slot(1)])
        await phone.command("session.start", trolley_id=code)
        assert (await device.take("command"))["slot"] == 0
        await _see(device, 1, 0, "open", False)
        await phone.command("session.end")
        await running.settled()
        (rental,) = (await api.get(f"{path}/rentals/active")).json()["results"]
        changed = await api.patch(
            f"{path}/rentals/{rental['id']}",
            json={"notes": "asked for an hour more", "expected_return": "2099-01-01T00:00:00Z"},
        )
        assert changed.json()["notes"] == "asked for an hour more"
        never = {"expected_return": "9999-12-31T23:59:59Z"}
        refused = await api.patch(f"{path}/rentals/{rental['id']}", json=never)
        assert (refused.status_code, list(refused.json()["errors"])) == (400, ["expected_return"])
        unknown = await api.patch(f"{path}/rentals/{world.chain.pk}", json={"notes": "x"})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "rental_not_found")
        soon = clock.now() + 60
        due = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(soon))}Z"
        await api.patch(f"{path}/rentals/{rental['id']}", json={"expected_return": due})
        await running.settled()
        clock.advance(61)
        late = await phone.event("notifications")
        assert (late["name"], late["data"]["trolley_id"]) == ("RentalOverdue", code)
        closed = await api.post(f"{path}/carts/1/close-rental", json={"reason": "found at the bus stop"})
        assert (closed.status_code, closed.json()["status"]) == (200, "returned")
        again = await api.post(f"{path}/carts/1/close-rental", json={"reason": "again"})
        assert (again.status_code, again.json()["code"]) == (409, "not_out")
        await running.settled()
        row = await asyncio.to_thread(Rental.objects.get, pk=rental["id"])
        assert (row.status, row.notes) == ("returned", "asked for an hour more")
        timeline = (await api.get(f"{path}/carts/1/timeline")).json()["results"]
        assert timeline[0]["name"] == "RentalClosed"
        assert (timeline[0]["by"], timeline[0]["why"]) == (
            world.user("staff").username, "found at the bus stop",
        )  # fmt: skip


async def test_a_missing_trolley_is_lost_till_its_slot_sees_it(world: World, server: Server) -> None:
    staff, shopper = await asyncio.to_thread(world.staff), await asyncio.to_thread(world.token)
    path, code = f"/api/branches/{world.branch.code}", world.trolleys[0]
    running = await server.running()
    async with (
        pi(server, world) as device,
        http(server, staff) as api,
        trolley_client(server, shopper) as phone,
    ):
        await device.hello([_slot(0), _slot(1)])
        await phone.command("session.start", trolley_id=code)
        assert (await device.take("command"))["slot"] == 0
        await _see(device, 1, 0, "open", False)
        await phone.command("session.end")
        await running.settled()
        said = {"on": True, "reason": "not seen since Monday"}
        assert (await api.post(f"{path}/carts/1/missing", json=said)).json()["on"] is True
        (lost,) = (await api.get(f"{path}/rentals/history?status=lost")).json()["results"]
        assert (await api.get(f"{path}/carts?missing=true")).json()["count"] == 1
        with pytest.raises(CommandRefused) as refused:
            await phone.command("session.start", trolley_id=code)
        assert refused.value.code == "trolley_missing"
        await _see(device, 2, 0, "closed", True)
        await running.settled()
        (found,) = (await api.get(f"{path}/rentals/history?status=found")).json()["results"]
        assert found["id"] == lost["id"]
        assert (await api.get(f"{path}/carts/1")).json()["missing"] is False


def _timeout(world: World, seconds: int) -> None:
    row = Branch.objects.get(pk=world.branch.pk)
    row.session_timeout_s = seconds
    row.save()


async def test_a_session_that_goes_on_obeys_a_setting_within_two_seconds(
    world: World, server: Server, clock: ManualClock
) -> None:
    shopper = await asyncio.to_thread(world.token)
    async with http(server, shopper) as phone:
        started = (await phone.post("/api/session/qr-scan", json={"trolley_id": world.trolleys[2]})).json()
        assert started["timeout_s"] == 30.0
        began = time.monotonic()
        await asyncio.to_thread(_timeout, world, 3600)
        beat: Any = {"expires_at": started["expires_at"]}
        while beat["expires_at"] == started["expires_at"] and time.monotonic() - began < 60:
            beat = (await phone.post("/api/session/heartbeat", json={})).json()
        assert time.monotonic() - began < 2.0
        assert beat["expires_at"] > started["expires_at"]


async def test_a_branchs_log_and_what_it_has_in_maintenance_say_who_and_why(
    world: World, server: Server
) -> None:
    running = await server.running()
    staff = await asyncio.to_thread(world.staff)
    path = f"/api/branches/{world.branch.code}"
    async with http(server, staff) as api:
        assert (await api.get(f"{path}/maintenance")).json()["results"] == []
        for number, notes in ((2, "squeaks"), (1, "a wheel is loose")):
            body = {"on": True, "notes": notes}
            assert (await api.post(f"{path}/carts/{number}/maintenance", json=body)).status_code == 200
        await running.settled()
        waiting = (await api.get(f"{path}/maintenance")).json()["results"]
        name = world.user("staff").username
        assert {(row["cart_number"], row["notes"], row["by"]) for row in waiting} == {
            (2, "squeaks", name), (1, "a wheel is loose", name),
        }  # fmt: skip
        await api.post(f"{path}/carts/2/maintenance", json={"on": False})
        await running.settled()
        assert [row["cart_number"] for row in (await api.get(f"{path}/maintenance")).json()["results"]] == [1]
        log = (await api.get(f"{path}/timeline")).json()
        told = {(row["cart_number"], row["name"], row["why"], row["by"]) for row in log}
        assert told >= {
            (1, "MaintenanceStarted", "a wheel is loose", name), (2, "MaintenanceEnded", "", name),
        }  # fmt: skip
        assert [row["at"] for row in log] == sorted((row["at"] for row in log), reverse=True)
