"""A retry, or whoever recorded a request and sends it again, changes nothing a second time."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from core.fleet.models import ClaimCode, Device
from realtime.server import Server
from realtime.testing import trolley_client
from tests.attacks.test_tenants import api
from tests.realtime.conftest import World
from tests.realtime.devices.test_devices import pi

KEY = {"Idempotency-Key": "a-retry"}


async def twice(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> list[httpx.Response]:
    """Send the same request two times at once, and once more."""
    both = await asyncio.gather(*(http.post(path, json=body, headers=KEY) for _ in range(2)))
    return [*both, await http.post(path, json=body, headers=KEY)]


async def test_a_token_rotated_again_by_a_retry_locks_no_pi_out(world: World, server: Server) -> None:
    manager = await asyncio.to_thread(world.staff, "manager", "manager")
    kept = world.device_token()
    async with pi(server, world, kept) as link, api(server, manager) as http:
        await link.hello()
        answers = await twice(http, f"/api/devices/{world.device.pk}/rotate-token", {})
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["device_token"] for answer in answers}) == 1
        device = await asyncio.to_thread(Device.objects.get, pk=world.device.pk)
        assert device.token_version == 2
        await link.send("heartbeat")
        await link.take("heartbeat")
    for token in (kept, answers[0].json()["device_token"]):
        async with pi(server, world, token) as link:
            await link.hello(boot_id="b2")


async def test_a_claim_code_asked_for_again_is_the_same(world: World, server: Server) -> None:
    manager = await asyncio.to_thread(world.staff, "manager", "manager")
    async with api(server, manager) as http:
        answers = await twice(http, f"/api/branches/{world.branch.code}/claim-codes", {})
    assert len({answer.json()["code"] for answer in answers}) == 1
    assert await asyncio.to_thread(ClaimCode.objects.filter(branch=world.branch).count) == 1


@pytest.mark.parametrize("door", ["http", "socket", "both"])
async def test_a_recorded_command_puts_nothing_more_into_a_cart(
    world: World, server: Server, door: str
) -> None:
    token = await asyncio.to_thread(world.token)
    body = {"barcode": world.barcode}
    async with trolley_client(server, token) as phone, api(server, token) as http:
        for number in range(6):
            if door == "http" or (door == "both" and number % 2):
                answer = await http.post("/api/cart/add", json=body, headers=KEY)
                assert answer.status_code == 200
            else:
                await phone.command("cart.add", id=KEY["Idempotency-Key"], **body)
        assert (await http.get("/api/cart")).json()["total_items"] == 1


async def test_anothers_key_is_ones_own(world: World, server: Server) -> None:
    manager = await asyncio.to_thread(world.staff, "manager", "manager")
    other = await asyncio.to_thread(world.staff, "other", "manager")
    path = f"/api/branches/{world.branch.code}/claim-codes"
    codes = []
    for token in (manager, other):
        async with api(server, token) as http:
            codes.append((await http.post(path, json={}, headers=KEY)).json()["code"])
    assert len(set(codes)) == 2
