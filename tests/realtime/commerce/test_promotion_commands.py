"""Promotions on their whole way: cart, checkout, payment, order, refund; and what would be then."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

from core.catalogue.models import Promotion, PromotionGoods
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.commerce.test_commerce_edges import reloaded
from tests.realtime.commerce.test_taxes import exact, opened, pay, put_in, taxes
from tests.realtime.conftest import World
from tests.realtime.paying import http

GERMANY = ("DE", "EUR", "10.70", "11.90", "1.00")


def promotion(world: World, *places: int, **fields: Any) -> Promotion:
    whole = {"name": "3 for 2", "kind": "n_for_m", "buy": 3, "pay": 2, **fields}
    row = Promotion.objects.create(chain=world.chain, **whole)
    PromotionGoods.objects.create(promotion=row).products.set([world.products[place] for place in places])
    return row


async def promoted(world: World, server: Server, *places: int, **fields: Any) -> Promotion:
    row = await asyncio.to_thread(lambda: promotion(world, *places, **fields))
    await reloaded(server)
    return row


async def test_three_for_two_from_the_cart_to_the_refund(world: World, server: Server) -> None:
    await opened(world, server, *GERMANY)
    await promoted(world, server, 0, 1)
    async with http(server, await asyncio.to_thread(world.token)) as shopper:
        cart = await put_in(shopper, world, 0, 0, 1)
        made = exact(await shopper.post("/api/cart/checkout"))
        order = await pay(shopper, server)
    for seen in (cart, made, order):
        assert seen["savings"] == [{"name": "promotion:3 for 2", "amount": Decimal("10.70")}]
        [one] = seen["promotions"]
        assert (one["name"], one["kind"], one["times"], one["amount"]) == (
            "3 for 2", "n_for_m", 1, Decimal("10.70"),
        )  # fmt: skip
        # 10.70 of 33.30 by what each counts: 21.40 and 11.90.
        assert sorted((part["units"], str(part["amount"])) for part in one["items"]) == [
            (1, "3.82"), (2, "6.88"),
        ]  # fmt: skip
        assert taxes(seen) == [
            ("reduced", "MwSt", "7", "13.57", "0.95"), ("standard", "MwSt", "19", "6.79", "1.29"),
        ]  # fmt: skip
        assert str(seen["subtotal"]) == "33.30"
    sums = (cart["total_price"], made["total"], order["total"], order["asked"])
    assert {str(each) for each in sums} == {"22.60"}
    assert [str(item["paid"]) for item in order["items"]] == ["14.52", "8.08"]
    manager = await asyncio.to_thread(world.staff, "boss", "manager")
    async with http(server, manager) as staff:
        restock = [{"item_id": order["items"][0]["id"], "quantity": 1}]
        body = {"amount": 7.26, "reason": "Broken", "restock": restock}
        exact(await staff.post(f"/api/orders/{order['id']}/refund", json=body))
        await (await server.running()).settled()
        [refund] = exact(await staff.get(f"/api/orders/{order['id']}"))["refunds"]
    assert [(tax["class"], str(tax["tax"])) for tax in refund["taxes"]] == [("reduced", "0.47")]


async def test_every_total_that_is_told_has_them(world: World, server: Server) -> None:
    await opened(world, server, *GERMANY)
    await promoted(world, server, 0)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await phone.command("session.start", trolley_id=world.trolleys[0])
        await phone.subscribe("cart")
        two = await phone.command("cart.add", product_id=str(world.products[0].pk), quantity=2)
        three = await phone.command("cart.add", product_id=str(world.products[0].pk))
        assert (two["cart_total"], three["cart_total"]) == (21.4, 21.4)
        assert three["item"]["line_total"] == 32.1
        told = [await phone.event("cart"), await phone.event("cart")]
        assert [event["data"]["total_price"] for event in told] == [21.4, 21.4]


async def test_members_have_their_price_and_others_have_not(world: World, server: Server) -> None:
    await opened(world, server, *GERMANY)
    await promoted(
        world, server, 0, name="Members", kind="price", buy=None, pay=None, amount="9.00", tier="GOLD"
    )
    totals = []
    for name, tier in (("plain", "STANDARD"), ("gold", "GOLD")):
        token = await asyncio.to_thread(world.token, name, tier=tier)
        async with trolley_client(server, token) as phone:
            added = await phone.command("cart.add", product_id=str(world.products[0].pk))
            totals.append(added["cart_total"])
    assert totals == [10.7, 9]


async def test_what_changes_while_somebody_shops_counts_at_once_and_not_at_the_checkout(
    world: World, server: Server
) -> None:
    await opened(world, server, *GERMANY)
    async with http(server, await asyncio.to_thread(world.token)) as shopper:
        before = await put_in(shopper, world, 0, 0, 0)
        row = await promoted(world, server, 0)
        during = exact(await shopper.get("/api/cart"))
        assert (str(before["total_price"]), str(during["total_price"])) == ("32.10", "21.40")
        exact(await shopper.post("/api/cart/checkout"))
        await asyncio.to_thread(row.delete)
        await reloaded(server)
        frozen = exact(await shopper.get("/api/cart"))
        assert str(frozen["total_price"]) == "21.40"
        await shopper.delete("/api/cart/checkout")
        assert str(exact(await shopper.get("/api/cart"))["total_price"]) == "32.10"


async def test_what_a_cart_would_cost_on_saturday_and_why(world: World, server: Server) -> None:
    await opened(world, server, *GERMANY)
    await promoted(world, server, 0, name="Weekend", weekdays="67")
    branch = f"/api/branches/{world.branch.code}/what-if"
    items = [{"product_id": str(world.products[0].pk), "quantity": 3}]
    manager = await asyncio.to_thread(world.staff, "boss", "manager")
    async with http(server, manager) as http_:
        saturday = exact(await http_.post(branch, json={"items": items, "at": "2026-12-05T00:00"}))
        friday = exact(await http_.post(branch, json={"items": items, "at": "2026-12-04T23:59"}))
        wrong = await http_.post(branch, json={"items": items, "at": "2026-02-30T10:00"})
    assert (str(saturday["total_price"]), str(friday["total_price"])) == ("21.40", "32.10")
    assert saturday["savings"] == [{"name": "promotion:Weekend", "amount": Decimal("10.70")}]
    assert friday["promotions"] == []
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["at"])
    async with http(server, await asyncio.to_thread(world.token)) as shopper:
        assert (await shopper.post(branch, json={"items": items})).status_code == 403
