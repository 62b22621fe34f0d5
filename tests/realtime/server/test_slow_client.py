"""A client that does not read is cut off with 4408; nobody else is slowed."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from websockets.asyncio.client import connect

from actors.runtime import Address
from realtime.server import Server, limits
from realtime.topics.hub import SendQueue, encoded_event
from realtime.wire import Event, encode
from tests.realtime.conftest import World
from tests.realtime.serving import Sluggard, served

EVENTS = 400


@pytest.fixture
def options() -> dict[str, Any]:
    return {"limits": replace(limits(), max_queue_bytes=1024 * 1024, close_deadline_s=30.0)}


async def _read_all(port: int, token: str, ready: asyncio.Event) -> int:
    """Follow the cart, reading all the time; return the last offset, before which there was no gap."""
    headers = {"Authorization": f"Bearer {token}"}
    url = f"ws://127.0.0.1:{port}/ws/shopper/"
    async with connect(url, additional_headers=headers, compression=None) as socket:
        await socket.send(json.dumps({"id": "s", "type": "subscribe", "topic": "cart"}))
        last = -1
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] == "snapshot":
                last = frame["offset"]
                ready.set()
            elif frame["type"] == "event":
                assert frame["offset"] == last + 1
                last = frame["offset"]
                if last == EVENTS:
                    return last
    raise AssertionError("the socket was closed")


async def test_who_does_not_read_is_cut_off_and_nobody_else_is_slowed(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    running = await server.owner()
    stream = Address("cart", str(world.user().pk))
    async with served(server) as port:
        slow = await Sluggard.connect(port, token, "/ws/shopper/")
        slow.send(json.dumps({"id": "s", "type": "subscribe", "topic": "cart"}))
        await slow.frame()
        slow.stop_reading()
        ready = asyncio.Event()
        fast = asyncio.create_task(_read_all(port, token, ready))
        await asyncio.wait_for(ready.wait(), 90)
        assert len(running.topics.hub.members(stream)) == 2
        for offset in range(1, EVENTS + 1):
            frame = Event("cart", offset, "ItemAdded", "2026-01-01T00:00:00.000Z", "x" * 32_000)
            running.topics.hub.deliver(
                stream, encoded_event(running.host.journal.stream_epoch, offset, "ItemAdded", encode(frame))
            )
            await asyncio.sleep(0)
        assert await asyncio.wait_for(fast, 90) == EVENTS
        assert not running.topics.hub.members(stream)
        slow.start_reading()
        assert await asyncio.wait_for(slow.close_code(), 90) == 4408
        slow.close()


class FullTransport:
    """An ASGI send that takes ``room`` messages and then waits until it is told to go on."""

    def __init__(self, room: int) -> None:
        self.sent: list[str] = []
        self._room = room
        self.writable = asyncio.Event()

    async def __call__(self, message: Any) -> None:
        if len(self.sent) >= self._room:
            await self.writable.wait()
        self.sent.append(message["text"])


async def test_an_outbox_keeps_the_order_when_the_transport_was_full() -> None:
    transport = FullTransport(2)
    outbox = SendQueue(transport, 1000, lambda: None)
    for number in range(5):
        outbox.text(str(number))
    assert (transport.sent, outbox.waiting) == (["0", "1"], 3)
    transport.writable.set()
    while outbox.waiting:
        await asyncio.sleep(0)
    outbox.text("5")
    assert transport.sent == ["0", "1", "2", "3", "4", "5"]


async def test_an_outbox_over_its_limit_says_so_once_and_forgets() -> None:
    transport = FullTransport(0)
    said: list[str] = []
    outbox = SendQueue(transport, 10, lambda: said.append("slow"))
    for _ in range(10):
        outbox.text("four")
    assert said == ["slow"]
    assert outbox.waiting == 0


async def test_an_outbox_notices_that_the_client_is_gone() -> None:
    async def gone(message: Any) -> None:
        raise ConnectionError

    said: list[str] = []
    outbox = SendQueue(gone, 10, lambda: None, lambda: said.append("lost"))
    outbox.text("a")
    outbox.text("b")
    assert said == ["lost"]
