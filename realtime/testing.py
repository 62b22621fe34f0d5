"""For tests: talk to the server as a shopper's phone does, without a network.

    server = Server(get_asgi_application(), journal=MemoryJournal())
    async with trolley_client(server, token) as phone:
        answer = await phone.command("session.start", trolley_id="TROLLEY_01")
        await phone.subscribe("cart")
        await phone.command("cart.add", barcode="123456789")
        event = await phone.event("cart")
        assert event["name"] == "ItemAdded"

``command`` returns the reply's data and raises CommandRefused with the problem. Frames that
are not the one waited for are kept, so order between topics does not matter.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from channels.testing import WebsocketCommunicator

from realtime.topics.events.cart import UNNUMBERED

WITHIN_S = 60.0
"""How long a frame is waited for."""


class CommandRefused(AssertionError):
    """The server answered a command with a problem document."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem['status']} {problem['code']}: {problem['detail']}")
        self.problem = problem
        self.code: str = problem["code"]
        self.status: int = problem["status"]


class SocketClosed(AssertionError):
    """The server closed the socket."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the socket was closed with {code}")
        self.code = code


class TrolleyClient:
    """One open websocket; see the module."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self.communicator = communicator
        self.kept: deque[dict[str, Any]] = deque()
        """Frames that nobody has waited for yet, oldest first."""

    # --- out -----------------------------------------------------------------

    async def send(self, frame: dict[str, Any] | str) -> None:
        """Send a frame, or a text that need not be one."""
        text = frame if isinstance(frame, str) else json.dumps(frame)
        await self.communicator.send_input({"type": "websocket.receive", "text": text})

    async def begin(self, name: str, **fields: Any) -> str:
        """Send a command without waiting for its reply; return its id."""
        id_ = str(fields.pop("id", uuid4()))
        await self.send({"id": id_, "type": name, **fields})
        return id_

    async def command(self, name: str, **fields: Any) -> Any:
        """Send a command and return its reply's data. Raises CommandRefused."""
        return await self.reply(await self.begin(name, **fields))

    async def subscribe(
        self, topic: str, epoch: str | None = None, offset: int | None = None
    ) -> dict[str, Any]:
        """Follow a topic; return the snapshot, or the ``subscribed`` frame when it was resumed."""
        position = {} if epoch is None else {"epoch": epoch, "offset": offset}
        await self.command("subscribe", topic=topic, **position)
        return await self.next(
            lambda frame: frame["type"] in ("snapshot", "subscribed") and frame["topic"] == topic
        )

    # --- in ------------------------------------------------------------------

    async def frame(self, within_s: float = WITHIN_S) -> dict[str, Any]:
        """Return the next frame as it came. Raises SocketClosed, or TimeoutError."""
        message = await self.communicator.receive_output(within_s)
        if message["type"] == "websocket.close":
            raise SocketClosed(message.get("code", 1000))
        decoded: dict[str, Any] = json.loads(message["text"])
        return decoded

    async def next(
        self, wanted: Callable[[dict[str, Any]], bool], within_s: float = WITHIN_S
    ) -> dict[str, Any]:
        """Return the oldest frame that fits, kept or still to come."""
        for frame in self.kept:
            if wanted(frame):
                self.kept.remove(frame)
                return frame
        while True:
            frame = await self.frame(within_s)
            if wanted(frame):
                return frame
            self.kept.append(frame)

    async def reply(self, id_: str | None) -> Any:
        """Return the data of the reply to ``id_``. Raises CommandRefused."""
        frame = await self.next(lambda each: each["type"] == "reply" and each["id"] == id_)
        if not frame["ok"]:
            raise CommandRefused(frame["problem"])
        return frame["data"]

    async def event(self, topic: str, name: str | None = None) -> dict[str, Any]:
        """Return the topic's next event that is numbered, or its next event of that name."""
        return await self.next(
            lambda frame: (
                frame["type"] == "event"
                and frame["topic"] == topic
                and (frame["name"] not in UNNUMBERED if name is None else frame["name"] == name)
            )
        )

    async def snapshot(self, topic: str) -> dict[str, Any]:
        """Return the topic's next snapshot."""
        return await self.next(lambda frame: frame["type"] == "snapshot" and frame["topic"] == topic)

    async def closed(self, within_s: float = WITHIN_S) -> int:
        """Return the code with which the server closes the socket; frames before it are kept."""
        try:
            while True:
                self.kept.append(await self.frame(within_s))
        except SocketClosed as closed:
            return closed.code


@asynccontextmanager
async def trolley_client(
    application: Any, token: str | None, path: str = "/ws/shopper/", *, origin: str | None = None
) -> AsyncIterator[TrolleyClient]:
    """Open a socket as a browser does (token as subprotocol) and close it at the end.

    Raises SocketClosed with 4403 if the handshake is refused.
    """
    offers = ["trolley.v1"] if token is None else ["trolley.v1", f"bearer.{token}"]
    headers = [] if origin is None else [(b"origin", origin.encode())]
    communicator = WebsocketCommunicator(application, path, headers=headers, subprotocols=offers)
    accepted, code = await communicator.connect(timeout=WITHIN_S)
    if not accepted:
        raise SocketClosed(int(code or 1000))
    try:
        yield TrolleyClient(communicator)
    finally:
        if not communicator.future.done():
            await communicator.disconnect(timeout=WITHIN_S)
