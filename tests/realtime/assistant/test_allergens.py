"""A shopper is warned of what they must not eat: in the reply to the scan itself, and nobody else is."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from core.assistant.preferences import preferences
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.conftest import World

MILK = [{"kind": "allergen", "about": "milk"}]


def avoid(world: World, *allergens: str, name: str = "shopper") -> None:
    preferences.put(world.user(name), {"allergens": list(allergens)})


@pytest.fixture
def milk(world: World) -> str:
    """The barcode of a product with milk and nuts."""
    world.products[0].allergens = ["milk", "nuts"]
    world.products[0].save()
    return world.barcode


async def caught_up(server: Server) -> None:
    running = await server.running()
    await asyncio.to_thread(running.references.reload)


async def warnings_in_cart(world: World, server: Server) -> list[Any]:
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        return [item["warnings"] for item in (await phone.subscribe("cart"))["data"]["items"]]


async def test_the_reply_the_event_and_the_cart_warn(milk: str, world: World, server: Server) -> None:
    await asyncio.to_thread(avoid, world, "milk", "fish")
    await caught_up(server)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await phone.subscribe("cart")
        added = await phone.command("cart.add", barcode=milk)
        assert added["item"]["warnings"] == MILK
        assert (await phone.event("cart", "ItemAdded"))["data"]["item"]["warnings"] == MILK
        harmless = await phone.command("cart.add", product_id=str(world.products[1].pk))
        assert harmless["item"]["warnings"] == []
        assert await warnings_in_cart(world, server) == [MILK, []]


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/api/cart/add", {"barcode": "BARCODE"}, ("item",)),
        ("/api/cart/add", {"product_id": "PRODUCT"}, ("cart", "items", 0)),
        ("/api/cart/items", {"product_id": "PRODUCT"}, ()),
    ],
)
async def test_every_way_of_adding_over_http_warns(
    milk: str, world: World, server: Server, path: str, body: dict[str, str], where: tuple[Any, ...]
) -> None:
    await asyncio.to_thread(avoid, world, "milk")
    await caught_up(server)
    token = await asyncio.to_thread(world.token)
    named = {"BARCODE": milk, "PRODUCT": str(world.products[0].pk)}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(server), base_url="http://localhost",
        headers={"Authorization": f"Bearer {token}"},
    ) as http:  # fmt: skip
        found: Any = (await http.post(path, json={key: named[value] for key, value in body.items()})).json()
    for step in where:
        found = found[step]
    assert found["warnings"] == MILK


async def test_a_change_of_mind_counts_from_the_next_look_on(milk: str, world: World, server: Server) -> None:
    await caught_up(server)
    running = await server.running()
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        assert (await phone.command("cart.add", barcode=milk))["item"]["warnings"] == []
        await asyncio.to_thread(avoid, world, "milk")
        await asyncio.to_thread(running.references.wait, 60.0)
        assert await warnings_in_cart(world, server) == [MILK]
        assert (await phone.command("cart.add", barcode=milk))["item"]["warnings"] == MILK


async def test_staff_who_add_for_somebody_learn_nothing_of_it(
    milk: str, world: World, server: Server
) -> None:
    await asyncio.to_thread(avoid, world, "milk")
    await caught_up(server)
    token, staff = await asyncio.to_thread(world.token), await asyncio.to_thread(world.staff)
    async with trolley_client(server, token) as phone, trolley_client(server, staff) as till:
        await phone.command("session.start", trolley_id=world.trolleys[2])
        await phone.subscribe("cart")
        added = await till.command("cart.add", barcode=milk, trolley_id=world.trolleys[2])
        assert added["item"]["warnings"] == []
        assert (await phone.event("cart", "ItemAdded"))["data"]["item"]["warnings"] == MILK
