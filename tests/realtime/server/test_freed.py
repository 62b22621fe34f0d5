"""A connection that is over is freed at once, without waiting for the garbage collector.

A flood opens and loses many; what keeps itself alive until a full collection, which is rare, is memory
that does not come back.
"""

from __future__ import annotations

import asyncio
import gc
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from websockets.server import ServerProtocol

from devicegw import wire
from realtime.limits.uvicorn import LimitedHttp, LimitedWebSocket
from realtime.server import Server, limits
from realtime.sockets.devices import DeviceConsumer
from realtime.sockets.people import BranchConsumer, ShopperConsumer
from realtime.topics.hub import SendQueue
from tests.realtime.conftest import World
from tests.realtime.serving import Sluggard, served

KINDS = (
    LimitedHttp,
    LimitedWebSocket,
    ServerProtocol,
    ShopperConsumer,
    BranchConsumer,
    DeviceConsumer,
    SendQueue,
)
TIMES = 5


@pytest.fixture
def options() -> dict[str, Any]:
    return {"limits": replace(limits(), flood_s=0.05)}


class People(NamedTuple):
    """Tokens."""

    shopper: str
    staff: str
    branch: str
    """Its code."""
    device: str
    device_id: str


def people_of(world: World) -> People:
    return People(world.token(), world.staff(), world.branch.code, world.device_token(), str(world.device.pk))


@contextmanager
def without_collections() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def alive() -> dict[str, int]:
    """How many there are of what a connection is made of."""
    counts = Counter(type(each) for each in gc.get_objects())
    return {kind.__name__: counts[kind] for kind in KINDS if counts[kind]}


@pytest.fixture
async def port(server: Server) -> AsyncIterator[int]:
    async with served(server) as port:
        yield port


async def probe(port: int, who: People) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b" 200 " in await reader.readline()
    await reader.read()
    writer.close()


async def refused(port: int, who: People) -> None:
    client = await Sluggard.connect(port, "nonsense", "/ws/shopper/")
    assert await client.close_code() == 4401
    client.close()


async def watched(port: int, who: People) -> None:
    client = await Sluggard.connect(port, who.staff, f"/ws/branch/{who.branch}/")
    client.send(json.dumps({"id": "s", "type": "subscribe", "topic": f"branch:{who.branch}"}))
    while b'"snapshot"' not in (await client.frame())[1]:
        pass
    client.close()


async def a_pi(port: int, who: People) -> None:
    """It says hello, reports a slot and goes."""
    client = await Sluggard.connect(port, who.device, "/ws/device/")
    slot = wire.SlotState(slot=0, hook="closed", present=True, at=datetime.now(UTC))
    hello = wire.Hello(
        device_id=who.device_id, boot_id=str(uuid4()), firmware="1.0.0", buses=(), slots=(slot,)
    )
    client.send(wire.encode(hello))
    while b'"welcome"' not in (await client.frame())[1]:
        pass
    client.send(wire.encode(wire.Report(seq=1, slot=0, hook="open", present=True, at=slot.at)))
    while b'"ack"' not in (await client.frame())[1]:
        pass
    client.close()


async def gone_without_a_word(port: int, who: People) -> None:
    client = await followed(port, who)
    client.close()


async def cut_off(port: int, who: People) -> None:
    client = await followed(port, who)
    for number in range(200):
        client.send(json.dumps({"id": f"f{number}", "type": "ping"}))
    assert await client.close_code() == 4429
    client.close()


async def followed(port: int, who: People) -> Sluggard:
    """A shopper who follows the cart, and whose command was answered."""
    client = await Sluggard.connect(port, who.shopper, "/ws/shopper/")
    client.send(json.dumps({"id": "s", "type": "subscribe", "topic": "cart"}))
    client.send(json.dumps({"id": "c", "type": "cart.clear"}))
    while b'"reply"' not in (await client.frame())[1]:
        pass
    return client


@pytest.mark.parametrize("use", [probe, refused, watched, a_pi, gone_without_a_word, cut_off])
async def test_a_connection_that_is_over_is_freed_without_a_collection(
    world: World, port: int, use: Any
) -> None:
    who = await asyncio.to_thread(lambda: people_of(world))
    await use(port, who)
    with without_collections():
        for _ in range(TIMES):
            await use(port, who)
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                while alive():
                    await asyncio.sleep(0.05)
        assert alive() == {}
