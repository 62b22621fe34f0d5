"""What somebody has just made or changed is there for the next thing that they do."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx

from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.conftest import World


def http(server: Server, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(server),
        base_url="http://localhost",
        headers={"authorization": f"Bearer {token}"},
    )


async def test_a_new_product_is_sold_and_a_new_price_counts_at_once(world: World, server: Server) -> None:
    manager = await asyncio.to_thread(world.staff, "manager", "manager", True)
    async with trolley_client(server, manager) as phone, http(server, manager) as api:
        await phone.command("session.start", trolley_id=world.trolleys[0])
        for number in range(8):
            body = {"barcode": f"NEW-{number}", "name": f"New {number}", "price": 10 + number}
            made = await api.post("/api/products", json={**body, "chain": world.chain.slug})
            assert made.status_code == 201, made.text
            line = await phone.command("cart.add", barcode=f"NEW-{number}")
            assert line["item"]["unit_price"] == Decimal(10 + number)
            path = f"/api/products/{made.json()['id']}"
            tagged = {"if-match": made.headers["etag"]}
            assert (await api.patch(path, json={"price": 5}, headers=tagged)).status_code == 200
            await phone.command("cart.clear")
            line = await phone.command("cart.add", barcode=f"NEW-{number}")
            assert line["item"]["unit_price"] == 5
            await phone.command("cart.clear")


async def test_what_is_not_sold_any_more_is_not_added(world: World, server: Server) -> None:
    manager = await asyncio.to_thread(world.staff, "manager", "manager", True)
    product = world.products[0]
    async with http(server, manager) as api:
        started = await api.post("/api/session/qr-scan", json={"trolley_id": world.trolleys[0]})
        assert started.status_code == 201, started.text
        for active, status in ((False, 400), (True, 201), (False, 400)):
            path = f"/api/products/{product.pk}"
            tagged = {"if-match": (await api.get(path)).headers["etag"]}
            changed = await api.patch(path, json={"is_active": active}, headers=tagged)
            assert changed.status_code == 200, changed.text
            added = await api.post("/api/cart/items", json={"product_id": str(product.pk)})
            assert added.status_code == status, added.text


async def test_who_only_reads_waits_for_nothing(world: World, server: Server, monkeypatch: Any) -> None:
    token = await asyncio.to_thread(world.token)
    running = await server.running()
    waited: list[float] = []
    monkeypatch.setattr(running.references, "wait", waited.append)
    async with http(server, token) as api:
        assert (await api.get("/api/products")).status_code == 200
    assert waited == []
