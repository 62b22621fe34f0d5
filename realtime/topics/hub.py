"""Delivery to the sockets: one outbox a socket, one set of members a stream.

An event is encoded once; every member's outbox gets the same ASGI message. While
a socket takes what it is given, writing costs no task and no queue: the server's
``send`` coroutine is stepped once, here and now, and ends. Only when it suspends
(the transport is full) does the outbox start a task and queue behind it, counting
bytes. Nobody ever waits for a slow client; over the limit it is cut off.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, NamedTuple, Protocol

from actors.runtime.address import Address
from realtime.asgi import Message, Send

log = logging.getLogger("realtime")


class EncodedEvent(NamedTuple):
    """One event of a stream, ready for every socket."""

    epoch: str
    offset: int
    name: str
    message: Message
    """The ASGI message, shared by all sockets; nobody may change it."""
    size: int
    """Bytes of its text."""
    moves_session: bool = False
    """Whether it opens or closes a session of the cart's owner."""


def encoded_event(
    epoch: str, offset: int, name: str, encoded: bytes, moves_session: bool = False
) -> EncodedEvent:
    """Return the event that carries this frame."""
    message = {"type": "websocket.send", "text": encoded.decode()}
    return EncodedEvent(epoch, offset, name, message, len(encoded), moves_session)


class _Rest:
    """What is left of a coroutine that was stepped by hand until it first suspended."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], pending: Any) -> None:
        self._coroutine = coroutine
        self._pending = pending

    def __await__(self) -> Generator[Any, None, None]:
        # The future it waits for still says that somebody is about to wait for it,
        # so a task may take it from us exactly as it would have from the coroutine.
        try:
            yield self._pending
        except BaseException as error:
            self._coroutine.throw(error)
            raise
        yield from self._coroutine.__await__()


def _nothing() -> None: ...


class SendQueue:
    """What waits to be sent to one socket, in order, bounded in bytes.

    ``on_slow`` is called once when more than ``limit`` bytes wait; ``on_lost`` once when
    the server says that the client is gone. After either nothing is written any more.
    """

    def __init__(
        self, send: Send, limit: int, on_slow: Callable[[], None], on_lost: Callable[[], None] = _nothing
    ) -> None:
        self._send = send
        self._limit = limit
        self._on_slow = on_slow
        self._on_lost = on_lost
        self._queue: deque[tuple[Message, int]] = deque()
        self._drainer: asyncio.Task[None] | None = None
        self._open = True
        self.waiting = 0
        """Bytes that the client has not taken (beyond the server's own transport buffer)."""

    def text(self, text: str) -> None:
        """Write one text frame."""
        self.write({"type": "websocket.send", "text": text}, len(text))

    def write(self, message: Message, size: int) -> None:
        """Write one ASGI message of ``size`` bytes; never waits."""
        if not self._open:
            return
        if self._drainer is not None:
            self._enqueue(message, size)
            return
        coroutine: Any = self._send(message)
        try:
            pending = coroutine.send(None)
        except StopIteration:
            return
        except Exception:  # noqa: BLE001 - every server has an error of its own for a client that is gone
            self._lose()
            return
        self.waiting += size
        self._drainer = asyncio.ensure_future(self._drain(_Rest(coroutine, pending), size))

    def _enqueue(self, message: Message, size: int) -> None:
        self._queue.append((message, size))
        self.waiting += size
        if self.waiting > self._limit:
            slow = self._on_slow
            self.discard()
            slow()

    async def _drain(self, rest: Awaitable[None], size: int) -> None:
        try:
            await rest
            self.waiting -= size
            while self._queue:
                message, size = self._queue.popleft()
                await self._send(message)
                self.waiting -= size
        except Exception:  # noqa: BLE001 - as above
            self._lose()
        finally:
            self._drainer = None

    def _lose(self) -> None:
        lost = self._on_lost
        self.discard()
        lost()

    def discard(self) -> None:
        """Drop what is queued and its listener, and accept nothing more."""
        self._open = False
        self._on_slow = self._on_lost = _nothing
        self._queue.clear()
        self.waiting = 0

    async def finish(self, message: Message, deadline_s: float) -> None:
        """Send what waits, then ``message`` (a close), giving up after ``deadline_s``."""
        try:
            async with asyncio.timeout(deadline_s):
                if self._drainer is not None:
                    await asyncio.shield(self._drainer)
                await self._send(message)
        except Exception as error:  # noqa: BLE001 - as above
            log.debug("socket went away before it could be closed: %r", error)
        finally:
            self.discard()
            if self._drainer is not None:
                self._drainer.cancel()


class Member(Protocol):
    """A subscriber of a stream."""

    def deliver(self, event: EncodedEvent) -> None:
        """Take the stream's next event; must not raise and must not wait."""

    def check(self, epoch: str, head: int) -> None:
        """Hear where the stream stands, now and then, so that a lost event is noticed."""


class Hub:
    """Who follows which stream in this process. Only touched on the event loop."""

    def __init__(self) -> None:
        self._members: dict[Address, dict[Member, None]] = {}
        self.followed: Callable[[Address], bool] = self._members.__contains__
        """Return whether anybody follows a stream; safe from any thread."""

    def add(self, stream: Address, member: Member) -> bool:
        """Let ``member`` follow ``stream``; return whether it is the first."""
        members = self._members.setdefault(stream, {})
        members[member] = None
        return len(members) == 1

    def remove(self, stream: Address, member: Member) -> bool:
        """Undo :meth:`add`; return whether no member is left. Idempotent."""
        members = self._members.get(stream)
        if members is None or members.pop(member, self) is self:
            return False
        if members:
            return False
        del self._members[stream]
        return True

    def streams(self) -> list[Address]:
        """Return the streams that are followed."""
        return list(self._members)

    def members(self, stream: Address) -> list[Member]:
        """Return those who follow."""
        return list(self._members.get(stream, ()))

    def deliver(self, stream: Address, event: EncodedEvent) -> None:
        """Hand the event to every member."""
        members = self._members.get(stream)
        if members is None:
            return
        for member in tuple(members):
            member.deliver(event)
