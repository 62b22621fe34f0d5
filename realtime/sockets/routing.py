"""Which consumer serves which websocket path."""

from __future__ import annotations

from realtime.asgi import Message, Receive, Send
from realtime.shared import Shared
from realtime.sockets.base import SocketConsumer
from realtime.sockets.devices import DeviceConsumer
from realtime.sockets.people import BranchConsumer, ChainConsumer, PersonConsumer, ShopperConsumer

_EXACT: dict[str, type[SocketConsumer]] = {"shopper": ShopperConsumer, "device": DeviceConsumer}
_NAMED: dict[str, type[PersonConsumer]] = {"branch": BranchConsumer, "chain": ChainConsumer}


class Websockets:
    """ASGI application for the scope type ``websocket``; a trailing slash is optional."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one socket; an unknown path is refused in the handshake."""
        consumer, rest = self._find(scope["path"])
        if consumer is None:
            await receive()
            await send({"type": "websocket.close", "code": 4404})
            return
        await consumer.as_asgi(shared=self._shared)({**scope, "path_remaining": rest}, receive, send)

    @staticmethod
    def _find(path: str) -> tuple[type[SocketConsumer] | None, str]:
        parts = path.strip("/").split("/")
        if len(parts) == 2 and parts[0] == "ws":
            return _EXACT.get(parts[1]), ""
        if len(parts) == 3 and parts[0] == "ws" and parts[2]:
            return _NAMED.get(parts[1]), parts[2]
        return None, ""
