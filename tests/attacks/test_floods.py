"""Somebody sends as fast as the wire takes it; it is that somebody who waits, and nobody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest
from httpx import ASGITransport, AsyncClient
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from realtime import server as serving
from realtime.limits.logins import Logins
from realtime.server import Server
from tests.attacks.target import SERVERS, Target, target
from tests.realtime.conftest import World

SETTINGS = {"WS_COMMANDS_PER_SECOND": "20", "WS_FLOOD_S": "2", "ACCOUNT_SOCKETS": "6"}
FLOOD = 4429
GUESSES = 20


@pytest.fixture(scope="module", params=SERVERS)
def shop(
    request: pytest.FixtureRequest, database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    with target(request.param, database, tmp_path_factory.mktemp("shop"), **SETTINGS) as made:
        yield made


def phone(shop: Target, token: str) -> connect:
    return connect(
        f"ws://127.0.0.1:{shop.port}/ws/shopper/",
        additional_headers={"Authorization": f"Bearer {token}"},
        ping_interval=None,
    )


async def flood(socket: ClientConnection) -> tuple[int, int, int]:
    """Send pings until cut off; return how many were answered, how many refused, and the close code."""
    answered = refused = 0

    async def listen() -> None:
        nonlocal answered, refused
        async for text in socket:
            frame = json.loads(text)
            answered += frame.get("ok") is True
            refused += frame.get("ok") is False

    listening = asyncio.create_task(listen())
    try:
        number = 0
        while True:
            number += 1
            await socket.send(f'{{"type":"ping","id":"{number}"}}')
            if number % 50 == 0:
                await asyncio.sleep(0)
    except ConnectionClosed:
        pass
    await asyncio.gather(listening, return_exceptions=True)
    return answered, refused, socket.close_code or 0


async def test_a_flood_is_read_as_fast_as_its_allowance_and_then_cut_off(world: World, shop: Target) -> None:
    token = await asyncio.to_thread(world.token)
    began = perf_counter()
    async with asyncio.timeout(50), phone(shop, token) as socket:
        answered, refused, code = await flood(socket)
    took = perf_counter() - began
    assert code == FLOOD
    # A burst and what came back in the time; of what is over, hardly anything is even answered.
    assert answered <= 20 + 20 * (took + 1)
    assert refused <= 3


async def test_beside_a_flood_a_manager_and_a_probe_are_served(world: World, shop: Target) -> None:
    """Bounded loosely, for the machine is shared; ``make attack`` measures it on a quiet one."""
    manager = await asyncio.to_thread(world.staff, "manager", "manager")
    tokens = [await asyncio.to_thread(world.token, f"flooder{n}") for n in range(5)]

    async def one(token: str) -> None:
        try:
            async with phone(shop, token) as socket:
                await flood(socket)
        except (WebSocketException, OSError):
            pass

    floods = [asyncio.create_task(one(token)) for token in tokens for _ in range(4)]
    try:
        async with phone(shop, manager) as socket:
            for number in range(20):
                async with asyncio.timeout(10):
                    await socket.send(f'{{"type":"ping","id":"m{number}"}}')
                    frame = json.loads(await socket.recv())
                    assert frame["ok"] is True
                    assert (await shop.get("/healthz")).status == 200
    finally:
        for task in floods:
            task.cancel()
        await asyncio.gather(*floods, return_exceptions=True)


async def test_an_account_has_so_many_sockets_and_no_more(world: World, shop: Target) -> None:
    token = await asyncio.to_thread(world.token, "collector")
    open_ones = [await phone(shop, token) for _ in range(6)]
    try:
        for socket in open_ones:
            await socket.send('{"type":"ping","id":"1"}')
            assert json.loads(await asyncio.wait_for(socket.recv(), 20))["ok"] is True
        one_more = await phone(shop, token)
        await asyncio.wait_for(one_more.wait_closed(), 20)
        assert one_more.close_code == FLOOD
    finally:
        for socket in open_ones:
            await socket.close()


async def test_requests_over_the_allowance_are_told_when_to_come_again(world: World, shop: Target) -> None:
    token = await asyncio.to_thread(world.token, "impatient")
    headers = (f"Authorization: Bearer {token}",)
    await shop.get("/api/cart", *headers)
    async with asyncio.timeout(50):
        while (answer := await shop.get("/api/cart", *headers)).status == 200:
            await asyncio.gather(*(shop.get("/api/cart", *headers) for _ in range(60)))
    assert answer.status == 429
    assert "retry-after: 1" in answer.head
    assert 'ratelimit-policy: "requests";q=40;w=1' in answer.head
    assert 'ratelimit: "requests";r=0;t=1' in answer.head
    assert json.loads(answer.body)["code"] == "too_many_requests"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """One password is hashed, one looked up, and three wait."""
    monkeypatch.setattr(serving, "Logins", lambda *_: Logins(1, 3))


async def test_a_crowd_of_guessers_never_comes_to_django(narrow: None, server: Server) -> None:
    """They cost no thread and no connection to the database; everything else is served as ever."""
    transport = ASGITransport(app=server)  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url="http://localhost") as http:
        guesses = [
            http.post("/api/v1/auth/token/", json={"username": f"owner{number}", "password": "a wrong one"})
            for number in range(GUESSES)
        ]
        answers = await asyncio.gather(*guesses)
        assert (await http.get("/api/me")).status_code == 401
    busy = [answer for answer in answers if answer.status_code == 503]
    assert len(busy) == GUESSES - 5
    assert {(each.json()["code"], each.headers["Retry-After"]) for each in busy} == {("logins_busy", "5")}
    assert {answer.status_code for answer in answers} == {401, 503}
