"""One socket of ``trolley.v1`` to a real server, for tests that talk step by step."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.system.store import Store
from tests.system.walkers import WITHIN_S

Frame = dict[str, Any]


class Talk:
    """An open socket; frames that nobody has waited for yet are kept."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._kept: list[Frame] = []

    async def next(self, wanted: Callable[[Frame], bool], what: str) -> Frame:
        """Return the oldest frame that fits, come or still to come."""
        for frame in self._kept:
            if wanted(frame):
                self._kept.remove(frame)
                return frame
        try:
            async with asyncio.timeout(WITHIN_S):
                while True:
                    frame = json.loads(await self._socket.recv())
                    if wanted(frame):
                        return frame
                    self._kept.append(frame)
        except TimeoutError:
            raise AssertionError(f"{what} never came; came: {self._kept}") from None

    async def ask(self, name: str, **fields: Any) -> Any:
        """Send a command and return its reply's data; fails if it is refused."""
        id_ = str(uuid4())
        await self._socket.send(json.dumps({"id": id_, "type": name, **fields}))
        reply = await self.next(
            lambda frame: frame["type"] == "reply" and frame["id"] == id_, f"{name}'s reply"
        )
        assert reply["ok"], reply
        return reply["data"]

    async def follow(self, topic: str, epoch: str | None = None, offset: int | None = None) -> Frame:
        """Follow a topic; return its snapshot, or how it was resumed."""
        await self.ask("subscribe", topic=topic, epoch=epoch, offset=offset)
        return await self.next(
            lambda frame: frame["type"] in ("snapshot", "subscribed") and frame["topic"] == topic, topic
        )

    async def event(self, topic: str, name: str) -> Frame:
        """Return the topic's next event of that name."""
        return await self.next(
            lambda frame: frame["type"] == "event" and (frame["topic"], frame["name"]) == (topic, name), name
        )


@asynccontextmanager
async def talk(store: Store, path: str, token: str) -> AsyncIterator[Talk]:
    """Open a socket as a browser does."""
    protocols = [Subprotocol("trolley.v1"), Subprotocol(f"bearer.{token}")]
    async with connect(store.socket_url(path), subprotocols=protocols, compression=None) as socket:
        yield Talk(socket)
