"""What a socket does that is not read for a while, and one that is being closed; over a transport by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from bench.attack.flood import frame
from realtime.limits.uvicorn import LimitedWebSocket

HANDSHAKE = (
    b"GET /ws/shopper/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
CLOSE = b"\x88\x82\0\0\0\0\x03\xe8"


class Wire(asyncio.Transport):
    """A transport that keeps what was written, and whether it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.reading = True
        self.closed = asyncio.Event()

    def write(self, data: Any) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return self.closed.is_set()

    def close(self) -> None:
        self.closed.set()


class Held:
    """An application that takes messages as the test lets it."""

    def __init__(self) -> None:
        self.asked = asyncio.Queue[str]()
        self.got: list[Any] = []
        self.did = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while await self.asked.get() == "take":
            self.got.append(await receive())
            self.did.set()
        await send({"type": "websocket.close", "code": 4429})
        self.did.set()
        await asyncio.Event().wait()

    async def do(self, order: str) -> None:
        self.did.clear()
        self.asked.put_nowait(order)
        await self.did.wait()


class Opened:
    def __init__(self, app: Held) -> None:
        self.app = app
        config = Config(app, ws_ping_interval=None, ws_ping_timeout=0.01, lifespan="off", log_config=None)
        config.load()
        self.socket = LimitedWebSocket(config, ServerState(), {})
        self.wire = Wire()
        self.socket.connection_made(self.wire)


@pytest.fixture
async def opened() -> AsyncIterator[Opened]:
    made = Opened(Held())
    made.socket.data_received(HANDSHAKE)
    while b"101" not in made.wire.written:
        await asyncio.sleep(0)
    yield made
    made.socket.connection_lost(None)
    for task in made.socket.tasks:
        task.cancel()


async def test_many_frames_are_parsed_a_few_at_a_time_and_all_arrive_in_order(opened: Opened) -> None:
    data = b"".join(frame(b"%05d" % number) for number in range(2000))
    opened.socket.data_received(data[:5001])
    opened.socket.data_received(data[5001:])
    assert not opened.wire.reading
    assert opened.socket.queue.qsize() < 100
    for _ in range(2000):
        await opened.app.do("take")
    assert [each["text"] for each in opened.app.got] == [f"{number:05}" for number in range(2000)]
    assert opened.wire.reading


async def test_who_is_not_read_is_not_missed_for_a_pong_that_nobody_could_hear(opened: Opened) -> None:
    opened.socket.data_received(frame(b"x" * 100) * 100)
    opened.socket.ping_interval = 0.0
    opened.socket.send_keepalive_ping()
    for _ in range(5):
        opened.socket.keepalive_timeout()
    assert not opened.wire.closed.is_set()
    for _ in range(100):
        await opened.app.do("take")
    opened.socket.keepalive_timeout()
    assert opened.wire.closed.is_set()


async def test_a_goodbye_that_is_answered_ends_the_connection_at_once(opened: Opened) -> None:
    await opened.app.do("close")
    opened.socket.data_received(frame(b"on its way") + CLOSE)
    assert opened.wire.closed.is_set()


async def test_a_flood_that_was_cut_off_is_neither_read_nor_kept(opened: Opened) -> None:
    opened.socket.data_received(frame(b"x" * 100) * 1000)
    await opened.app.do("close")
    assert not opened.wire.reading
    for _ in range(10):
        opened.socket.data_received(frame(b"x" * 100) * 1000)
    assert len(opened.socket._ahead) == 0
    async with asyncio.timeout(30):
        await opened.wire.closed.wait()


async def test_a_flood_that_begins_at_the_goodbye_is_heard_for_a_moment_only(opened: Opened) -> None:
    await opened.app.do("close")
    for _ in range(10):
        opened.socket.data_received(frame(b"x" * 100) * 1000)
    assert not opened.wire.reading
    async with asyncio.timeout(30):
        await opened.wire.closed.wait()
