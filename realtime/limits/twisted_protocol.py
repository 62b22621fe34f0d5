"""The limits that Daphne has not; the same ones as in ``uvicorn.py``, put into Twisted's words.

Twisted reads a whole body before it asks anybody, and writes one of more than 100 kB to a file. So
here the length is looked at with the headers, and what comes without a length is counted as it comes.
Imported by :mod:`realtime.limits.daphne` alone: importing Twisted's reactor chooses it for the process.
"""

from __future__ import annotations

import io
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from django.conf import settings
from twisted.internet import reactor as _reactor
from twisted.web import http

from core.accounts.credentials import tokens
from realtime.limits.connections import ConnectionsFull
from realtime.limits.server import LINGER_S, REFUSALS, limits

reactor: Any = _reactor
# Typed only in part.
_HTTPChannel: Any = http.HTTPChannel
_FULL = 503


class LimitedFactory(HTTPFactory):  # type: ignore[misc]
    """Makes channels and requests that keep to the limits."""

    limited = True

    def buildProtocol(self, address: Any) -> Any:
        """Return the protocol of a new connection."""
        protocol = super().buildProtocol(address)
        plain = protocol._channel
        channel = LimitedChannel()
        for name in ("factory", "timeOut", "callLater"):
            setattr(channel, name, getattr(plain, name))
        protocol._channel = channel
        protocol.requestFactory = LimitedRequest
        return protocol


class LimitedChannel(_HTTPChannel):  # type: ignore[misc]
    """One connection: how long its headers are, when they come, and whether there is room for it."""

    totalHeadersSize = settings.HTTP_MAX_HEAD_BYTES
    MAX_LENGTH = settings.HTTP_MAX_HEAD_BYTES
    _deadline: Any = None
    _goodbye: Any = None
    _counted: str | None = None
    refusal: int | None = None

    def connectionMade(self) -> None:
        """Count the connection, or say that there are too many."""
        address = str(getattr(self.transport.getPeer(), "host", "unix"))
        try:
            limits().connections.enter(address)
        except ConnectionsFull:
            self.refuse(_FULL)
            return
        self._counted = address
        super().connectionMade()
        self._await_head()

    def connectionLost(self, reason: Any) -> None:
        """Forget the connection."""
        self._head_came()
        if self._goodbye is not None and self._goodbye.active():
            self._goodbye.cancel()
        self.leave()
        super().connectionLost(reason)

    def leave(self) -> None:
        """Stop counting it."""
        if self._counted is not None:
            limits().connections.leave(self._counted)
            self._counted = None

    def lineReceived(self, line: bytes) -> None:
        """Read a line of the head."""
        if self._deadline is None:
            self._await_head()
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        """Refuse a line that does not end."""
        self.refuse(431)

    def allHeadersReceived(self) -> None:
        """Begin the request."""
        self._head_came()
        super().allHeadersReceived()

    def _respondToBadRequestAndDisconnect(self) -> None:
        self.refuse(431 if self._receivedHeaderSize > self.totalHeadersSize else 400)

    def dataReceived(self, data: bytes) -> None:
        """Read on, unless the client has been refused."""
        if self.refusal is None:
            super().dataReceived(data)

    def refuse(self, status: int) -> None:
        """Answer with a problem document and hang up; a second time does nothing.

        Closing while the client still sends resets the connection, and a reset takes the answer away
        from who has not read it yet. So only our side is closed at first, and what still comes is dropped.
        """
        if self.refusal is not None:
            return
        self.refusal = status
        self._head_came()
        self.transport.write(REFUSALS[status])
        if status == _FULL:
            self.transport.loseConnection()
        else:
            self.transport.loseWriteConnection()
            self._goodbye = reactor.callLater(LINGER_S, self.transport.loseConnection)

    def _await_head(self) -> None:
        self._deadline = reactor.callLater(limits().head_s, self.refuse, 408)

    def _head_came(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None


class LimitedRequest(WebRequest):  # type: ignore[misc]
    """One request, whose body is bounded before it is kept."""

    _most = settings.HTTP_MAX_BODY_BYTES
    _got = 0
    _body_deadline: Any = None

    def gotLength(self, length: int | None) -> None:
        """Choose where the body is kept: in memory, unless an authenticated caller uploads it."""
        uploads = self._says_who() and (length is None or length > self._most)
        if uploads:
            self._most = max(settings.IMPORT_MAX_BYTES, settings.FIRMWARE_MAX_BYTES)
        if length is not None and length > self._most:
            self.channel.refuse(413)
        if uploads and self.channel.refusal is None:
            super().gotLength(length)
        else:
            self.content = io.BytesIO()
        if length != 0:
            self._await_body()

    def handleContentChunk(self, data: bytes) -> None:
        """Keep a piece of the body, while it is within the limit."""
        self._got += len(data)
        if self._got > self._most:
            self.channel.refuse(413)
        if self.channel.refusal is None:
            super().handleContentChunk(data)

    def process(self) -> Any:
        """Serve the request, whose body has come."""
        self._body_came()
        if self.channel.refusal is not None:
            return None
        channel, transport = self.channel, self.channel.transport
        done = super().process()
        protocol = getattr(transport, "protocol", None)
        if protocol is not None and hasattr(protocol, "onConnect"):
            _leave_with(protocol, channel)
        return done

    def connectionLost(self, reason: Any) -> None:
        """Forget the connection."""
        self._body_came()
        super().connectionLost(reason)

    def _says_who(self) -> bool:
        """Return whether a token or a session comes with it; who may upload what is looked at later."""
        found = self.requestHeaders.getRawHeaders(b"authorization", [b""])[0].decode("latin-1")
        scheme, _, token = found.partition(" ")
        try:
            return scheme.lower() == "bearer" and bool(tokens.verify(token.strip()))
        except tokens.TokenError:
            return False

    def _await_body(self) -> None:
        within = (
            settings.HTTP_BODY_S if self._most <= settings.HTTP_MAX_BODY_BYTES else settings.HTTP_UPLOAD_S
        )
        self._body_deadline = reactor.callLater(within, self.channel.refuse, 408)

    def _body_came(self) -> None:
        if self._body_deadline is not None and self._body_deadline.active():
            self._body_deadline.cancel()
        self._body_deadline = None


def _leave_with(protocol: Any, channel: Any) -> None:
    """Count the connection as closed when the websocket, to which it was handed, is."""
    lost = protocol.connectionLost

    def connection_lost(reason: Any) -> None:
        channel.leave()
        lost(reason)

    protocol.connectionLost = connection_lost
