"""Text that no store can keep, at every door: refused in words, nothing breaks, nobody else is hit."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from realtime.server import Server
from realtime.testing import trolley_client
from tests.attacks.test_tenants import api
from tests.realtime.conftest import World
from tests.realtime.devices.test_devices import pi

DEEP = "[" * 20_000 + "]" * 20_000
VALUES = {
    "NUL": '"a\\u0000b"',
    "a lone surrogate": '"\\ud800"',
    "a surrogate pair in the wrong order": '"\\udc00\\ud800"',
    "twenty thousand levels": DEEP,
    "a million digits": "9" * 60_000,
    "a large exponent": "1e999999999",
    "NaN": "NaN",
    "infinity": "-Infinity",
    "nothing": "",
}
DOORS = [
    ("POST", "/api/auth/token", '{"username": %s, "password": "p"}'),
    ("POST", "/api/auth/register", '{"username": %s, "password": "seven wild geese"}'),
    ("POST", "/api/auth/token/refresh", '{"refresh": %s}'),
    ("POST", "/api/devices/register", '{"mac_address": %s}'),
    ("POST", "/api/cart/add", '{"barcode": %s}'),
    ("POST", "/api/session/qr-scan", '{"trolley_id": %s}'),
    ("POST", "/api/help", '{"words": %s}'),
    ("POST", "/api/payments/create-from-cart", '{"billing_address": {"city": %s}}'),
    ("PATCH", "/api/me", '{"email": %s}'),
]


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
async def test_what_no_store_can_keep_is_refused_by_every_route(
    world: World, server: Server, value: str
) -> None:
    token = await asyncio.to_thread(world.token)
    async with api(server, token) as http:
        for method, path, body in DOORS:
            headers = {"Content-Type": "application/json"}
            answer = await http.request(method, path, content=body % value, headers=headers)
            assert answer.status_code in (400, 404), (path, answer.status_code, answer.text[:300])
            assert answer.headers["content-type"] == "application/problem+json", path


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
async def test_a_socket_refuses_it_and_goes_on(world: World, server: Server, value: str) -> None:
    token = await asyncio.to_thread(world.staff)
    async with trolley_client(server, token) as desk:
        for frame in (
            '{"id": "1", "type": "cart.add", "barcode": %s}',
            '{"id": %s, "type": "ping"}',
            '{"id": "1", "type": %s}',
            '{"id": "1", "type": "subscribe", "topic": %s}',
            '{"id": "1", "type": "help.call", "words": %s}',
        ):
            await desk.send(frame % value)
            reply = await desk.next(lambda frame: frame["type"] == "reply")
            assert reply["ok"] is False
            assert reply["problem"]["status"] in (400, 404), reply
        assert await desk.command("ping") == {}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
async def test_a_device_that_sends_it_is_told_so_and_goes_on(
    world: World, server: Server, value: str
) -> None:
    async with pi(server, world) as link:
        await link.hello()
        text = f'{{"type": "scan", "seq": 1, "bus": {value}}}'
        await link._communicator.send_input({"type": "websocket.receive", "text": text})
        await link.take("problem")
        await link.send("heartbeat")
        await link.take("heartbeat")


@pytest.mark.parametrize(
    "path",
    [
        "/api/payments/a%00b",
        "/api/trolleys/a%00b",
        "/api/orders?from=0001-01-01T00:00:00%2B14:00",
        "/api/orders?from=9999-12-31T23:59:59-14:00",
        "/api/orders?from=%00",
        "/api/telemetry/branches/{branch}?to=0001-01-01T00:00:00Z",
        "/api/telemetry/devices/{device}?type=%00",
        "/api/products?search=%00",
        "/api/products/export?chain=%00",
        "/t/%00",
        "/x/%00",
        "/branch/%00",
        "/%00",
    ],
)
async def test_an_address_with_it_is_refused_and_no_defect(world: World, server: Server, path: str) -> None:
    token = await asyncio.to_thread(world.staff, "manager", "manager", True)
    async with api(server, token) as http:
        answer = await http.get(path.format(branch=world.branch.code, device=world.device.pk))
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("provider", ["sandbox", "stripe", "razorpay", "paypal", "nobody"])
async def test_a_webhook_with_an_odd_signature_is_refused(server: Server, provider: str) -> None:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    names = ("sandbox-signature", "stripe-signature", "x-razorpay-signature", "paypal-transmission-sig")
    headers: list[tuple[bytes, bytes]] = [(name.encode(), b"\xe9\xff") for name in names]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        for body in (b"{}", b"\xff\xfe", DEEP.encode(), b'{"id": "\\ud800"}'):
            answer = await http.post(f"/api/payments/webhooks/{provider}", content=body, headers=headers)
            assert answer.status_code in (400, 401, 403, 404), (answer.status_code, answer.text[:200])


async def test_a_shopper_who_sends_it_all_the_time_makes_no_others_call_fail(
    world: World, server: Server
) -> None:
    evil, good = [await asyncio.to_thread(world.token, name) for name in ("evil", "good")]
    async with trolley_client(server, evil) as one, trolley_client(server, good) as other:
        await one.command("session.start", trolley_id=world.trolleys[0])
        await other.command("session.start", trolley_id=world.trolleys[1])
        for number in range(20):
            poison = {"id": f"evil-{number}", "type": "help.call", "words": "a\u0000b"}
            await one.send(json.dumps(poison))
            call: dict[str, Any] = await other.command("help.call")
            assert call["alarm_id"]
