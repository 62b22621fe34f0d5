"""Pages of other origins: which may open a socket, and which may read what the hot routes answer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest
from channels.testing import WebsocketCommunicator

from realtime.server import Server
from realtime.shared import Shared
from realtime.sockets.routing import Websockets
from tests.realtime.conftest import World

HOME = "http://localhost:8000"
FRIEND = "https://shop.example"
AWAY = [
    "https://evil.example",
    "https://shop.example.evil.example",
    "https://evil.example/https://shop.example",
    "http://shop.example",
    "https://shop.example:8443",
    "https://SHOP.example.",
    "null",
    "",
]
PATHS = ["/ws/shopper/", "/ws/device/", "/ws/branch/B-1/", "/ws/chain/c/"]


async def opened(server: Server, path: str, token: str, origin: str | None) -> bool:
    """Return whether the handshake is accepted, before anybody looks at the token."""
    running = await server.running()
    shared: Shared = replace(running.shared, allowed_origins=frozenset({HOME, FRIEND}))
    headers = [(b"authorization", f"Bearer {token}".encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    communicator = WebsocketCommunicator(Websockets(shared), path, headers)
    try:
        return bool((await communicator.connect(30))[0])
    finally:
        await communicator.disconnect(timeout=30)


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_of_another_origin_opens_no_socket_even_with_a_token(
    world: World, server: Server, path: str
) -> None:
    token = await asyncio.to_thread(world.token)
    for origin in AWAY:
        assert not await opened(server, path, token, origin), origin


async def test_own_pages_named_origins_and_programs_open_sockets(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    for origin in (HOME, FRIEND, None):
        assert await opened(server, "/ws/shopper/", token, origin), origin


def _api(server: Server, token: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


async def test_a_page_elsewhere_reads_no_cart(world: World, server: Server, settings: Any) -> None:
    settings.CORS_ORIGINS = settings.CORS_ALLOWED_ORIGINS = [FRIEND]
    token = await asyncio.to_thread(world.token)
    async with _api(server, token) as http:
        for origin in AWAY:
            for answer in (
                await http.get("/api/cart", headers={"Origin": origin}),
                await http.post("/api/cart/add", json={"barcode": "nothing"}, headers={"Origin": origin}),
                await http.options(
                    "/api/cart/add", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
                ),
            ):
                assert "access-control-allow-origin" not in answer.headers, origin
                assert "origin" in answer.headers["vary"].lower()


async def test_a_named_page_reads_answers_and_refusals_and_never_sends_cookies(
    world: World, server: Server, settings: Any
) -> None:
    settings.CORS_ORIGINS = settings.CORS_ALLOWED_ORIGINS = [FRIEND]
    token = await asyncio.to_thread(world.token)
    async with _api(server, token) as http:
        for answer in (
            await http.get("/api/cart", headers={"Origin": FRIEND}),
            await http.post("/api/cart/add", json={"barcode": "nothing"}, headers={"Origin": FRIEND}),
            await http.get("/api/nothing", headers={"Origin": FRIEND}),
        ):
            assert answer.headers["access-control-allow-origin"] == FRIEND
            assert "access-control-allow-credentials" not in answer.headers


async def test_without_named_origins_nothing_is_said_of_them(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with _api(server, token) as http:
        answer = await http.get("/api/cart", headers={"Origin": FRIEND})
    assert not [name for name in answer.headers if name.startswith("access-control")]
