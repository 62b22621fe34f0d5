"""A budget over both transports: set, seen in every answer and event of the cart, and told of once."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from core.notifications.models import Notification
from core.shopping import budget_notifications
from core.tenancy.models import Chain
from realtime.server import Server
from realtime.testing import CommandRefused, trolley_client
from tests.realtime.conftest import World

NEAR = {"amount": 120.0, "spent": 100.0, "left": 20.0, "currency": "INR", "period": "trip"}


async def test_every_answer_and_event_of_the_cart_says_how_the_shopper_stands(
    world: World, server: Server
) -> None:
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        first = (await phone.subscribe("cart"))["data"]
        assert (first["budget_status"], first["budget"]) == ("none", None)
        kept = await phone.command("budget.set", amount=120, period="trip")
        assert (kept["amount"], kept["left"], kept["alerts"]) == (120.0, 120.0, [0.8, 1])
        assert (await phone.event("cart", "BudgetChanged"))["data"]["budget_status"] == "ok"
        added = await phone.command("cart.add", barcode=world.barcode)
        assert (added["budget_status"], added["budget"]) == ("near", NEAR)
        alerted = (await phone.event("cart", "BudgetAlerted"))["data"]
        assert (alerted["share"], alerted["budget"], alerted["revision"]) == (0.8, NEAR, added["revision"])
        item = added["item"]["id"]
        over = await phone.command("cart.set_quantity", item_id=item, quantity=2)
        assert (over["budget_status"], over["budget"]["left"]) == ("over", -80.0)
        assert (await phone.command("cart.quote"))["budget_status"] == "over"
        assert (await phone.command("cart.remove", item_id=item))["budget_status"] == "ok"
        assert (await phone.command("budget.remove"))["budget_status"] == "none"
        assert (await phone.command("cart.add", barcode=world.barcode))["budget"] is None


async def test_over_http_it_is_put_read_and_removed(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(server), base_url="http://localhost",
        headers={"Authorization": f"Bearer {token}"},
    ) as http:  # fmt: skip
        none = (await http.get("/api/budget")).json()
        assert (none["amount"], none["spent"], none["budget_status"]) == (None, None, "none")
        body = {"amount": "500.00", "period": "week", "alerts": [1.0, 0.5], "time_zone": "Asia/Kolkata"}
        put = await http.put("/api/budget", json=body)
        assert put.status_code == 200
        assert put.json() == {
            "amount": 500.0, "spent": 0.0, "left": 500.0, "currency": "INR", "period": "week",
            "alerts": [0.5, 1.0], "time_zone": "Asia/Kolkata", "budget_status": "ok",
        }  # fmt: skip
        cart = (await http.post("/api/cart/add", json={"product_id": str(world.products[0].pk)})).json()[
            "cart"
        ]
        assert (cart["budget"]["spent"], cart["budget_status"]) == (100.0, "ok")
        assert (await http.get("/api/cart")).json()["budget"] == cart["budget"]
        assert (await http.get("/api/budget")).json()["left"] == 400.0
        assert (await http.delete("/api/budget")).json()["budget_status"] == "none"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"amount": 0}, "amount", "invalid_amount"),
        ({"amount": -1}, "amount", "invalid_amount"),
        ({"amount": 1e12}, "amount", "invalid_amount"),
        ({"amount": 1.005}, "amount", "too_many_digits"),
        ({"amount": "much"}, "amount", "invalid_field"),
        ({"amount": 5, "period": "year"}, "period", "invalid_field"),
        ({"amount": 5, "alerts": [0]}, "alerts", "invalid"),
        ({"amount": 5, "alerts": [0.8, 0.8]}, "alerts", "invalid"),
        ({"amount": 5, "time_zone": "Mars/Base"}, "time_zone", "invalid"),
        ({"amount": 5, "mood": "good"}, "mood", "unknown_field"),
    ],
)
async def test_what_is_no_budget_is_refused_by_name(
    world: World, server: Server, body: dict[str, Any], field: str, code: str
) -> None:
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        with pytest.raises(CommandRefused) as refused:
            await phone.command("budget.set", **body)
        assert (refused.value.status, list(refused.value.problem["errors"])) == (400, [field])
        assert refused.value.code == code


async def test_an_alert_becomes_one_notification_in_the_ways_that_the_shopper_wants(
    world: World, server: Server
) -> None:
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await phone.command("budget.set", amount=100)
        await phone.command("cart.add", barcode=world.barcode)

    def told() -> list[tuple[str, str]]:
        budget_notifications.notify_due()
        budget_notifications.notify_due()
        rows = Notification.objects.filter(user=world.user(), kind="budget_alert").order_by("created_at")
        return [(row.data["percent"], row.data["amount"]) for row in rows]

    assert sorted(await asyncio.to_thread(told)) == [("100", "100.00 INR"), ("80", "100.00 INR")]


async def test_staff_who_add_for_somebody_see_no_budget(world: World, server: Server) -> None:
    token, staff = await asyncio.to_thread(world.token), await asyncio.to_thread(world.staff)
    async with trolley_client(server, token) as phone, trolley_client(server, staff) as till:
        await phone.command("session.start", trolley_id=world.trolleys[2])
        await phone.command("budget.set", amount=1000)
        added = await till.command("cart.add", barcode=world.barcode, trolley_id=world.trolleys[2])
        assert (added["budget_status"], added["budget"]) == ("none", None)


async def test_a_budget_that_is_set_before_the_shop_is_known_counts_in_its_currency(
    world: World, server: Server
) -> None:
    await asyncio.to_thread(Chain.objects.create, slug="abroad", name="Abroad", currency="EUR")
    await asyncio.to_thread((await server.running()).references.reload)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        assert (await phone.command("budget.set", amount=120))["budget_status"] == "ok"
        await phone.command("session.start", trolley_id=world.trolleys[2])
        assert (await phone.command("cart.add", barcode=world.barcode))["budget"] == NEAR
