"""Suggestions over HTTP and the socket: what is there, in the caller's words, and what they make of it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from core.accounts.models import User
from core.assistant.models import Experiment, Exposure, Feedback
from core.assistant.preferences import preferences
from core.orders.models import OrderItem
from realtime.server import Server
from realtime.testing import CommandRefused, trolley_client
from tests.core.support import order
from tests.realtime.conftest import World


def buy(world: World, user: User, *places: int) -> None:
    """Write an order of these of the world's products as its projection does."""
    row = order(user.pk, branch=world.branch.code, chain_slug=world.chain.slug)
    OrderItem.objects.filter(order_id=row.pk).delete()
    for place in places:
        product = world.products[place]
        OrderItem.objects.create(
            id=f"{row.pk}:{place}", order_id=row.pk, place=place, line_id=f"l{place}", barcode="1",
            product_id=product.pk, name=product.name, quantity=1, unit_price=1, line_total=1,
            price_trace="[]", returned=0,
        )  # fmt: skip


async def test_the_popular_is_suggested_to_somebody_new_and_what_they_buy_again_to_the_others(
    world: World, server: Server
) -> None:
    await asyncio.to_thread(buy, world, await asyncio.to_thread(world.user, "regular"), 0, 1)
    fresh, regular = await asyncio.to_thread(world.token), await asyncio.to_thread(world.token, "regular")
    async with trolley_client(server, fresh) as phone:
        found = await phone.command("recommendations.get", limit=1)
        assert found["model"] is None
        (only,) = found["items"]
        assert (only["type"], only["reason_code"], only["instead_of"]) == ("together", "popular_here", None)
        assert only["reason"] == "Many people buy this here."
        assert 0 <= only["confidence"] <= 1
    async with trolley_client(server, regular) as phone:
        kinds = {each["type"] for each in (await phone.command("recommendations.get"))["items"]}
        assert kinds == {"again"}


async def test_what_is_in_the_cart_or_not_in_this_branchs_stock_is_not_suggested(
    world: World, server: Server
) -> None:
    await asyncio.to_thread(buy, world, await asyncio.to_thread(world.user, "regular"), 0, 1, 2)
    token, staff = await asyncio.to_thread(world.token), await asyncio.to_thread(world.staff)
    product = [str(each.pk) for each in world.products]
    async with trolley_client(server, token) as phone, trolley_client(server, staff) as desk:
        await phone.command("session.start", trolley_id=world.trolleys[2])
        assert (await phone.command("recommendations.get"))["items"] == []
        lines = [{"product_id": product[place], "quantity": 5} for place in (0, 1)]
        await desk.command("stock.receive", branch=world.branch.code, lines=lines)
        await phone.command("cart.add", product_id=product[0])
        found = await phone.command("recommendations.get")
        assert [each["product"]["id"] for each in found["items"]] == [product[1]]


async def test_the_reason_is_in_the_callers_language_and_a_dismissed_product_stays_away(
    world: World, server: Server
) -> None:
    await asyncio.to_thread(buy, world, await asyncio.to_thread(world.user, "regular"), 0)
    await asyncio.to_thread(preferences.put, await asyncio.to_thread(world.user), {"language": "he"})
    token = await asyncio.to_thread(world.token)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(server), base_url="http://localhost",
        headers={"Authorization": f"Bearer {token}"},
    ) as http:  # fmt: skip
        (only,) = (await http.get("/api/recommendations?limit=5")).json()["items"]
        assert only["reason"] == "רבים קונים את זה כאן."
        path = f"/api/recommendations/{only['product']['id']}/feedback"
        for action in ("shown", "added"):
            assert (await http.post(path, json={"action": action})).status_code == 200
        assert len((await http.get("/api/recommendations")).json()["items"]) == 1
        assert (await http.post(path, json={"action": "dismissed"})).json()["action"] == "dismissed"
        assert (await http.get("/api/recommendations")).json()["items"] == []
        for limit in ("0", "51", "many"):
            assert (await http.get(f"/api/recommendations?limit={limit}")).status_code == 400
    kept = await asyncio.to_thread(lambda: sorted(Feedback.objects.values_list("action", flat=True)))
    assert kept == ["added", "dismissed", "shown"]


async def test_who_has_the_variant_without_suggestions_gets_none_and_is_noted_as_the_others_are(
    world: World, server: Server
) -> None:
    await asyncio.to_thread(buy, world, await asyncio.to_thread(world.user, "regular"), 0, 1)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        found = await phone.command("recommendations.get")
        assert found["experiment"] == {"name": "recommender", "variant": "on"}
        assert len(found["items"]) == 2
        for share, variant, count in ((1, "off", 0), (0, "on", 2)):
            await asyncio.to_thread(Experiment.objects.all().delete)
            variants = [{"name": "off", "share": share}, {"name": "on", "share": 1 - share}]
            await asyncio.to_thread(
                Experiment.objects.create, chain=world.chain, name="recommender", variants=variants
            )
            for _ in range(2):
                found = await phone.command("recommendations.get")
            assert found["experiment"] == {"name": "recommender", "variant": variant}
            assert len(found["items"]) == count
            noted = await asyncio.to_thread(lambda: list(Exposure.objects.values_list("variant", flat=True)))
            assert noted == [variant]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"product_id": str(uuid4()), "action": "shown"}, 404),
        ({"product_id": "x", "action": "shown"}, 400),
        ({"product_id": str(uuid4()), "action": "eaten"}, 400),
    ],
)
async def test_feedback_of_nothing_that_was_suggested_is_refused(
    world: World, server: Server, fields: dict[str, Any], status: int
) -> None:
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        with pytest.raises(CommandRefused) as refused:
            await phone.command("recommendations.feedback", **fields)
        assert refused.value.status == status
