"""A shopper at the till of the server under test, for whoever tests what follows."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from actors.kit.decider import Look
from actors.runtime.address import Address
from realtime.server import Server
from realtime.testing import TrolleyClient
from tests.realtime.conftest import World

GOOD = "4242424242424242"
DECLINED = "4000000000000002"
ASKS = "4000002500003155"
TIMES_OUT = "4000000000000119"
LATE = "4000000000000259"
TWICE = "4000000000000341"
FIRST = "4000000000000408"


def http(server: Server, token: str = "") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


async def stocked(server: Server, world: World, units: int = 10) -> None:
    """Let staff take in so many units of every product."""
    lines = [{"product_id": str(product.pk), "quantity": units} for product in world.products]
    async with http(server, await asyncio.to_thread(world.staff)) as staff:
        answer = await staff.post(f"/api/branches/{world.branch.code}/stock/receive", json={"lines": lines})
        assert answer.status_code == 201, answer.text


async def level(server: Server, world: World, place: int = 0) -> tuple[int, int]:
    """On hand and reserved, once nothing is under way."""
    running = await server.owner()
    await running.settled()
    state = (await running.host.system.ask(Address("stock", world.branch.code), Look())).state
    at = state.level(str(world.products[place].pk))
    return at.on_hand, at.reserved


async def state_of(server: Server, kind: str, key: str) -> Any:
    """The state of an entity, once nothing is under way."""
    running = await server.owner()
    await running.settled()
    return (await running.host.system.ask(Address(kind, key), Look())).state


async def shopping(phone: TrolleyClient, world: World, quantity: int = 2) -> dict[str, Any]:
    started: dict[str, Any] = await phone.command("session.start", trolley_id=world.trolleys[0])
    await phone.command("cart.add", product_id=str(world.products[0].pk), quantity=quantity)
    return started
