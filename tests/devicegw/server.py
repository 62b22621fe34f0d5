"""A small real websocket server that plays the server's part of the device link."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from devicegw import wire

DEADLINE = 60.0


class FakeServer:
    """Keeps what the Pi said, in order; acknowledges unless told not to."""

    def __init__(self, *, welcome: wire.Welcome | None = None, token: str = "secret-token") -> None:
        self.welcome = welcome or wire.Welcome()
        self.token = token
        self.heard: list[wire.FromDevice] = []
        self.acknowledging = True
        self.answers_heartbeats = True
        self.connections = 0
        self.close_with: int | None = None
        self._changed = asyncio.Condition()
        self._socket: ServerConnection | None = None
        self._server: Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/device/"

    @property
    def is_gone(self) -> bool:
        """Whether the device's last connection has ended."""
        return self._socket is not None and self._socket.close_code is not None

    async def __aenter__(self) -> FakeServer:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Listen, at the same port as before if there was one."""
        protocols = [Subprotocol(wire.SUBPROTOCOL)]
        self._server = await serve(self._serve, "127.0.0.1", self.port, subprotocols=protocols)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def drop(self) -> None:
        """Cut the connection without a word, as a router does."""
        assert self._socket is not None
        self._socket.transport.abort()

    async def send(self, message: wire.FromServer) -> None:
        assert self._socket is not None
        await self._socket.send(wire.encode(message))

    async def until(self, met: Callable[[], Any], what: str = "the condition") -> Any:
        """Wait for a condition on what was heard; fail with all of it at the deadline."""
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(met), DEADLINE)
            except TimeoutError:
                raise AssertionError(f"{what} never came; heard {self.heard}") from None
        return met()

    async def next(self, kind: type[Any], **fields: Any) -> Any:
        """Wait for a message of a kind with these fields and take it out of ``heard``."""

        def find() -> Any:
            for message in self.heard:
                if isinstance(message, kind) and all(getattr(message, k) == v for k, v in fields.items()):
                    return message
            return None

        found = await self.until(find, f"{kind.__name__} {fields}")
        self.heard.remove(found)
        return found

    async def unlock(self, command_id: str, slot: int, ttl_ms: int = 10_000, op: str = "unlock") -> None:
        await self.send(wire.Command(id=command_id, slot=slot, op=op, ttl_ms=ttl_ms))

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.connections += 1
        if self.close_with or socket.request.headers["Authorization"] != f"Bearer {self.token}":
            await socket.close(self.close_with or 4401)
            await self._note()
            return
        assert socket.subprotocol == wire.SUBPROTOCOL
        self._socket = socket
        try:
            await self._hear(socket)
        finally:
            await self._note()

    async def _hear(self, socket: ServerConnection) -> None:
        async for data in socket:
            message = wire.decode_from_device(data)
            self.heard.append(message)
            if isinstance(message, wire.Hello):
                await socket.send(wire.encode(self.welcome))
            elif isinstance(message, wire.Heartbeat) and self.answers_heartbeats:
                await socket.send(wire.encode(wire.Heartbeat()))
            elif isinstance(message, wire.Outgoing) and self.acknowledging:
                await socket.send(wire.encode(wire.Ack(seq=message.seq)))
            await self._note()

    async def _note(self) -> None:
        async with self._changed:
            self._changed.notify_all()
