"""Who may do and see what over sockets and hot HTTP (invariant 8)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any
from uuid import uuid4

import httpx
import pytest

from realtime.commands.table import TABLE
from realtime.server import Server
from realtime.testing import Refused, trolley_client
from tests.realtime.conftest import World, make_world

ROLES = ("shopper", "staff", "manager", "chain_admin", "foreign_manager", "platform_admin", "device")


@pytest.fixture
def other(world: World) -> World:
    """Another chain."""
    return make_world()


def _token(world: World, other: World, role: str) -> str:
    if role == "shopper":
        return world.token()
    if role == "foreign_manager":
        return other.staff("foreign", "manager")
    if role == "platform_admin":
        return world.token("platform", is_superuser=True)
    if role == "device":
        return world.device_token()
    return world.staff(role, role, whole_chain=role == "chain_admin")


WATCH = {
    "branch": {"staff", "manager", "chain_admin", "platform_admin"},
    "chain": {"chain_admin", "platform_admin"},
}


@pytest.mark.parametrize("role", ROLES)
async def test_sockets_and_topics_of_staff_are_for_their_own_branch(
    other: World, world: World, server: Server, role: str
) -> None:
    token = await asyncio.to_thread(_token, world, other, role)
    for kind, key in (("branch", world.branch.code), ("chain", world.chain.slug)):
        allowed = role in WATCH[kind]
        async with trolley_client(server, token, f"/ws/{kind}/{key}/") as socket:
            if not allowed:
                assert await socket.closed() == 4403
                continue
            snapshot = await socket.subscribe(f"{kind}:{key}")
            assert snapshot["type"] == "snapshot"


@pytest.mark.parametrize("role", ["shopper", "staff", "foreign_manager"])
async def test_the_shoppers_socket_gives_no_way_around(
    other: World, world: World, server: Server, role: str
) -> None:
    token = await asyncio.to_thread(_token, world, other, role)
    async with trolley_client(server, token) as phone:
        for topic in (f"branch:{world.branch.code}", f"chain:{world.chain.slug}", "branch:none"):
            if role == "staff" and topic.endswith(world.branch.code):
                continue
            with pytest.raises(Refused) as refused:
                await phone.command("subscribe", topic=topic)
            assert refused.value.status == 403
        for topic in ("carts", "cart:someone", "trolley:x", "branch:"):
            with pytest.raises(Refused) as refused:
                await phone.command("subscribe", topic=topic)
            assert (refused.value.status, refused.value.code) == (404, "unknown_topic")


STAFF_COMMANDS: list[tuple[str, dict[str, Any]]] = [
    ("trolley.unlock", {"reason": "stuck"}),
    ("trolley.lock", {}),
    ("trolley.maintenance", {"on": False}),
]
EXPECTED = {"shopper": {403}, "foreign_manager": {404}, "staff": {200, 409}, "manager": {200, 409},
            "chain_admin": {200, 409}, "platform_admin": {200, 409}, "device": {403}}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
async def test_staff_commands_are_for_staff_of_the_branch_on_both_transports(
    other: World, world: World, server: Server, role: str
) -> None:
    token = await asyncio.to_thread(_token, world, other, role)
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as http:
        for name, fields in STAFF_COMMANDS:
            path = f"/api/branches/{world.branch.code}/carts/1/{name.partition('.')[2]}"
            answer = await http.post(path, json=fields)
            assert answer.status_code in EXPECTED[role], (name, answer.text)
    if role == "device":
        return
    async with trolley_client(server, token) as phone:
        for name, fields in STAFF_COMMANDS:
            status = 200
            try:
                await phone.command(name, trolley_id=world.trolleys[0], **fields)
            except Refused as refused:
                status = refused.status
            assert status in EXPECTED[role], name


async def test_a_shopper_neither_starts_nor_ends_for_somebody_else(
    other: World, world: World, server: Server
) -> None:
    one, two = [await asyncio.to_thread(world.token, name) for name in ("one", "two")]
    foreign = await asyncio.to_thread(other.staff)
    async with (
        trolley_client(server, one) as mine,
        trolley_client(server, two) as theirs,
        trolley_client(server, foreign) as abroad,
    ):
        session = (await mine.command("session.start", trolley_id=world.trolleys[0]))["session_id"]
        item = (await mine.command("cart.add", barcode=world.barcode))["item"]["id"]
        for stranger in (theirs, abroad):
            for name, fields, status in (
                ("session.end", {"session_id": session}, 404),
                ("session.heartbeat", {"session_id": session}, 404),
                ("cart.remove", {"item_id": item}, 404),
                ("cart.add", {"barcode": world.barcode, "session_id": session}, 404),
            ):
                with pytest.raises(Refused) as refused:
                    await stranger.command(name, **fields)
                assert refused.value.status == status
        with pytest.raises(Refused) as refused:
            await theirs.command(
                "session.start", trolley_id=world.trolleys[1], user_id=str(world.user("one").pk)
            )
        assert refused.value.status == 403
        assert (await mine.subscribe("cart"))["data"]["total_items"] == 1


@pytest.mark.parametrize("command", [each for each in TABLE if each.routes], ids=lambda each: each.name)
async def test_no_route_of_the_table_answers_without_a_token(
    world: World, server: Server, command: Any
) -> None:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        for route in command.routes:
            path = route.path.format_map(defaultdict(lambda: str(uuid4())))
            answer = await http.request(route.method, f"/api{path}")
            assert answer.status_code == 401
