"""Who must not notice: a manager who takes a trolley in and out of service, and the prober of /healthz."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from bench.load.plan import quantile

_PAUSE_S = 0.02
_PATIENCE_S = 30.0


class Waited(msgspec.Struct, frozen=True):
    """How long somebody waited, in milliseconds; ``failures`` are answers that were none."""

    asked: int
    p50: float
    p99: float
    most: float
    failures: int


async def manager(host: str, port: int, token: str, trolley: str, until: asyncio.Event) -> Waited:
    """Give one command after the other over a socket until ``until``."""
    address = f"ws://{host}:{port}/ws/shopper/"
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(address, additional_headers=headers, ping_interval=None) as socket:
        number = 0

        async def order() -> bool:
            nonlocal number
            number += 1
            return await _command(socket, f"m{number}", trolley, number % 2 == 1)

        return await _repeated(order, until)


async def _command(socket: ClientConnection, name: str, trolley: str, on: bool) -> bool:
    order = {"type": "trolley.maintenance", "id": name, "trolley_id": trolley, "on": on}
    await socket.send(json.dumps(order))
    while True:
        frame = json.loads(await socket.recv())
        if frame.get("id") == name:
            return bool(frame["ok"])


async def prober(host: str, port: int, until: asyncio.Event) -> Waited:
    """Ask for /healthz until ``until``, on a new connection each time as a load balancer does."""
    request = f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()

    async def probe() -> bool:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(request)
            return b" 200 " in (await reader.readline())
        finally:
            writer.close()

    return await _repeated(probe, until)


async def _repeated(ask: Callable[[], Awaitable[bool]], until: asyncio.Event) -> Waited:
    took: list[float] = []
    failures = 0
    while not until.is_set():
        began = time.perf_counter()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                failures += not await ask()
        except (OSError, TimeoutError):
            failures += 1
        took.append(1000 * (time.perf_counter() - began))
        await asyncio.sleep(_PAUSE_S)
    ordered = sorted(took)
    return Waited(len(took), quantile(ordered, 0.5), quantile(ordered, 0.99), ordered[-1], failures)
