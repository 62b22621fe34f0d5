"""The limits that Uvicorn has not: of headers, of time, of connections, and of what a socket reads ahead.

Faults of the line, and what is done: a header that never ends or is larger than ``head_bytes`` (431),
a request line that does not come (408), more connections than there are descriptors (503 and closed),
a client that sends more frames than it may (they are parsed a slice at a time, and the rest stays in
the kernel's buffer until the socket's consumer has taken what was parsed; an answer to a ping can be
among that rest, so who is not read is not missed), hundreds of connections in one turn of the loop (they
are read a few at a time).
"""

from __future__ import annotations

import asyncio
from typing import Any

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from realtime.limits.admission import admission
from realtime.limits.connections import ConnectionsFull
from realtime.limits.server import LINGER_S, REFUSALS, ServerLimits, limits

_SLICE = 1024
"""A few commands: so many bytes of everybody may be parsed in one turn of the loop."""
_GOODBYE_BYTES = 128 * 1024
"""What may be under way when a socket is closed: its kernel's buffer, of somebody who means no harm."""
_GOODBYE_S = 1.0
_UNIX = "unix"
_FULL = 503


class LimitedWebSocket(WebSocketsSansIOProtocol):
    """A websocket that is read as fast as its consumer takes what it sends."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._ahead = b""
        self._at = 0
        """What of ``_ahead`` has been parsed."""
        self._after_close = 0
        self._hung_up = False
        self.counted: tuple[ServerLimits, str] | None = None

    def data_received(self, data: bytes) -> None:
        """Parse a little of it; the rest when that has been taken."""
        if self.close_sent:
            self._hear_goodbye(data)
        elif self._ahead:
            self._ahead = self._ahead[self._at :] + data
            self._at = 0
        else:
            self._ahead = data
            self._feed()

    def _feed(self) -> None:
        data = self._ahead
        while self._at < len(data) and self.queue.empty() and not self.transport.is_closing():
            piece = data[self._at : self._at + _SLICE]
            self._at += len(piece)
            super().data_received(piece)
        if self._at == len(data):
            self._ahead, self._at = b"", 0
        elif not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    async def receive(self) -> Any:
        """Return the next ASGI event, parsing what was read ahead when nothing else waits."""
        if self.queue.empty() and self._ahead:
            self._feed()
        message = await self.queue.get()
        if self.queue.empty() and not self._ahead and self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        return message

    async def send(self, message: Any) -> None:
        """Send an ASGI event; who has much more to say at the end is not listened to."""
        await super().send(message)
        if self.close_sent and self._ahead:
            self._hang_up()

    def _hear_goodbye(self, data: bytes) -> None:
        """Look for the answer to our close frame in what may have been under way."""
        self._after_close += len(data)
        if self._after_close > _GOODBYE_BYTES:
            self._hang_up()
        elif not self.transport.is_closing():
            super().data_received(data)

    def _hang_up(self) -> None:
        """Read nothing more, and leave our close frame a moment to arrive before the connection is gone."""
        self._ahead, self._at = b"", 0
        if self.transport.is_closing() or self._hung_up:
            return
        self._hung_up = self.read_paused = True
        self.transport.pause_reading()
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(_GOODBYE_S, self.transport.close)

    def keepalive_timeout(self) -> None:
        """Cut off who has not answered a ping, unless the answer may lie in what is not read yet."""
        if self.read_paused and self.ping_timeout is not None and not self.transport.is_closing():
            self.pong_timer = self.loop.call_later(self.ping_timeout, self.keepalive_timeout)
        else:
            super().keepalive_timeout()

    def handle_parser_exception(self) -> None:
        """Refuse a handshake that cannot be read; end a socket whose frames cannot."""
        if self.handshake_complete or self.conn.close_sent is not None:
            super().handle_parser_exception()
            return
        self.handshake_complete = self.close_sent = True
        self.transport.write(REFUSALS[431])
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection, and free it at once: its parser would keep it until a collection."""
        self._ahead, self._at = b"", 0
        if self.counted is not None:
            counting, address = self.counted
            counting.connections.leave(address)
            self.counted = None
        super().connection_lost(exc)
        self.conn.parser.close()


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
        self._goodbye: asyncio.TimerHandle | None = None
        self._counted: str | None = None
        address = self.client[0] if self.client else _UNIX
        try:
            self._limits.connections.enter(address)
        except ConnectionsFull:
            self._refuse(_FULL)
            return
        self._counted = address
        self._await_head()
        admitted = admission()
        if not admitted.enter():
            transport.pause_reading()
            admitted.connect(self._begin)

    def _begin(self) -> None:
        """Read what the client has to say, now that it is its turn."""
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._head_came()
        if self._goodbye is not None:
            self._goodbye.cancel()
        if self._counted is not None:
            self._limits.connections.leave(self._counted)
            self._counted = None
        super().connection_lost(exc)
        del self.parser

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
        del self.parser

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
        if self.transport.is_closing():
            return
        self.transport.write(REFUSALS[status])
        if status == _FULL or not self.transport.can_write_eof():
            self.transport.close()
        else:
            self.transport.write_eof()
            self._goodbye = self.loop.call_later(LINGER_S, self.transport.close)
