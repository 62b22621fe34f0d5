"""What a purchase amounts to on its whole way: cart, checkout, payment, order, refund, table."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from core.tax import presets
from core.tax.models import TaxRate
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.commerce.test_commerce_edges import cart_of, currency, reloaded
from tests.realtime.conftest import World
from tests.realtime.paying import GOOD, http, stocked

Shop = tuple[World, Server]


def country(world: World, code: str, money: str, *prices: str) -> None:
    """Give the chain a country's taxes, currency and prices; the first product is of the reduced class."""
    currency(world, money, *prices)
    presets.apply(world.chain, code)
    if code == "US":
        TaxRate.objects.create(
            chain=world.chain, branch=world.branch, name="Sales tax", percent=Decimal("8.875")
        )
        TaxRate.objects.filter(branch=None).delete()
    if code == "DE":
        world.products[0].tax_class = "reduced"
        world.products[0].save()


async def opened(world: World, server: Server, *args: str) -> None:
    await asyncio.to_thread(country, world, *args)
    await reloaded(server)
    await stocked(server, world, 100)


async def put_in(shopper: httpx.AsyncClient, world: World, *places: int) -> dict[str, Any]:
    await shopper.post("/api/session/qr-scan", json={"trolley_id": world.trolleys[0]})
    for place in places:
        body = {"product_id": str(world.products[place].pk)}
        assert (await shopper.post("/api/cart/items", json=body)).status_code == 201
    return exact(await shopper.get("/api/cart"))


async def pay(shopper: httpx.AsyncClient, server: Server) -> dict[str, Any]:
    begun = exact(await shopper.post("/api/payments/create-from-cart", json={}))
    path = f"/api/payments/{begun['payment_id']}"
    assert (await shopper.post(f"{path}/confirm", json={"card": GOOD})).json()["status"] == "paid"
    await (await server.running()).settled()
    return {**exact(await shopper.get(f"/api/orders/{begun['payment_id']}")), "asked": begun["amount"]}


def exact(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code < 300, answer.text
    found: dict[str, Any] = json.loads(answer.content, parse_float=Decimal)
    return found


def taxes(of: dict[str, Any]) -> list[tuple[str, ...]]:
    return [tuple(str(tax[name]) for name in ("class", "name", "rate", "net", "tax")) for tax in of["taxes"]]


VECTORS = [
    (
        ("IN", "INR", "118.00", "1.00", "1.00"), (0,), "118.00", "118.00",
        [("standard", "CGST", "9", "100.00", "9.00"), ("standard", "SGST", "9", "100.00", "9.00")],
    ),
    (
        ("DE", "EUR", "10.70", "11.90", "1.00"), (0, 1), "22.60", "22.60",
        [("reduced", "MwSt", "7", "10.00", "0.70"), ("standard", "MwSt", "19", "10.00", "1.90")],
    ),
    (
        ("US", "USD", "19.99", "1.00", "1.00"), (0,), "19.99", "21.76",
        [("standard", "Sales tax", "8.875", "19.99", "1.77")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("shop", "bought", "subtotal", "paid", "told"), VECTORS, ids=["IN", "DE", "US"])
async def test_the_vectors_of_the_countries_from_the_cart_to_the_order(
    world: World, server: Server, shop: Any, bought: Any, subtotal: str, paid: str, told: Any
) -> None:
    await opened(world, server, *shop)
    async with http(server, await asyncio.to_thread(world.token)) as shopper:
        cart = await put_in(shopper, world, *bought)
        made = exact(await shopper.post("/api/cart/checkout"))
        order = await pay(shopper, server)
        listed = (await shopper.get("/api/orders/export.csv")).text
    for seen in (cart, made, order):
        assert taxes(seen) == told
        assert (str(seen["subtotal"]), seen["savings"], seen["deposits"]) == (subtotal, [], [])
        assert seen["rounding"] == 0
        assert seen["tax_included"] is (shop[0] != "US")
    sums = (cart["total_price"], made["total"], order["total"], order["total_price"], order["asked"])
    assert {str(each) for each in sums} == {paid}
    assert sum(item["paid"] for item in order["items"]) == Decimal(paid)
    whole = sum(Decimal(tax[4]) for tax in told)
    assert listed.splitlines()[1].endswith(f",{subtotal},0.00,{whole},0.00")


async def test_what_comes_on_top_is_in_every_total_that_is_told(world: World, server: Server) -> None:
    await opened(world, server, "US", "USD", "19.99", "1.00", "1.00")
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await phone.command("session.start", trolley_id=world.trolleys[0])
        await phone.subscribe("cart")
        added = await phone.command("cart.add", barcode=world.barcode)
        assert added["cart_total"] == 21.76
        assert (await phone.event("cart"))["data"]["total_price"] == 21.76
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        assert (await cart_of(phone))["total_price"] == 21.76


async def test_a_deposit_is_paid_and_taxed_beside_its_goods_and_comes_back_with_them(
    world: World, server: Server
) -> None:
    def crate() -> None:
        world.products[0].deposit = Decimal("0.25")
        world.products[0].save()

    await asyncio.to_thread(crate)
    await opened(world, server, "DE", "EUR", "10.70", "11.90", "1.00")
    async with http(server, await asyncio.to_thread(world.token)) as shopper:
        cart = await put_in(shopper, world, 0, 0)
        [deposit] = cart["deposits"]
        assert deposit == {
            "item_id": cart["items"][0]["id"], "name": world.products[0].name, "quantity": 2,
            "unit_price": Decimal("0.25"), "line_total": Decimal("0.50"),
        }  # fmt: skip
        assert (str(cart["subtotal"]), str(cart["total_price"])) == ("21.40", "21.90")
        order = await pay(shopper, server)
        assert order["deposits"] == [deposit]
        assert taxes(order) == [("reduced", "MwSt", "7", "20.47", "1.43")]
        manager = await asyncio.to_thread(world.staff, "boss", "manager")
        async with http(server, manager) as staff:
            body = {
                "amount": 10.95, "reason": "Broken",
                "restock": [{"item_id": order["items"][0]["id"], "quantity": 1}],
            }  # fmt: skip
            exact(await staff.post(f"/api/orders/{order['id']}/refund", json=body))
        await (await server.running()).settled()
        [refund] = exact(await shopper.get(f"/api/orders/{order['id']}"))["refunds"]
        assert [str(tax["tax"]) for tax in refund["taxes"]] == ["0.71"]


async def test_an_amount_that_cannot_be_paid_is_rounded_in_a_line_of_its_own(
    world: World, server: Server
) -> None:
    await opened(world, server, "IN", "KWD", "1.255", "1.000", "1.000")
    async with http(server, await asyncio.to_thread(world.token)) as shopper:
        cart = await put_in(shopper, world, 0)
        assert (str(cart["rounding"]), str(cart["total_price"])) == ("0.005", "1.260")
        order = await pay(shopper, server)
        assert (str(order["rounding"]), str(order["total"]), str(order["asked"])) == (
            "0.005",
            "1.260",
            "1.260",
        )
        manager = await asyncio.to_thread(world.staff, "boss", "manager")
        async with http(server, manager) as staff:
            path = f"/api/orders/{order['id']}/refund"
            wrong = await staff.post(path, json={"amount": 1.255, "reason": "No such coin"})
            assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_amount")


async def test_taxes_stay_as_they_were_at_the_checkout(world: World, server: Server) -> None:
    await opened(world, server, "IN", "INR", "118.00", "1.00", "1.00")
    async with http(server, await asyncio.to_thread(world.token)) as shopper:
        await put_in(shopper, world, 0)
        exact(await shopper.post("/api/cart/checkout"))
        rates = TaxRate.objects.filter(chain=world.chain, tax_class="standard")
        await asyncio.to_thread(rates.update, percent=Decimal(14))
        await reloaded(server)
        assert [tax["rate"] for tax in exact(await shopper.get("/api/cart"))["taxes"]] == [9, 9]
        assert [tax["rate"] for tax in (await pay(shopper, server))["taxes"]] == [9, 9]
