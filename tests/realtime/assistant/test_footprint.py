"""What the cart says of the climate, and what it offers in a line's place."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx
from msgspec.structs import replace

from core.assistant.preferences import preferences
from core.catalogue.live.catalogue import Catalogue
from core.catalogue.models import Category, Product
from realtime.server import Server
from realtime.views.footprint import footprint
from tests.domain.trolley.test_cart_lines import line
from tests.realtime.conftest import World

NAMES = ("Cow milk, 1 l", "Oat milk, 1 l", "Milk cream")


def dairy(world: World) -> list[str]:
    """Give the world's products kinds, footprints and scores; return their ids."""
    shelf = Category.objects.create(chain=world.chain, slug="dairy", name="Dairy")
    facts: tuple[dict[str, Any], ...] = (
        {"carbon_footprint": Decimal("1.250"), "sustainability_score": 40, "price": Decimal("60.00")},
        {"carbon_footprint": Decimal("0.400"), "sustainability_score": 81, "price": Decimal("80.00")},
        {"carbon_footprint": Decimal("0.001")},
    )
    for product, name, more in zip(world.products, NAMES, facts, strict=True):
        Product.objects.filter(pk=product.pk).update(name=name, category=shelf, version=9, **more)
    return [str(product.pk) for product in world.products]


async def read(world: World, server: Server, *goods: tuple[str, int]) -> dict[str, Any]:
    token = await asyncio.to_thread(world.token)
    await asyncio.to_thread((await server.running()).references.reload)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(server), base_url="http://localhost",
        headers={"Authorization": f"Bearer {token}"},
    ) as http:  # fmt: skip
        for product_id, quantity in goods:
            body = {"product_id": product_id, "quantity": quantity}
            assert (await http.post("/api/cart/add", json=body)).status_code == 200
        found: dict[str, Any] = (await http.get("/api/cart")).json()
        return found


async def test_a_cart_sums_its_footprint_and_offers_what_is_greener(world: World, server: Server) -> None:
    cow, oat, butter = await asyncio.to_thread(dairy, world)
    cart = await read(world, server, (cow, 2), (butter, 1))
    assert (cart["carbon_kg"], cart["sustainability_score"]) == (2.501, 40)
    swap, none = (item["swap"] for item in cart["items"])
    assert (swap["product"]["id"], none) == (oat, None)
    assert (swap["carbon_saved_kg"], swap["price_difference"]) == (1.7, 40.0)


async def test_what_is_greener_suits_its_shopper_or_is_not_offered(world: World, server: Server) -> None:
    cow, _, _ = await asyncio.to_thread(dairy, world)
    user = await asyncio.to_thread(world.user)
    await asyncio.to_thread(preferences.put, user, {"diet": ["organic"]})
    assert (await read(world, server, (cow, 1)))["items"][0]["swap"] is None


async def test_of_goods_of_which_nothing_is_known_nothing_is_said(world: World, server: Server) -> None:
    cart = await read(world, server, (str(world.products[0].pk), 1))
    assert (cart["carbon_kg"], cart["sustainability_score"], cart["items"][0]["swap"]) == (None, None, None)


def test_the_mean_is_of_units_with_halves_up_and_a_weighed_piece_counts_by_its_weight(
    database: object, world: World
) -> None:
    dairy(world)
    catalogue = Catalogue(world.chain.slug)
    catalogue.reload()
    cow, oat = (catalogue.by_id(str(product.pk)) for product in world.products[:2])
    assert cow is not None
    assert oat is not None
    lines = [line("cow", 1), line("oat", 1)]
    find = {"product-cow": cow, "product-oat": oat}.get
    assert footprint(lines, find) == (Decimal("1.650"), 61)
    weighed = replace(lines[0], weight_g=250)
    assert footprint([weighed], find)[0] == Decimal("0.312")
