"""The limits that Uvicorn has not: of headers, of time, of connections, and of what a socket reads ahead.

Faults of the line, and what is done: a header that never ends or is larger than ``head_bytes`` (431),
a request line that does not come (408), more connections than there are descriptors (503 and closed),
a client that sends more frames than it may (they are parsed a slice at a time, and the rest stays in
the kernel's buffer until the socket's consumer has taken what was parsed).
"""

from __future__ import annotations

import asyncio
from typing import Any

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from realtime.limits.connections import Full
from realtime.limits.server import REFUSALS, ServerLimits, limits

_SLICE = 4096
_UNIX = "unix"


class LimitedWebSocket(WebSocketsSansIOProtocol):
    """A websocket that is read as fast as its consumer takes what it sends."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._ahead = b""
        self.counted: tuple[ServerLimits, str] | None = None

    def data_received(self, data: bytes) -> None:
        """Parse a little of it; the rest when that has been taken."""
        if self._ahead:
            self._ahead += data
            return
        self._feed(data)

    def _feed(self, data: bytes) -> None:
        at = 0
        while at < len(data) and self.queue.empty() and not self.transport.is_closing():
            piece = data[at : at + _SLICE]
            at += len(piece)
            super().data_received(piece)
        self._ahead = data[at:]
        if self._ahead and not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    async def receive(self) -> Any:
        """Return the next ASGI event, parsing what was read ahead when nothing else waits."""
        if self.queue.empty() and self._ahead:
            self._feed(self._ahead)
        message = await self.queue.get()
        if self.queue.empty() and not self._ahead and self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        return message

    def handle_parser_exception(self) -> None:
        """Refuse a handshake that cannot be read; end a socket whose frames cannot."""
        if self.handshake_complete or self.conn.close_sent is not None:
            super().handle_parser_exception()
            return
        self.handshake_complete = self.close_sent = True
        self.transport.write(REFUSALS[431])
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._ahead = b""
        if self.counted is not None:
            counting, address = self.counted
            counting.connections.leave(address)
            self.counted = None
        super().connection_lost(exc)


class LimitedHttp(HttpToolsProtocol):
    """HTTP/1.1 whose headers come soon and are of a bearable size."""

    def connection_made(self, transport: Any) -> None:
        """Count the connection, or say that there are too many."""
        super().connection_made(transport)
        self._limits = limits()
        self._serving = False
        self._deadline: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._head_fields = 0
        self._refusal: int | None = None
        self._counted: str | None = None
        address = self.client[0] if self.client else _UNIX
        try:
            self._limits.connections.enter(address)
        except Full:
            self._refuse(503)
            return
        self._counted = address
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._head_came()
        if self._counted is not None:
            self._limits.connections.leave(self._counted)
            self._counted = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, while the head is within its limits."""
        if self._refusal is not None:
            return
        if not self._serving and self._deadline is None:
            self._await_head()
        super().data_received(data)
        if self._deadline is not None and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > self._limits.head_bytes:
                self._refuse(431)

    def on_url(self, url: bytes) -> None:
        """Keep a part of the address."""
        super().on_url(url)
        self._count_field(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        super().on_header(name, value)
        self._count_field(len(name) + len(value))

    def _count_field(self, size: int) -> None:
        self._head_fields += size
        if self._head_fields > self._limits.head_bytes:
            self._refusal = 431
            raise HttpParserError("The head is too large.")

    def on_headers_complete(self) -> None:
        """Begin the request."""
        self._head_came()
        self._serving = True
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait for another request."""
        self._serving = bool(self.pipeline)
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read, as a problem document."""
        self._refuse(self._refusal or 400)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection, and its place in the count, to the websocket."""
        super().handle_websocket_upgrade()
        socket = self.transport.get_protocol()
        if isinstance(socket, LimitedWebSocket) and self._counted is not None:
            socket.counted, self._counted = (self._limits, self._counted), None

    def _await_head(self) -> None:
        self._head_bytes = self._head_fields = 0
        self._deadline = self.loop.call_later(self._limits.head_s, self._refuse, 408)

    def _head_came(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: int) -> None:
        self._refusal = status
        self._head_came()
        if not self.transport.is_closing():
            self.transport.write(REFUSALS[status])
            self.transport.close()
