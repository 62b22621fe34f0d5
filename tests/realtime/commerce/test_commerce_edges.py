"""The edges of buying: odd quantities, currencies of every kind, other tenants' things, prices that move."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

from actors.kit.money import payable
from core.catalogue.models import Product, Variant, Voucher
from realtime.server import Server
from realtime.testing import CommandRefused, TrolleyClient, trolley_client
from tests.realtime.conftest import World, make_world
from tests.realtime.paying import GOOD, http, stocked


async def reloaded(server: Server) -> None:
    await asyncio.to_thread((await server.running()).references.reload)


async def changed(server: Server, product: Product, **values: Any) -> None:
    rows = Product.objects.filter(pk=product.pk)
    await asyncio.to_thread(rows.update, version=F("version") + 1, **values)
    await reloaded(server)


async def refused(phone: TrolleyClient, name: str, **fields: Any) -> tuple[int, str]:
    with pytest.raises(CommandRefused) as caught:
        await phone.command(name, **fields)
    return caught.value.status, caught.value.code


async def cart_of(phone: TrolleyClient) -> dict[str, Any]:
    data: dict[str, Any] = (await phone.subscribe("cart"))["data"]
    return data


@pytest.mark.parametrize("quantity", ["0", "-1", "1000", "1.5", "1e2", '"2"', "true", f"1{'0' * 40}", "NaN"])
async def test_a_quantity_that_is_none_is_refused_and_changes_nothing(
    world: World, server: Server, quantity: str
) -> None:
    async with http(server, await asyncio.to_thread(world.token)) as shopper:
        await shopper.post("/api/session/qr-scan", json={"trolley_id": world.trolleys[0]})
        kept = await shopper.post("/api/cart/items", json={"product_id": str(world.products[0].pk)})
        item, body = kept.json()["id"], f'{{"product_id": "{world.products[1].pk}", "quantity": {quantity}}}'
        headers = {"Content-Type": "application/json"}
        for answer in (
            await shopper.post("/api/cart/items", content=body, headers=headers),
            await shopper.post("/api/cart/add", content=body, headers=headers),
        ):
            assert answer.status_code == 400, answer.text
        if quantity != "0":  # which removes the line
            change = await shopper.patch(
                f"/api/cart/items/{item}", content=f'{{"quantity": {quantity}}}', headers=headers
            )
            assert change.status_code == 400
        cart = (await shopper.get("/api/cart")).json()
        assert (cart["items_count"], cart["total_items"], cart["total_price"]) == (1, 1, 100)


async def test_a_line_never_grows_beyond_its_most(world: World, server: Server) -> None:
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await phone.command("session.start", trolley_id=world.trolleys[0])
        full = await phone.command("cart.add", barcode=world.barcode, quantity=999)
        assert full["cart_total"] == 99_900
        assert (await refused(phone, "cart.add", barcode=world.barcode))[0] == 400
        assert (await cart_of(phone))["total_items"] == 999


def currency(world: World, code: str, *prices: str) -> None:
    world.chain.currency = code
    world.chain.save()
    for product, price in zip(world.products, prices, strict=True):
        product.price = Decimal(price)
        product.save()
    Voucher.objects.create(chain=world.chain, code="THIRD", value=Decimal("33.3333"))


@pytest.mark.parametrize(
    ("code", "prices"),
    [
        ("JPY", ("500", "49", "1")),
        ("INR", ("100.00", "49.50", "0.35")),
        ("KWD", ("1.005", "0.335", "0.001")),
    ],
)
async def test_amounts_keep_their_currencys_decimals_from_the_shelf_to_the_order(
    world: World, server: Server, code: str, prices: tuple[str, ...]
) -> None:
    await asyncio.to_thread(currency, world, code, *prices)
    await reloaded(server)
    await stocked(server, world, 1000)
    async with http(server, await asyncio.to_thread(world.token)) as shopper:
        await shopper.post("/api/session/qr-scan", json={"trolley_id": world.trolleys[0]})
        for product, quantity in zip(world.products, (2, 3, 2), strict=True):
            body = {"product_id": str(product.pk), "quantity": quantity}
            assert (await shopper.post("/api/cart/items", json=body)).status_code == 201
        quantities = (2, 3, 2)
        exact = sum((Decimal(price) * n for price, n in zip(prices, quantities, strict=True)), Decimal(0))
        exact = payable(exact, code)
        cart = await shopper.get("/api/cart")
        assert f'"total_price":{exact},"currency":"{code}"'.encode() in cart.content
        applied = await shopper.post("/api/cart/vouchers", json={"code": "THIRD"})
        assert applied.status_code == 200
        made = await shopper.post("/api/cart/checkout")
        assert made.status_code == 201
        items = made.json()["items"]
        digits = -Decimal(prices[0]).as_tuple().exponent  # type: ignore[operator]
        lines = [Decimal(str(item["line_total"])) for item in items]
        units = [Decimal(str(item["unit_price"])) for item in items]
        assert [unit * item["quantity"] for unit, item in zip(units, items, strict=True)] == lines
        total = f"{payable(sum(lines, Decimal(0)), code):.{digits}f}"
        assert f'"total":{total},"currency":"{code}"'.encode() in made.content
        begun = await shopper.post("/api/payments/create-from-cart", json={"currency": code})
        amount = total.encode()
        assert begun.status_code == 201
        assert b'"amount":' + amount + b"," in begun.content
        payment = begun.json()["payment_id"]
        paid = await shopper.post(f"/api/payments/{payment}/confirm", json={"card": GOOD})
        assert (paid.status_code, paid.json()["status"]) == (200, "paid")
        await (await server.running()).settled()
        order = await shopper.get(f"/api/orders/{payment}")
        assert order.status_code == 200
        assert b'"total":' + amount in order.content
        assert all(-unit.normalize().as_tuple().exponent <= digits for unit in units)  # type: ignore[operator]


async def test_another_tenants_things_are_not_there(world: World, server: Server) -> None:
    other = await asyncio.to_thread(make_world)
    theirs = other.products[0]
    variant = await asyncio.to_thread(lambda: Variant.objects.get(product=theirs))
    mine = await asyncio.to_thread(lambda: Variant.objects.get(product=world.products[0]))
    await asyncio.to_thread(lambda: Voucher.objects.create(chain=other.chain, code="THEIRS", value=5))
    await reloaded(server)
    stranger = await asyncio.to_thread(other.token)
    async with (
        trolley_client(server, await asyncio.to_thread(world.token)) as phone,
        trolley_client(server, stranger) as abroad,
        http(server, await asyncio.to_thread(world.token)) as shopper,
    ):
        await phone.command("session.start", trolley_id=world.trolleys[0])
        item = (await phone.command("cart.add", barcode=world.barcode))["item"]["id"]
        own = str(world.products[0].pk)
        assert await refused(phone, "cart.add", product_id=str(theirs.pk)) == (404, "product_not_found")
        assert await refused(phone, "cart.add", barcode=theirs.barcode) == (404, "product_not_found")
        wrong = await refused(phone, "cart.add", product_id=own, variant_id=str(variant.pk))
        assert wrong == (404, "variant_not_found")
        assert await refused(phone, "cart.apply_voucher", code="THEIRS") == (404, "voucher_not_found")
        price = f"/api/pricing/{theirs.pk}/price"
        assert (await shopper.get(price)).status_code == 404
        assert (await shopper.get(f"/api/pricing/{own}/price?variant_id={variant.pk}")).status_code == 404
        assert (await shopper.get(f"/api/pricing/{own}/price?variant_id={mine.pk}")).status_code == 200
        await abroad.command("session.start", trolley_id=other.trolleys[0])
        assert (await refused(abroad, "cart.set_quantity", item_id=item, quantity=9))[0] == 404
        assert (await refused(abroad, "cart.remove", item_id=item))[0] == 404
        assert (await refused(phone, "cart.checkout", branch=other.branch.code))[0] == 400
        assert (await cart_of(phone))["total_items"] == 1
        assert (await cart_of(abroad))["total_items"] == 0
        async with http(server, await asyncio.to_thread(other.staff)) as staff:
            body = {"lines": [{"product_id": own, "quantity": 1}]}
            path = "/api/branches/{}/stock/receive"
            assert (await staff.post(path.format(world.branch.code), json=body)).status_code == 404
            assert (await staff.post(path.format(other.branch.code), json=body)).status_code == 404


async def test_another_shoppers_payment_and_order_are_not_there(world: World, server: Server) -> None:
    await stocked(server, world)
    other = await asyncio.to_thread(make_world)
    await reloaded(server)
    async with http(server, await asyncio.to_thread(world.token)) as shopper:
        await shopper.post("/api/session/qr-scan", json={"trolley_id": world.trolleys[0]})
        await shopper.post("/api/cart/items", json={"product_id": str(world.products[0].pk), "quantity": 1})
        payment = (await shopper.post("/api/payments/create-from-cart", json={})).json()["payment_id"]
        neighbour = await asyncio.to_thread(world.token, "neighbour")
        abroad = await asyncio.to_thread(other.staff, "boss", "manager")
        for token in (neighbour, abroad):
            async with http(server, token) as stranger:
                assert (await stranger.get(f"/api/payments/{payment}")).status_code == 404
                confirm = await stranger.post(f"/api/payments/{payment}/confirm", json={"card": GOOD})
                assert confirm.status_code == 404
        paid = await shopper.post(f"/api/payments/{payment}/confirm", json={"card": GOOD})
        assert paid.json()["status"] == "paid"
        await (await server.running()).settled()
        for token in (neighbour, abroad):
            async with http(server, token) as stranger:
                assert (await stranger.get(f"/api/orders/{payment}")).status_code == 404
                refund = await stranger.post(f"/api/orders/{payment}/refund", json={"reason": "mine"})
                assert refund.status_code in (403, 404)
                assert payment not in (await stranger.get("/api/orders")).text


async def test_a_price_that_changes_while_carts_are_open_is_the_old_one_until_they_ask(
    world: World, server: Server
) -> None:
    await stocked(server, world, 1000)
    product = world.products[0]
    async with (
        trolley_client(server, await asyncio.to_thread(world.token)) as asks,
        trolley_client(server, await asyncio.to_thread(world.token, "other")) as pays,
    ):
        for phone, trolley in ((asks, world.trolleys[0]), (pays, world.trolleys[1])):
            await phone.command("session.start", trolley_id=trolley)
            await phone.command("cart.add", product_id=str(product.pk), quantity=2)
        await changed(server, product, price=Decimal("130.00"))
        (change,) = (await asks.command("cart.quote"))["changes"]
        assert (change["old_unit_price"], change["new_unit_price"]) == (100, 130)
        assert change["new_line_total"] == 260
        assert (await asks.command("cart.checkout"))["total"] == 260
        kept = await cart_of(pays)
        assert (kept["total_price"], kept["items"][0]["product"]["price"]) == (200, 130)
        assert (await pays.command("cart.checkout"))["total"] == 200


async def test_goods_that_are_switched_off_while_in_carts_block_the_checkout_by_name(
    world: World, server: Server
) -> None:
    await stocked(server, world, 1000)
    gone, stays = world.products[:2]
    async with (
        trolley_client(server, await asyncio.to_thread(world.token)) as one,
        trolley_client(server, await asyncio.to_thread(world.token, "other")) as two,
    ):
        for phone, trolley in ((one, world.trolleys[0]), (two, world.trolleys[1])):
            await phone.command("session.start", trolley_id=trolley)
            for product in (gone, stays):
                await phone.command("cart.add", product_id=str(product.pk))
        await changed(server, gone, is_active=False)
        for phone in (one, two):
            cart = await cart_of(phone)
            assert cart["has_unavailable_items"] is True
            assert [item["available"] for item in cart["items"]] == [False, True]
            with pytest.raises(CommandRefused) as caught:
                await phone.command("cart.checkout")
            assert caught.value.code == "items_unavailable"
            named = caught.value.problem["items"]
            item = cart["items"][0]["id"]
            assert [(each["name"], each["item_id"]) for each in named] == [(gone.name, item)]
            await phone.command("cart.remove", item_id=item)
            assert (await phone.command("cart.checkout"))["total"] == 49.5
