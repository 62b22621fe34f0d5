"""The checkout over sockets and HTTP: kept, refused, cancelled, expired; and the stock behind it."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID

import httpx
import pytest

from actors.kit.decider import Look
from actors.runtime import ManualClock
from actors.runtime.address import Address
from core.inventory.models import Reservation
from core.inventory.tasks import sweep_reservations
from realtime.server import Server
from realtime.testing import CommandRefused, TrolleyClient, trolley_client
from tests.realtime.conftest import World, make_world

HOLD_S = 300.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(float(int(time.time())))


@pytest.fixture
def options(options: dict[str, Any], clock: ManualClock) -> dict[str, Any]:
    return {**options, "clock": clock}


def _http(server: Server, token: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


async def _stocked(server: Server, world: World, units: int = 10) -> None:
    """Let staff take in so many units of every product."""
    lines = [{"product_id": str(product.pk), "quantity": units} for product in world.products]
    async with _http(server, await asyncio.to_thread(world.staff)) as http:
        answer = await http.post(f"/api/branches/{world.branch.code}/stock/receive", json={"lines": lines})
        assert answer.status_code == 201, answer.text


async def _level(server: Server, world: World, place: int = 0) -> tuple[int, int]:
    running = await server.owner()
    await running.settled()
    state = (await running.host.system.ask(Address("stock", world.branch.code), Look())).state
    at = state.level(str(world.products[place].pk))
    return at.on_hand, at.reserved


async def _shopping(phone: TrolleyClient, world: World, quantity: int = 2) -> dict[str, Any]:
    started = await phone.command("session.start", trolley_id=world.trolleys[0])
    await phone.command("cart.add", product_id=str(world.products[0].pk), quantity=quantity)
    return started


async def test_a_checkout_keeps_the_goods_and_freezes_the_cart(
    world: World, server: Server, clock: ManualClock
) -> None:
    await _stocked(server, world)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await _shopping(phone, world)
        await phone.subscribe("cart")
        kept = await phone.command("cart.checkout")
        assert UUID(kept["reservation_id"])
        assert (kept["status"], kept["total"], kept["currency"]) == ("ACTIVE", 200, "INR")
        assert [item["quantity"] for item in kept["items"]] == [2]
        event = await phone.event("cart", "CheckoutReserved")
        assert event["data"]["checkout"]["expires_at"] == kept["expires_at"]
        assert await _level(server, world) == (10, 2)
        with pytest.raises(CommandRefused) as refused:
            await phone.command("cart.add", product_id=str(world.products[1].pk))
        assert (refused.value.status, refused.value.code) == (409, "cart_frozen")
        again = await phone.command("cart.checkout")
        assert again == kept
        await phone.command("cart.cancel_checkout")
        assert await _level(server, world) == (10, 0)
        await phone.command("cart.add", product_id=str(world.products[1].pk))


async def test_a_cart_that_is_read_shows_what_went_out_of_stock_meanwhile(
    world: World, server: Server
) -> None:
    await _stocked(server, world, 3)
    path = f"/api/branches/{world.branch.code}/stock/adjust"
    lost = {"product_id": str(world.products[0].pk), "counted": 1, "reason": "fell down"}
    async with (
        _http(server, await asyncio.to_thread(world.token)) as http,
        _http(server, await asyncio.to_thread(world.staff)) as staff,
    ):
        await http.post("/api/session/qr-scan", json={"trolley_id": world.trolleys[0]})
        for product, quantity in zip(world.products, (2, 3), strict=False):
            await http.post("/api/cart/items", json={"product_id": str(product.pk), "quantity": quantity})
        before = await http.get("/api/cart")
        assert before.json()["has_unavailable_items"] is False
        assert before.headers["etag"] == f'"{before.json()["revision"]}"'
        assert (await staff.post(path, json=lost)).status_code == 200
        after = await http.get("/api/cart", headers={"If-None-Match": before.headers["etag"]})
        assert (after.status_code, after.json()["has_unavailable_items"]) == (200, True)
        assert [item["available"] for item in after.json()["items"]] == [False, True]
        same = await http.get("/api/cart", headers={"If-None-Match": after.headers["etag"]})
        assert same.status_code == 304
        refused = (await http.post("/api/cart/checkout")).json()
        assert (refused["code"], [each["wanted"] for each in refused["items"]]) == ("insufficient_stock", [2])
        item = after.json()["items"][0]["id"]
        await http.patch(f"/api/cart/items/{item}", json={"quantity": 1})
        assert (await http.post("/api/cart/checkout")).status_code == 201
        frozen = (await http.get("/api/cart")).json()
        assert [item["available"] for item in frozen["items"]] == [True, True]


async def test_http_says_201_204_and_names_what_is_short(world: World, server: Server) -> None:
    await _stocked(server, world, 3)
    token = await asyncio.to_thread(world.token)
    async with _http(server, token) as http:
        empty = await http.post("/api/cart/checkout", json={"branch": world.branch.code})
        assert (empty.status_code, empty.json()["code"]) == (400, "cart_empty")
        body = empty.json()
        assert body["error"] == f"Cart is empty. Please add items first. Cart ID: {body['cart_id']}"
        await http.post("/api/session/qr-scan", json={"trolley_id": world.trolleys[0]})
        for product, quantity in zip(world.products, (2, 4, 9), strict=False):
            await http.post("/api/cart/items", json={"product_id": str(product.pk), "quantity": quantity})
        short = await http.post("/api/cart/checkout")
        assert (short.status_code, short.json()["code"]) == (400, "insufficient_stock")
        assert [(each["wanted"], each["available"]) for each in short.json()["items"]] == [(4, 3), (9, 3)]
        assert await _level(server, world) == (3, 0)
        cart = (await http.get("/api/cart")).json()
        assert (cart["checkout"], cart["items_count"]) == (None, 3)
        for item in cart["items"][1:]:
            assert (await http.delete(f"/api/cart/items/{item['id']}")).status_code == 204
        key = {"Idempotency-Key": "pay-1"}
        made = await http.post("/api/cart/checkout", headers=key)
        assert made.status_code == 201
        assert b'"total":200.00' in made.content
        assert (await http.delete("/api/cart/checkout")).status_code == 204
        gone = await http.delete("/api/cart/checkout")
        assert (gone.status_code, gone.json()["code"]) == (404, "no_checkout")
        assert (await http.post("/api/cart/checkout", headers=key)).json() == made.json()


async def test_it_expires_to_the_tenth_of_a_second_and_the_shopper_is_told(
    world: World, server: Server, clock: ManualClock
) -> None:
    await _stocked(server, world)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await phone.command("cart.add", product_id=str(world.products[0].pk), quantity=2)
        await phone.subscribe("cart")
        await phone.command("cart.checkout", branch=world.branch.code)
        clock.advance(HOLD_S - 0.1)
        assert await _level(server, world) == (10, 2)
        clock.advance(0.1)
        assert await _level(server, world) == (10, 0)
        event = await phone.event("cart", "CheckoutExpired")
        assert (event["data"]["checkout"], event["data"]["items_count"]) == (None, 1)
        await phone.command("cart.add", product_id=str(world.products[0].pk))


async def test_a_product_that_went_inactive_blocks_it_by_name(world: World, server: Server) -> None:
    await _stocked(server, world)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await _shopping(phone, world)

        def withdraw() -> None:
            world.products[0].is_active = False
            world.products[0].save()

        await asyncio.to_thread(withdraw)
        await asyncio.to_thread((await server.owner()).references.reload)
        with pytest.raises(CommandRefused) as refused:
            await phone.command("cart.checkout")
        assert refused.value.code == "items_unavailable"
        assert [item["name"] for item in refused.value.problem["items"]] == ["Product 0"]


async def test_the_sweep_finds_what_is_overdue_and_the_cart_decides(
    world: World, server: Server, clock: ManualClock
) -> None:
    await _stocked(server, world)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await _shopping(phone, world)
        kept = await phone.command("cart.checkout")

    def overdue() -> int:
        row = Reservation.objects.get(pk=kept["reservation_id"])
        assert row.status == "active"
        Reservation.objects.filter(pk=row.pk).update(expires_at=row.created_at.replace(year=2020))
        return int(sweep_reservations())

    assert await asyncio.to_thread(overdue) == 1
    assert await _level(server, world) == (10, 2), "the cart's own time is not over"


async def test_stock_is_for_staff_of_the_branch_and_its_own_products(world: World, server: Server) -> None:
    other = await asyncio.to_thread(make_world)
    await asyncio.to_thread((await server.owner()).references.reload)
    tokens = [await asyncio.to_thread(who) for who in (world.token, other.staff, world.staff)]
    path = f"/api/branches/{world.branch.code}/stock"
    ours, theirs = str(world.products[0].pk), str(other.products[0].pk)
    for token, status in zip(tokens, (403, 404, 201), strict=True):
        async with _http(server, token) as http:
            line = {"product_id": ours, "quantity": 5}
            answer = await http.post(f"{path}/receive", json={"lines": [line]})
            assert answer.status_code == status, answer.text
    async with _http(server, tokens[2]) as http:
        foreign = await http.post(f"{path}/receive", json={"lines": [{"product_id": theirs, "quantity": 5}]})
        assert (foreign.status_code, foreign.json()["code"]) == (404, "product_not_found")
        counted = await http.post(
            f"{path}/adjust", json={"product_id": ours, "reason": "count", "counted": 4}
        )
        assert counted.json()["levels"][0]["available"] == 4
        for wrong in ({"delta": 1.5}, {"counted": -1}, {"delta": 10**9}, {"delta": "1"}):
            body = {"product_id": ours, "reason": "x", **wrong}
            assert (await http.post(f"{path}/adjust", json=body)).status_code == 400


@pytest.mark.parametrize("quantity", [0, -1, 1000, 1.5, "2", 10**30])
async def test_quantities_that_make_no_sense_are_refused(world: World, server: Server, quantity: Any) -> None:
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        with pytest.raises(CommandRefused) as refused:
            await phone.command("cart.add", product_id=str(world.products[0].pk), quantity=quantity)
        assert refused.value.status == 400
