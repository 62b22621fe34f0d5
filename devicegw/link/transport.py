"""What carries the wire messages between a Pi and the server: a websocket, or a broker.

A transport opens channels; a channel takes and gives whole messages as text. Whatever
ends one is a ChannelClosed, with the server's close code if it gave one, so that the
link treats every carrier alike.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from devicegw import wire


class ChannelClosed(Exception):
    """There is no channel, or none any more; ``code`` is a close code or HTTP status of the server."""

    def __init__(self, why: str, code: int | None = None) -> None:
        super().__init__(why)
        self.code = code


class LinkChannel(Protocol):
    """One connection. Both methods raise ChannelClosed."""

    async def send(self, text: str) -> None:
        """Hand a message over; it may still be on its way when this returns."""

    async def recv(self) -> str | bytes:
        """Return the next message."""


class Transport(Protocol):
    """Where channels come from."""

    @property
    def name(self) -> str:
        """Return where it leads, for the log."""

    def open(self, answer_s: float) -> AbstractAsyncContextManager[LinkChannel]:
        """Connect within so many seconds. Raises ChannelClosed, OSError, ConfigError."""


class WebsocketTransport:
    """A websocket to the server itself."""

    def __init__(
        self,
        url: str,
        token: Callable[[], str],
        subprotocol: str = wire.SUBPROTOCOL,
        max_size: int = wire.MAX_MESSAGE,
    ) -> None:
        self._url = url
        self._token = token
        self._subprotocol = Subprotocol(subprotocol)
        self._max_size = max_size

    @property
    def name(self) -> str:
        """Return the address."""
        return self._url

    @asynccontextmanager
    async def open(self, answer_s: float) -> AsyncIterator[LinkChannel]:
        """Connect; the token is read each time."""
        headers = {"Authorization": f"Bearer {self._token()}"}
        try:
            async with connect(
                self._url,
                additional_headers=headers,
                subprotocols=[self._subprotocol],
                max_size=self._max_size,
                compression=None,
                open_timeout=answer_s,
                close_timeout=2,
            ) as socket:
                yield _Websocket(socket)
        except InvalidStatus as error:
            raise ChannelClosed(_reason(error), error.response.status_code) from error
        except WebSocketException as error:
            raise ChannelClosed(_reason(error)) from error


class _Websocket:
    """A websocket as a Channel."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, text: str) -> None:
        """Send a text frame."""
        try:
            await self._socket.send(text)
        except ConnectionClosed as error:
            raise _closed(error) from error

    async def recv(self) -> str | bytes:
        """Return the next frame."""
        try:
            return await self._socket.recv()
        except ConnectionClosed as error:
            raise _closed(error) from error


def _closed(error: ConnectionClosed) -> ChannelClosed:
    return ChannelClosed(_reason(error), error.rcvd.code if error.rcvd else None)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
