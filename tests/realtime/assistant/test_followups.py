"""What the followers of a cart are told once it has rested: its footprint, and what is suggested now."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime.process import Process
from realtime.server import Server
from realtime.testing import TrolleyClient, trolley_client
from realtime.topics import followups
from realtime.topics.events.cart import UNNUMBERED
from tests.realtime.assistant.test_footprint import dairy
from tests.realtime.assistant.test_recommendations import buy
from tests.realtime.conftest import World


@pytest.fixture
async def running(server: Server) -> Process:
    """The server's process, in which carts rest when a test says so."""
    process: Process = await server.running()
    await process.followups.stop()
    return process


async def rest(process: Process) -> None:
    """Let all carts rest."""
    await process.settled()
    for _ in range(2):
        await process.followups.round()


async def beside(phone: TrolleyClient) -> list[dict[str, Any]]:
    """Return the events beside the numbered ones that have come and were not waited for."""
    await phone.command("ping")
    found = [each for each in phone.kept if each.get("name") in UNNUMBERED]
    phone.kept.clear()
    return found


async def test_what_is_suggested_is_told_once_the_cart_has_rested_and_only_to_its_owner(
    world: World, server: Server, running: Process
) -> None:
    await asyncio.to_thread(buy, world, await asyncio.to_thread(world.user, "regular"), 0, 1)
    token, other = await asyncio.to_thread(world.token), await asyncio.to_thread(world.token, "other")
    first, second = (str(each.pk) for each in world.products[:2])
    async with trolley_client(server, token) as phone, trolley_client(server, other) as stranger:
        await phone.subscribe("cart")
        await stranger.subscribe("cart")
        for _ in range(3):
            await phone.command("cart.add", product_id=first)
            await running.settled()
            await running.followups.round()
        assert await beside(phone) == []
        await rest(running)
        (told,) = await beside(phone)
        assert (told["name"], told["topic"], told["offset"]) == ("RecommendationsChanged", "cart", 3)
        assert [each["product"]["id"] for each in told["data"]["items"]] == [second]
        asked = await phone.command("recommendations.get", limit=followups.SHOWN)
        assert told["data"] == asked
        await rest(running)
        assert await beside(phone) == []
        assert await beside(stranger) == []


async def test_the_footprint_of_a_followed_cart_is_in_its_snapshot_and_told_when_it_has_changed(
    world: World, server: Server, running: Process
) -> None:
    cow, _, _ = await asyncio.to_thread(dairy, world)
    await asyncio.to_thread(running.references.reload)
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        empty = (await phone.subscribe("cart"))["data"]
        assert (empty["sustainability_score"], empty["carbon_kg"]) == (None, None)
        await phone.command("cart.add", product_id=cow, quantity=2)
        await rest(running)
        told = await phone.event("cart", "FootprintChanged")
        assert (told["offset"], told["data"]) == (1, {"sustainability_score": 40, "carbon_kg": 2.5})
        whole = (await phone.subscribe("cart"))["data"]
        assert (whole["sustainability_score"], whole["carbon_kg"]) == (40, 2.5)
        phone.kept.clear()
        await rest(running)
        assert await beside(phone) == []


async def test_who_resumes_is_told_anew(world: World, server: Server, running: Process) -> None:
    cow, oat, _ = await asyncio.to_thread(dairy, world)
    await asyncio.to_thread(running.references.reload)
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        place = await phone.subscribe("cart")
        await phone.command("cart.add", product_id=cow)
    async with trolley_client(server, token) as phone:
        resumed = await phone.subscribe("cart", place["epoch"], place["offset"])
        assert resumed["recovered"] is True
        await rest(running)
        by_name = {each["name"]: each for each in await beside(phone)}
        assert by_name["FootprintChanged"]["data"]["carbon_kg"] == 1.25
        (swap,) = by_name["RecommendationsChanged"]["data"]["items"]
        assert (swap["product"]["id"], swap["type"], swap["instead_of"]) == (oat, "sustainability", cow)


async def test_a_defect_in_what_is_suggested_keeps_nobody_from_their_cart(
    world: World,
    server: Server,
    running: Process,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(followups, "recommended", broken)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await phone.subscribe("cart")
        await phone.command("cart.add", barcode=world.barcode)
        await rest(running)
        assert "nothing can be suggested" in caplog.text
        caplog.clear()
        await rest(running)
        assert caplog.text == ""
        await phone.command("cart.add", barcode=world.barcode)
        assert [(await phone.event("cart"))["offset"] for _ in range(2)] == [1, 2]
