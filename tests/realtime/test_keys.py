"""A chain's key gives commands of its scopes over HTTP, and has neither a cart nor a socket."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
from django.utils import timezone

from core.apikeys import keys
from core.apikeys.models import ApiKey
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.conftest import World


def _key(world: World) -> str:
    world.staff("boss", "chain_admin", True)
    secret = keys.new_secret()
    ApiKey.objects.create(
        chain=world.chain, owner=world.user("boss"), name="ERP", scopes=["stock.manage"],
        digest=keys.digest(secret), expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    return secret


async def test_a_key_delivers_goods_and_does_nothing_else(world: World, server: Server) -> None:
    await server.running()
    secret = await asyncio.to_thread(_key, world)
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost", headers={"Authorization": f"Api-Key {secret}"}
    ) as machine:
        path = f"/api/branches/{world.branch.code}"
        goods = {"lines": [{"product_id": str(world.products[0].pk), "quantity": 5}]}
        assert (await machine.post(f"{path}/stock/receive", json=goods)).status_code == 201
        unlock = await machine.post(f"{path}/carts/1/unlock", json={"reason": "why not"})
        assert unlock.status_code == 403
        assert (await machine.get("/api/cart")).status_code == 403
        machine.headers["Authorization"] = "Api-Key stk_nobody"
        assert (await machine.post(f"{path}/stock/receive", json=goods)).status_code == 401
    async with trolley_client(server, secret) as socket:
        assert await socket.closed() == 4401
