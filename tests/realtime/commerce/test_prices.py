"""Prices over both transports: the preview, quotes after a rule changed, vouchers."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from core.catalogue.models import PriceRule, Variant, Voucher
from realtime.server import Server
from realtime.testing import CommandRefused, trolley_client
from tests.realtime.conftest import World, make_world

NOBODYS = UUID(int=0)


def _client(server: Server, token: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


def _rules(world: World) -> Variant:
    chain = world.chain
    world.products[0].price = 500
    world.products[0].save()
    PriceRule.objects.create(chain=chain, name="Many", kind="quantity", value=10, min_quantity=10)
    PriceRule.objects.create(chain=chain, name="Gold", kind="tier", value=15, tier="GOLD")
    return Variant.objects.create(product=world.products[0], name="Family", price_adjustment=50)


async def _changed(server: Server) -> None:
    await asyncio.to_thread((await server.running()).references.reload)


async def test_the_vector_of_the_contract_over_http(world: World, server: Server) -> None:
    family = await asyncio.to_thread(_rules, world)
    await _changed(server)
    path = f"/api/pricing/{world.products[0].pk}/price"
    async with _client(server, await asyncio.to_thread(world.token)) as http:
        answer = await http.get(f"{path}?quantity=10&variant_id={family.pk}&user_tier=GOLD")
        assert answer.status_code == 200
        body = answer.json()
        assert b'"final_unit_price":420.75,"total":4207.50,' in answer.content
        assert (body["base_price"], body["variant_adjustment"]) == (500, 50)
        assert (body["quantity_discount"], body["tier_discount"]) == (55, 74.25)
        assert [step["rule"] for step in body["trace"]] == [
            "base",
            "variant:Family",
            "quantity:10",
            "tier:GOLD",
        ]
        own = (await http.get(path)).json()
        assert (own["user_tier"], own["final_unit_price"]) == ("STANDARD", 500)


async def test_the_tier_comes_from_the_account(world: World, server: Server) -> None:
    await asyncio.to_thread(_rules, world)
    await _changed(server)
    token = await asyncio.to_thread(world.token, "gold", tier="GOLD")
    async with trolley_client(server, token) as phone:
        await phone.command("session.start", trolley_id=world.trolleys[0])
        added = await phone.command("cart.add", barcode=world.barcode, quantity=10)
        assert added["item"]["unit_price"] == 382.5
        less = await phone.command("cart.set_quantity", item_id=added["item"]["id"], quantity=9)
        assert less["item"]["unit_price"] == 425


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?quantity=0", 400, "invalid_field"), ("?quantity=-1", 400, "invalid_field"),
        ("?quantity=1.5", 400, "invalid_field"), ("?quantity=1000", 400, "invalid_field"),
        ("?user_tier=DIAMOND", 400, "unknown_tier"),
        ("?colour=red", 400, "unknown_field"),
        (f"?variant_id={NOBODYS}", 404, "variant_not_found"),
    ],
)  # fmt: skip
async def test_a_preview_that_makes_no_sense_is_refused(
    world: World, server: Server, query: str, status: int, code: str
) -> None:
    async with _client(server, await asyncio.to_thread(world.token)) as http:
        answer = await http.get(f"/api/pricing/{world.products[0].pk}/price{query}")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert (await http.get(f"/api/pricing/{uuid4()}/price")).status_code == 404


async def test_a_quote_after_a_rule_changed_names_old_and_new_price(world: World, server: Server) -> None:
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await phone.command("session.start", trolley_id=world.trolleys[0])
        await phone.command("cart.add", barcode=world.barcode)
        sale = {"chain": world.chain, "name": "Diwali", "kind": "sale", "value": 20, "branch": world.branch}
        await asyncio.to_thread(lambda: PriceRule.objects.create(**sale))
        await _changed(server)
        quoted = await phone.command("cart.quote")
        assert [(one["old_unit_price"], one["new_unit_price"]) for one in quoted["changes"]] == [(100, 80)]
        assert (await phone.command("cart.quote"))["changes"] == []


async def test_a_voucher_shows_in_the_cart_and_another_tenants_is_not_found(
    world: World, server: Server
) -> None:
    def vouchers() -> None:
        Voucher.objects.create(chain=world.chain, code="TEN", value=10)
        Voucher.objects.create(chain=make_world().chain, code="THEIRS", value=90)

    await asyncio.to_thread(vouchers)
    await _changed(server)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await phone.command("session.start", trolley_id=world.trolleys[0])
        await phone.subscribe("cart")
        await phone.command("cart.add", barcode=world.barcode)
        applied = await phone.command("cart.apply_voucher", code="ten")
        assert applied["cart_total"] == 90
        event: dict[str, Any] = await phone.event("cart")
        while event["name"] != "VouchersChanged":
            event = await phone.event("cart")
        assert event["data"]["vouchers"] == ["TEN"]
        with pytest.raises(CommandRefused) as refused:
            await phone.command("cart.apply_voucher", code="THEIRS")
        assert (refused.value.status, refused.value.code) == (404, "voucher_not_found")
        assert (await phone.command("cart.drop_voucher", code="TEN"))["cart_total"] == 100
