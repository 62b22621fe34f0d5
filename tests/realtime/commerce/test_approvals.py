"""Goods that need somebody, over both transports: the shopper waits, staff decides, the checkout goes on."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from core.alarms.models import Alarm
from core.catalogue.models import Product
from core.shopping.models import Need
from core.trail.models import CommandNote
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.commerce.test_commerce_edges import changed, refused, reloaded
from tests.realtime.conftest import World, make_world
from tests.realtime.paying import http, stocked


async def restricted(server: Server, world: World, **what: Any) -> str:
    """Restrict the first product; return its id."""
    await stocked(server, world)
    product = world.products[0]
    product.restricted = what
    await asyncio.to_thread(product.save)
    await reloaded(server)
    return str(product.pk)


async def test_the_shopper_waits_until_staff_has_seen_how_old_they_are(world: World, server: Server) -> None:
    beer = await restricted(server, world, age=18)
    staff = await asyncio.to_thread(world.staff)
    async with (
        trolley_client(server, await asyncio.to_thread(world.token)) as phone,
        trolley_client(server, staff, f"/ws/branch/{world.branch.code}/") as tablet,
        http(server, staff) as desk,
    ):
        await tablet.subscribe(f"branch:{world.branch.code}")
        await phone.subscribe("cart")
        await phone.command("session.start", trolley_id=world.trolleys[0])
        item = (await phone.command("cart.add", product_id=beer))["item"]
        (need,) = (await phone.event("cart", "NeedsChanged"))["data"]["needs"]
        wanted = {"kind": "age", "item_id": item["id"], "state": "waiting", "age": 18, "reason": None}
        assert need == {"id": need["id"], "name": "Product 0", **wanted}

        alarm = (await tablet.event(f"branch:{world.branch.code}", "AlarmRaised"))["data"]["alarm"]
        assert (alarm["kind"], alarm["subject"]) == ("age_check", f"need/{need['id']}")
        assert alarm["detail"] == "Product 0 (18+)"
        path = f"/api/branches/{world.branch.code}/approvals"
        (waiting,) = (await desk.get(path)).json()["items"]
        assert (waiting["id"], waiting["kind"], waiting["age"]) == (need["id"], "age", 18)
        assert await refused(phone, "cart.checkout") == (400, "approval_needed")
        assert await refused(phone, "payment.create") == (400, "approval_needed")

        body = {"approve": True, "reason": "passport"}
        answer = await desk.post(f"{path}/{need['id']}", json=body)
        assert (answer.status_code, answer.json()["state"]) == (200, "approved")
        (decided,) = (await phone.event("cart", "NeedsChanged"))["data"]["needs"]
        assert (decided["state"], decided["reason"]) == ("approved", "passport")
        await tablet.event(f"branch:{world.branch.code}", "AlarmCleared")
        assert (await desk.get(path)).json() == {"items": []}
        await phone.command("cart.add", product_id=beer)
        assert (await phone.command("cart.checkout"))["status"] == "ACTIVE"
        await (await server.running()).settled()
    assert await asyncio.to_thread(Alarm.objects.filter(cleared_at=None).count) == 0
    note = await asyncio.to_thread(CommandNote.objects.get, what="approval.settle")
    assert note.reason == "age approved: passport"


async def test_staff_of_elsewhere_and_shoppers_cannot_decide(world: World, server: Server) -> None:
    other = await asyncio.to_thread(make_world)
    beer = await restricted(server, world, age=18)
    async with (
        trolley_client(server, await asyncio.to_thread(world.token)) as phone,
        trolley_client(server, await asyncio.to_thread(other.staff, "foreign")) as abroad,
    ):
        await phone.command("session.start", trolley_id=world.trolleys[0])
        await phone.subscribe("cart")
        await phone.command("cart.add", product_id=beer)
        (need,) = (await phone.event("cart", "NeedsChanged"))["data"]["needs"]
        fields = {"approval_id": need["id"], "approve": True}
        here, there = world.branch.code, other.branch.code
        assert await refused(phone, "approval.settle", branch=here, **fields) == (403, "forbidden")
        assert await refused(abroad, "approval.settle", branch=here, **fields) == (404, "branch_not_found")
        assert await refused(abroad, "approval.settle", branch=there, **fields) == (404, "approval_not_found")
        unknown = {"branch": there, "approval_id": str(uuid4()), "approve": True}
        assert await refused(abroad, "approval.settle", **unknown) == (404, "approval_not_found")
    row = await asyncio.to_thread(Need.objects.get, pk=need["id"])
    assert row.state == "waiting"


async def test_staff_weighs_what_has_no_label(world: World, server: Server) -> None:
    apples = await restricted(server, world, weighed=True)
    async with (
        trolley_client(server, await asyncio.to_thread(world.token)) as phone,
        trolley_client(server, await asyncio.to_thread(world.staff)) as tablet,
    ):
        await phone.command("session.start", trolley_id=world.trolleys[0])
        await phone.subscribe("cart")
        await phone.command("cart.add", product_id=apples)
        (need,) = (await phone.event("cart", "NeedsChanged"))["data"]["needs"]
        fields = {"branch": world.branch.code, "approval_id": need["id"], "approve": True}
        assert await refused(tablet, "approval.settle", **fields) == (400, "weight_needed")
        wrong = {**fields, "approve": False, "weight_g": 250}
        assert (await refused(tablet, "approval.settle", **wrong))[0] == 400
        await tablet.command("approval.settle", **fields, weight_g=250)
        event = (await phone.event("cart", "NeedsChanged"))["data"]
        (item,) = event["items"]
        assert (item["line_total"], item["product"]["name"]) == (25, "Product 0, 0.250 kg")
        assert event["total_price"] == 25
        assert (await phone.command("cart.checkout"))["total"] == 25


async def test_a_shopper_may_have_so_many(world: World, server: Server) -> None:
    formula = await restricted(server, world, most=2)
    async with http(server, await asyncio.to_thread(world.token)) as phone:
        await phone.post("/api/session/qr-scan", json={"trolley_id": world.trolleys[0]})
        answer = await phone.post("/api/cart/items", json={"product_id": formula, "quantity": 3})
        assert (answer.status_code, answer.json()["code"]) == (400, "quantity_limit")
        answer = await phone.post("/api/cart/items", json={"product_id": formula, "quantity": 2})
        assert answer.status_code == 201


async def test_goods_restricted_after_they_were_put_in_are_approved_before_they_are_paid(
    world: World, server: Server
) -> None:
    await stocked(server, world)
    beer, formula = world.products[:2]
    staff = await asyncio.to_thread(world.staff)
    async with (
        trolley_client(server, await asyncio.to_thread(world.token)) as phone,
        http(server, staff) as desk,
    ):
        await phone.command("session.start", trolley_id=world.trolleys[0])
        await phone.command("cart.add", product_id=str(beer.pk))
        line = (await phone.command("cart.add", product_id=str(formula.pk), quantity=3))["item"]
        await phone.subscribe("cart")
        await changed(server, beer, restricted={"age": 18})
        await changed(server, formula, restricted={"most": 2})
        assert await refused(phone, "cart.checkout") == (400, "quantity_limit")
        (need,) = (await phone.event("cart", "NeedsChanged"))["data"]["needs"]
        assert (need["kind"], need["age"], need["state"]) == ("age", 18, "waiting")
        await phone.command("cart.set_quantity", item_id=line["id"], quantity=2)
        for name in ("cart.checkout", "payment.create"):
            assert await refused(phone, name) == (400, "approval_needed")
        path = f"/api/branches/{world.branch.code}/approvals/{need['id']}"
        assert (await desk.post(path, json={"approve": True})).status_code == 200
        assert (await phone.command("cart.checkout"))["status"] == "ACTIVE"


async def test_who_shops_without_a_trolley_is_approved_by_any_branch_of_the_chain(
    world: World, server: Server
) -> None:
    beer = await restricted(server, world, age=18)
    async with (
        http(server, await asyncio.to_thread(world.token)) as phone,
        http(server, await asyncio.to_thread(world.staff)) as desk,
    ):
        await phone.post("/api/cart/items", json={"product_id": beer})
        (need,) = (await phone.get("/api/cart")).json()["needs"]
        answer = await phone.post("/api/cart/checkout", json={"branch": world.branch.code})
        assert (answer.status_code, answer.json()["code"]) == (400, "approval_needed")
        assert answer.json()["needs"][0]["id"] == need["id"]
        path = f"/api/branches/{world.branch.code}/approvals/{need['id']}"
        assert (await desk.post(path, json={"approve": True})).status_code == 200
        answer = await phone.post("/api/cart/checkout", json={"branch": world.branch.code})
        assert answer.status_code == 201


def test_a_restriction_is_of_one_shape(world: World) -> None:
    for wrong in ({"age": 0}, {"age": "18"}, {"ages": 18}, [], {"most": 1000}, {"tagged": 1}):
        product = Product(chain=world.chain, barcode="x1", name="x", price=1, restricted=wrong)
        try:
            product.full_clean()
        except Exception as error:  # noqa: BLE001 - whatever it is called, it names the field
            assert "restricted" in str(error)
        else:
            raise AssertionError(wrong)
