"""The base of every websocket consumer: handshake, token, receive loop, closing.

It stands on Channels' AsyncConsumer but replaces its loop: the stock one makes a
task per message, and its ``dispatch`` makes a thread hop to look after database
connections, which nothing on a socket uses. Messages are handled one after the other
by a plain function, ``handle``, that must not wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from channels.consumer import AsyncConsumer

from core.accounts.principals import Principal
from realtime.asgi import Message, Receive, Send
from realtime.auth import Identity, bearer, header, offered
from realtime.limits.admission import Admission, admission
from realtime.limits.allowances import Meter
from realtime.limits.bucket import TokenBucket
from realtime.limits.caller import address_of
from realtime.problems import Problem
from realtime.shared import Shared
from realtime.sockets.daphne import paced, pause_of, waiting
from realtime.topics.hub import SendQueue

log = logging.getLogger("realtime")

WRONG_TOKEN = 4401
NO_ROLE = 4403
SLOW = 4408
FLOOD = 4429
TOO_BIG = 1009
GOING_AWAY = 1001
_CUT_OFF = {SLOW: "it does not read what it is sent", FLOOD: "it sends more than it may"}
_CALM_S = 2.0
"""Who keeps to the allowance for so long is no flood any more."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.02, 1.0


class SocketConsumer(AsyncConsumer):  # type: ignore[misc]
    """One websocket. Subclasses say who may connect, and what a message does.

    ``shared`` comes with ``as_asgi``. ``subprotocol`` is what is agreed on when offered.
    """

    subprotocol = ""
    cuts_floods = True
    """Whether a socket that stays over its allowance is closed; else it only waits."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.principal: Principal
        self.outbox: SendQueue
        self.loop: asyncio.AbstractEventLoop
        self.meter: Meter | TokenBucket
        self.crowd: Admission | None = None
        """Where each message waits until it is its turn; None: it is handled at once."""
        self._pause: Callable[[], None]
        self._closing: int | None = None
        self._held_since = self._held_until = float("-inf")
        self._reader: asyncio.Task[Any] | None = None
        self.first: asyncio.Task[Any] | None = None
        """What is to be finished before another message is read."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._expiry: asyncio.TimerHandle | None = None

    # --- for subclasses ---------------------------------------------------------

    def admit(self, scope: Message, principal: Principal) -> None:
        """Raise a 403 or 404 Problem if this principal may not have this socket."""
        raise NotImplementedError

    def make_meter(self, scope: Message) -> Meter | TokenBucket:
        """Return what counts the messages of this socket."""
        raise NotImplementedError

    async def over(self, message: Message) -> bool:
        """Wait until the meter has one more; return whether the message is still to be handled."""
        await self.hold()
        return self._closing is None

    async def opened(self) -> None:
        """Begin, once the socket is accepted."""

    def received(self, text: str) -> None:
        """Handle one message; must not wait."""
        raise NotImplementedError

    def too_big(self, size: int) -> None:
        """Answer a message over the limit."""
        self.close(TOO_BIG)

    def binary(self, data: bytes) -> None:
        """Answer a binary message; by default it is read as text."""
        self.received(data.decode("utf-8", "replace"))

    def expiring(self, identity: Identity) -> None:
        """Tell the client that its token ends soon."""

    async def closed(self) -> None:
        """Tidy up; called once, whatever ended the socket."""

    # --- life -----------------------------------------------------------------------

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Run the socket from handshake to close (an ASGI application)."""
        self.scope = scope
        self.loop = asyncio.get_running_loop()
        await receive()
        await admission().opening()
        if not self.shared.origin_allowed(header(scope["headers"], b"origin")):
            await send({"type": "websocket.close", "code": NO_ROLE})
            return
        agreed = self.subprotocol if self.subprotocol in scope.get("subprotocols", ()) else None
        await send({"type": "websocket.accept", "subprotocol": agreed})
        self._pause = pause_of(send)
        receive, send = paced(receive, send), waiting(send)
        try:
            identity = await self._identify(scope)
            self.admit(scope, identity.principal)
        except Problem as problem:
            # asgiref's frame keeps what was raised through it; the traceback would keep this connection.
            problem.with_traceback(None)
            await send({"type": "websocket.close", "code": WRONG_TOKEN if problem.status == 401 else NO_ROLE})
            return
        self.identity = identity
        self.principal = identity.principal
        account, address = identity.principal.id, address_of(scope)
        self.address = address
        if not self.shared.sockets.enter(account, address):
            await send({"type": "websocket.close", "code": FLOOD})
            return
        try:
            await self._serve(scope, receive, send, identity)
        finally:
            self.shared.sockets.leave(account, address)

    async def _serve(self, scope: Message, receive: Receive, send: Send, identity: Identity) -> None:
        self.meter = self.make_meter(scope)
        limit = self.shared.limits.max_queue_bytes
        self.outbox = SendQueue(send, limit, lambda: self.close(SLOW), lambda: self.close(GOING_AWAY))
        self.watch_expiry(identity)
        try:
            await self.opened()
            await self._read(receive)
        finally:
            if self._closing in _CUT_OFF:
                self._pause()
            await self._finish()

    async def _identify(self, scope: Message) -> Identity:
        token = offered(scope.get("subprotocols", ())) or bearer(header(scope["headers"], b"authorization"))
        return await self.shared.authenticator.identify(token)

    async def _read(self, receive: Receive) -> None:
        self._reader = asyncio.current_task()
        try:
            while self._closing is None:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return
                if self.first is not None:
                    await self._finish_first()
                if not self.meter.take() and not await self.over(message):
                    continue
                if self.crowd is not None and not self.crowd.enter():
                    await self.crowd.turn()
                self.handle(message)
        except asyncio.CancelledError:
            if self._closing is None:
                raise
        finally:
            self._reader = None

    async def _finish_first(self) -> None:
        while (first := self.first) is not None:
            await asyncio.wait((first,))
            if self.first is first:
                self.first = None

    def handle(self, message: Message) -> None:
        """Handle one ASGI message right here; see the module's docstring."""
        text = message.get("text")
        limit = self.shared.limits.max_message_bytes
        if text is not None:
            # UTF-8 takes at most four bytes a character, so most need no encoding to be measured.
            if len(text) * 4 <= limit or (size := len(text.encode())) <= limit:
                self.received(text)
            else:
                self.too_big(size)
            return
        data: bytes = message.get("bytes") or b""
        if len(data) <= limit:
            self.binary(data)
        else:
            self.too_big(len(data))

    def calm(self) -> bool:
        """Return whether this socket has kept to its allowance for a while."""
        return self.shared.monotonic() - self._held_until > _CALM_S

    async def hold(self) -> None:
        """Read nothing until the meter has one more; a socket that is held too long is closed.

        Meanwhile the connection is not read either, so what the client sends stays with it.
        """
        clock, wait = self.shared.monotonic, _FIRST_WAIT_S
        if self.calm():
            self._held_since = clock()
        while not self.meter.take():
            if self.cuts_floods and clock() - self._held_since > self.shared.limits.flood_s:
                self.close(FLOOD)
                return
            await asyncio.sleep(wait)
            wait = min(_LONGEST_WAIT_S, wait * 2)
        self._held_until = clock()

    def close(self, code: int) -> None:
        """End the socket with ``code``; what waits is still sent unless the client is too slow."""
        if self._closing is not None:
            return
        self._closing = code
        if code in _CUT_OFF:
            log.info("a socket is cut off with %d: %s", code, _CUT_OFF[code])
        if self._reader is not None and self._reader is not asyncio.current_task():
            self._reader.cancel()

    async def _finish(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        for task in tuple(self._tasks):
            task.cancel()
        try:
            await self.closed()
        finally:
            if self._closing is None or self._closing == GOING_AWAY:
                self.outbox.discard()
            else:
                goodbye = {"type": "websocket.close", "code": self._closing}
                await self.outbox.finish(goodbye, self.shared.limits.close_deadline_s)

    # --- helpers ----------------------------------------------------------------------

    def spawn(self, coroutine: Coroutine[Any, Any, object]) -> asyncio.Task[Any]:
        """Run something concurrently with the receive loop; it ends with the socket at the latest."""
        task = self.loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._spent)
        return task

    def _spent(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a task of a socket failed", exc_info=error)
            self.close(1011)

    def watch_expiry(self, identity: Identity) -> None:
        """Tell the client before its token ends, and close the socket when it does."""
        if self._expiry is not None:
            self._expiry.cancel()
        left = identity.expires_at - self.shared.now()
        notice = max(0.0, left - self.shared.limits.expiry_notice_s)
        self._expiry = self.loop.call_later(notice, self._notice, identity)

    def _notice(self, identity: Identity) -> None:
        self.expiring(identity)
        left = max(0.0, identity.expires_at - self.shared.now())
        self._expiry = self.loop.call_later(left, self.close, WRONG_TOKEN)
