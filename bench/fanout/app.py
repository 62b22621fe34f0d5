"""Servers of the fan-out measurement: one event to every connected socket, in three ways.

``FANOUT_WAY`` chooses: ``raw`` calls ``send`` of every socket in a loop, the limit;
``channels`` is a stock consumer with a group of the Redis channel layer, the
usual way; ``hub`` is our own path from a publication to the sockets.
A client writes ``burst 20`` to have twenty events published.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

TROLLEY = {
    "trolley_id": "TROLLEY_01",
    "cart_number": "01",
    "phase": "assigned",
    "custody": "out",
    "assigned_to": "shopper-1",
    "session_id": "0d9c7e8e-5f4f-4b5e-9a62-2b8a3ee0f3aa",
    "since": "2026-01-01T10:00:00.000Z",
    "lock": {"desired": "open", "reported": "open", "at": "2026-01-01T10:00:00.000Z"},
    "cart_total": 1234.5,
    "cart_units": 17,
}


def event(offset: int) -> Message:
    """One event of a branch as the manager's map gets it, not yet encoded."""
    return {
        "type": "event",
        "topic": "branch:BRANCH-001",
        "offset": offset,
        "name": "TrolleyAssigned",
        "at": "2026-01-01T10:00:00.000Z",
        "data": {"trolley": TROLLEY, "counters": {"available": 10, "assigned": 54}},
    }


def asked(message: Message) -> int:
    """How many events a client's frame asks for; 0 for anything else."""
    word, _, count = (message.get("text") or "").partition(" ")
    return int(count) if word == "burst" else 0


class Raw:
    """The limit: encode once, then one ``send`` after the other."""

    def __init__(self) -> None:
        self._sends: list[Send] = []
        self._offset = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        await receive()
        await send({"type": "websocket.accept"})
        self._sends.append(send)
        while (message := await receive())["type"] == "websocket.receive":
            for _ in range(asked(message)):
                self._offset += 1
                frame = {"type": "websocket.send", "text": msgspec.json.encode(event(self._offset)).decode()}
                for each in self._sends:
                    await each(frame)
        self._sends.remove(send)


class Stock(AsyncWebsocketConsumer):  # type: ignore[misc]
    """The usual way: a group of the channel layer, each consumer sends for itself."""

    groups = ["bench"]
    offset = 0

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Publish what was asked for."""
        for _ in range(asked({"text": text_data})):
            Stock.offset += 1
            frame = msgspec.json.encode(event(Stock.offset)).decode()
            await self.channel_layer.group_send("bench", {"type": "bench.event", "text": frame})

    async def bench_event(self, message: Message) -> None:
        """One event of the group."""
        await self.send(text_data=message["text"])


def channels_application() -> Any:
    """The stock consumer on the Redis channel layer."""
    layer = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [os.environ["FANOUT_REDIS"]], "prefix": os.environ["FANOUT_PREFIX"]},
    }
    settings.configure(CHANNEL_LAYERS={"default": layer}, SECRET_KEY="bench", USE_TZ=True)
    return Stock.as_asgi()


def make() -> Any:
    """The application of the way that the environment names."""
    way = os.environ["FANOUT_WAY"]
    if way == "raw":
        return Raw()
    if way == "channels":
        return channels_application()
    from bench.fanout.hub import Hubbed

    return Hubbed()


application = make()
