"""Paying at the till: a code, a cashier, change; then an order and its pass as of any payment."""

from __future__ import annotations

import asyncio
from typing import Any

from core.orders.models import Order
from core.trail.models import CommandNote
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.commerce.test_commerce_edges import refused
from tests.realtime.conftest import World, make_world
from tests.realtime.paying import http, level, shopping, state_of, stocked


async def test_a_cashier_takes_cash_and_gives_change_and_the_goods_are_sold(
    world: World, server: Server
) -> None:
    await stocked(server, world)
    async with (
        trolley_client(server, await asyncio.to_thread(world.token)) as phone,
        http(server, await asyncio.to_thread(world.token)) as web,
        http(server, await asyncio.to_thread(world.staff)) as desk,
    ):
        await shopping(phone, world, 2)
        await phone.command("cart.add", product_id=str(world.products[2].pk))
        await phone.subscribe("cart")
        answer = await web.post("/api/cart/checkout", json={"pay": "till"})
        kept = answer.json()
        assert (answer.status_code, kept["status"], kept["total"]) == (201, "ACTIVE", 200.35)
        again = (await web.post("/api/cart/checkout", json={"pay": "till"})).json()
        assert (again["code"], again["payment_id"]) == (kept["code"], kept["payment_id"])

        path = f"/api/branches/{world.branch.code}/till"
        shown = (await desk.get(f"{path}/{kept['code']}")).json()
        assert (shown["amount"], shown["due_in_cash"], shown["total_items"]) == (200.35, 200.5, 3)
        cash = {"code": kept["code"].lower().replace("-", " "), "method": "cash"}
        answer = await desk.post(path, json={**cash, "received": 200})
        assert (answer.status_code, answer.json()["code"]) == (400, "received_too_little")
        answer = await desk.post(path, json={**cash, "received": "500.00"}, headers={"Idempotency-Key": "k1"})
        taken = answer.json()
        assert answer.status_code == 200, taken
        assert (taken["due"], taken["rounding"], taken["change"]) == (200.5, 0.15, 299.5)
        answer = await desk.post(path, json={**cash, "received": "500.00"}, headers={"Idempotency-Key": "k1"})
        assert answer.json() == taken
        answer = await desk.post(path, json={**cash, "received": 500})
        assert (answer.status_code, answer.json()["code"]) == (409, "already_paid")

        paid = await phone.event("cart", "CheckoutPaid")
        assert paid["data"]["order_id"] == taken["order_id"] == kept["payment_id"]
        assert await level(server, world) == (8, 0)
        order = (await web.get(f"/api/orders/{taken['order_id']}")).json()
        left = await desk.post(
            f"/api/branches/{world.branch.code}/exit", json={"code": order["exit_pass"]["code"]}
        )
        assert left.status_code == 200, left.text
        payment = (await web.get(f"/api/payments/{kept['payment_id']}")).json()
        assert (payment["provider"], payment["status"]) == ("till", "paid")
    note = await asyncio.to_thread(CommandNote.objects.get, what="till.settle")
    assert (note.branch, note.reason) == (world.branch.code, "cash 500.00")


async def test_a_refund_of_it_is_made_by_whoever_gives_it(world: World, server: Server) -> None:
    await stocked(server, world)
    async with (
        trolley_client(server, await asyncio.to_thread(world.token)) as phone,
        http(server, await asyncio.to_thread(world.staff, "boss", "manager")) as desk,
    ):
        await shopping(phone, world, 2)
        kept = await phone.command("cart.checkout", pay="till")
        body = {"code": kept["code"], "method": "card"}
        path = f"/api/branches/{world.branch.code}/till"
        answer = await desk.post(path, json={**body, "received": 300})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_amount")
        taken = (await desk.post(path, json=body)).json()
        assert (taken["due"], taken["change"]) == (200, 0)
        await (await server.running()).settled()
        answer = await desk.post(
            f"/api/orders/{taken['order_id']}/refund", json={"reason": "broken", "amount": 50}
        )
        assert answer.status_code == 202, answer.text
        await (await server.running()).settled()
    row = await asyncio.to_thread(Order.objects.get, pk=taken["order_id"])
    assert (row.status, row.refunded) == ("partly_refunded", 50)
    assert (await state_of(server, "payment", taken["payment_id"])).refunded == 50


async def test_a_code_is_good_while_its_shopper_waits_and_in_its_own_branch(
    world: World, server: Server
) -> None:
    await stocked(server, world)
    other = await asyncio.to_thread(make_world)
    async with (
        trolley_client(server, await asyncio.to_thread(world.token)) as phone,
        trolley_client(server, await asyncio.to_thread(world.staff)) as desk,
        trolley_client(server, await asyncio.to_thread(other.staff, "foreign")) as abroad,
    ):
        await shopping(phone, world, 1)
        kept = await phone.command("cart.checkout", pay="till")
        fields: dict[str, Any] = {"code": kept["code"], "method": "cash"}
        here = {"branch": world.branch.code, **fields}
        assert await refused(phone, "till.settle", **here) == (403, "forbidden")
        there = {"branch": other.branch.code, **fields}
        assert await refused(abroad, "till.settle", **there) == (404, "till_code_unknown")
        wrong = {**here, "code": "not a code"}
        assert await refused(desk, "till.settle", **wrong) == (400, "till_code_malformed")
        await phone.command("cart.cancel_checkout")
        assert await refused(desk, "till.settle", **here) == (409, "till_code_over")
        anew = await phone.command("cart.checkout", pay="till")
        assert anew["code"] != kept["code"]
        assert (await desk.command("till.settle", **{**here, "code": anew["code"]}))["due"] == 100
