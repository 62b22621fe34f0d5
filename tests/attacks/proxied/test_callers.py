"""Throttles know the caller behind a trusted proxy, and believe nobody else's X-Forwarded-For."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.attacks.target import SERVERS, Answer, Line, target
from tests.system.store import ROOT

PROXY = "127.0.0.10"
"""A loopback address, like all callers here; it alone is trusted."""
GUESSES = 3
FEW = {
    "TRUSTED_PROXIES": PROXY,
    "ADDRESS_CODES_PER_MINUTE": "9",  # a code that names nothing counts as three
    "AUTH_FAILURE_RATE": f"{GUESSES}/hour",
}


Attempt = Callable[..., Coroutine[Any, Any, int]]


class Shop(NamedTuple):
    """The ports of a server and of the proxy in front of it."""

    server: int
    proxy: int


@pytest.fixture(scope="module", params=SERVERS)
def shop(
    request: pytest.FixtureRequest, database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with target(request.param, database, tmp_path_factory.mktemp("shop"), **FEW) as server:
        command = [sys.executable, "-m", "tests.attacks.proxied.reverse_proxy", PROXY, str(server.port)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as proxy:
            assert proxy.stdout is not None
            yield Shop(server.port, int(proxy.stdout.readline()))
            proxy.terminate()


async def ask(port: int, caller: str, request: str, *headers: str, body: str = "") -> Answer:
    """Send one request from an address of this machine."""
    line = Line(*await asyncio.open_connection("127.0.0.1", port, local_addr=(caller, 0)))
    fields = ("Host: localhost", "Connection: close", f"Content-Length: {len(body)}", *headers)
    line.send("\r\n".join((f"{request} HTTP/1.1", *fields, "", body)).encode())
    try:
        return await line.answer()
    finally:
        await line.close()


async def try_code(port: int, caller: str, *headers: str) -> int:
    """Try an exit code that there is none of, in front of Django; return the status."""
    return (await ask(port, caller, "GET /x/7K2M-Q0XP-91BD", *headers)).status


async def try_password(port: int, caller: str, *headers: str) -> int:
    """Try a wrong password, in Django; return the status."""
    body = json.dumps({"username": f"nobody-{caller}", "password": "a wrong one"})
    kind = "Content-Type: application/json"
    return (await ask(port, caller, "POST /api/auth/token", kind, *headers, body=body)).status


@pytest.mark.parametrize(("attempt", "failed"), [(try_code, 404), (try_password, 401)])
async def test_callers_behind_the_proxy_are_counted_each_by_themselves(
    shop: Shop, attempt: Attempt, failed: int
) -> None:
    tried = [await attempt(shop.proxy, "127.0.1.1") for _ in range(GUESSES + 1)]
    assert tried == [failed] * GUESSES + [429]
    assert await attempt(shop.proxy, "127.0.1.2") == failed


@pytest.mark.parametrize(("attempt", "failed"), [(try_code, 404), (try_password, 401)])
async def test_what_a_caller_writes_before_the_proxy_is_not_believed(
    shop: Shop, attempt: Attempt, failed: int
) -> None:
    spoofed = [f"X-Forwarded-For: 192.0.2.{number}" for number in range(GUESSES)]
    tried = [await attempt(shop.proxy, "127.0.2.1", header) for header in spoofed]
    assert tried == [failed] * GUESSES
    assert await attempt(shop.proxy, "127.0.2.1", f"X-Forwarded-For: 192.0.2.99, {PROXY}") == 429


@pytest.mark.parametrize(("attempt", "failed"), [(try_code, 404), (try_password, 401)])
async def test_without_the_proxy_nothing_of_the_kind_is_believed(
    shop: Shop, attempt: Attempt, failed: int
) -> None:
    spoofed = [f"X-Forwarded-For: 192.0.2.{number}" for number in range(GUESSES + 1)]
    tried = [await attempt(shop.server, "127.0.3.1", header) for header in spoofed]
    assert tried == [failed] * GUESSES + [429]
