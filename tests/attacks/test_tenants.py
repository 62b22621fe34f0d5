"""Staff of one chain try to reach the shoppers of another, over HTTP and over a socket."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone

from core.accounts.models import Invitation, User
from realtime.server import Server
from realtime.testing import CommandRefused, TrolleyClient, trolley_client
from tests.realtime.conftest import World, make_world


@pytest.fixture
def evil(world: World) -> World:
    """A chain whose staff means harm."""
    return make_world()


def api(server: Server, token: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


async def refused(client: TrolleyClient, name: str, **fields: Any) -> dict[str, Any]:
    with pytest.raises(CommandRefused) as error:
        await client.command(name, **fields)
    return error.value.problem


async def shopping(world: World, phone: TrolleyClient) -> dict[str, Any]:
    started = await phone.command("session.start", trolley_id=world.trolleys[0])
    await phone.command("cart.add", barcode=world.barcode)
    return started


async def test_foreign_staff_binds_nobody_and_learns_nothing(
    world: World, evil: World, server: Server
) -> None:
    manager = await asyncio.to_thread(evil.staff, "manager", "manager")
    number = f"+9177{world.chain.pk.int % 10**8:08}"
    shopper = await asyncio.to_thread(world.token, "victim", phone=number)
    victim = world.user("victim")
    async with (
        trolley_client(server, shopper) as phone,
        trolley_client(server, manager) as desk,
        api(server, manager) as http,
    ):
        session = await shopping(world, phone)
        people = ({"user_id": str(victim.pk)}, {"user_phone": number}, {"user_id": str(uuid4())})
        heard = []
        for named in people:
            body = {"trolley_id": evil.trolleys[0], **named}
            heard.append(await refused(desk, "trolley.assign", **body))
            answer = await http.post(f"/api/branches/{evil.branch.code}/carts/assign", json=body)
            heard.append(answer.json())
        for named in (people[0], people[2]):
            body = {"trolley_id": evil.trolleys[0], **named}
            heard.append(await refused(desk, "session.start", **body))
            heard.append((await http.post("/api/session/qr-scan", json=body)).json())
        # Nothing tells a shopper of another chain from nobody at all.
        assert {(each["status"], each["code"], each["detail"]) for each in heard} == {
            (404, "user_not_found", heard[0]["detail"])
        }
        secrets = (victim.username, session["session_id"], world.trolleys[0], world.products[0].name)
        assert not [text for text in secrets for each in heard if text in str(each)]
        looked = await http.get(f"/api/trolleys/{world.trolleys[0]}")
        assert (looked.status_code, looked.json()["code"]) == (404, "trolley_not_found")
        assert (await phone.command("session.heartbeat"))["session_id"] == session["session_id"]


async def test_who_once_shopped_there_shows_nothing_of_where_they_shop_now(
    world: World, evil: World, server: Server
) -> None:
    staff = await asyncio.to_thread(evil.staff)
    victim: User = await asyncio.to_thread(world.user, "victim")
    evil.users["victim"] = victim
    await asyncio.to_thread(evil.customer, "victim")
    shopper = await asyncio.to_thread(world.token, "victim")
    body = {"trolley_id": evil.trolleys[0], "user_id": str(victim.pk)}
    async with (
        trolley_client(server, shopper) as phone,
        trolley_client(server, staff) as desk,
        api(server, staff) as http,
    ):
        session = await shopping(world, phone)
        problems = [
            await refused(desk, "trolley.assign", **body),
            await refused(desk, "session.start", **body),
            (await http.post(f"/api/branches/{evil.branch.code}/carts/assign", json=body)).json(),
            (await http.post("/api/session/qr-scan", json=body)).json(),
        ]
        assert {each["code"] for each in problems} == {"user_has_trolley"}
        assert not [each for each in problems if {"held_trolley_id", "held_session_id"} & set(each)]
        assert world.trolleys[0] not in str(problems)
        own = await refused(phone, "session.start", trolley_id=world.trolleys[1])
        assert own["held_session_id"] == session["session_id"]


async def test_a_kiosk_shows_no_cart_that_was_filled_elsewhere(
    world: World, evil: World, server: Server
) -> None:
    victim: User = await asyncio.to_thread(world.user, "victim")
    evil.users["victim"] = victim
    await asyncio.to_thread(evil.customer, "victim")
    shopper = await asyncio.to_thread(world.token, "victim")
    kiosk = await asyncio.to_thread(evil.device_token)
    async with trolley_client(server, shopper) as phone, api(server, kiosk) as http:
        await shopping(world, phone)
        await phone.command("session.end")
        body = {"trolley_id": evil.trolleys[3], "user_id": str(victim.pk)}
        started = await http.post("/api/session/qr-scan", json=body)
        assert started.status_code == 201, started.text
        assert (started.json()["cart"]["items"], started.json()["restore"]) == ([], None)
        assert started.json()["cart"]["saved"] is None


async def test_an_alarm_goes_to_somebody_who_works_there(world: World, evil: World, server: Server) -> None:
    staff = await asyncio.to_thread(world.staff)
    await asyncio.to_thread(evil.staff, "outsider")
    await asyncio.to_thread(world.staff, "mate")
    shopper = await asyncio.to_thread(world.token)
    async with trolley_client(server, shopper) as phone, trolley_client(server, staff) as desk:
        await shopping(world, phone)
        alarm = (await phone.command("help.call"))["alarm_id"]
        body = {"branch": world.branch.code, "alarm_id": alarm}
        for stranger in (evil.user("outsider"), world.user()):
            problem = await refused(desk, "alarm.acknowledge", **body, assignee=str(stranger.pk))
            assert (problem["status"], list(problem["errors"])) == (404, ["assignee"])
            assert stranger.username not in str(problem)
        taken = await desk.command("alarm.acknowledge", **body, assignee=str(world.user("mate").pk))
        assert taken["alarm"]["assignee"] == world.user("mate").username


def invitation(world: World, by: User, of: User | None) -> None:
    """Invite somebody to a role, which ``of`` has accepted; None: nobody has."""
    now = timezone.now()
    Invitation.objects.create(
        channel="email", address="victim@mail.example", role="staff", chain=world.chain, invited_by=by,
        made_at=now, expires_at=now, accepted_at=None if of is None else now, accepted_by=of,
    )  # fmt: skip


async def test_who_was_invited_is_acted_for_once_they_have_accepted(
    world: World, evil: World, server: Server
) -> None:
    staff = await asyncio.to_thread(evil.staff)
    number = f"+9178{world.chain.pk.int % 10**8:08}"
    victim: User = await asyncio.to_thread(world.user, "victim", phone=number, email="victim@mail.example")
    body = {"trolley_id": evil.trolleys[0], "user_id": str(victim.pk)}
    async with trolley_client(server, staff) as desk:
        # Whom somebody invites is for that somebody to say, so it is no consent.
        await asyncio.to_thread(invitation, evil, evil.user("staff"), None)
        assert (await refused(desk, "session.start", **body))["code"] == "user_not_found"
        # What was accepted in another chain is no consent here.
        await asyncio.to_thread(invitation, world, evil.user("staff"), victim)
        assert (await refused(desk, "session.start", **body))["code"] == "user_not_found"
        await asyncio.to_thread(invitation, evil, evil.user("staff"), victim)
        assert (await desk.command("session.start", **body))["trolley_id"] == evil.trolleys[0]
