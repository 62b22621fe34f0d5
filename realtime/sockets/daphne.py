"""Backpressure under Daphne, whose ``send`` never waits.

Daphne hands every frame to Twisted, which keeps what the client does not take, without
bound. Twisted tells a registered producer when its buffer is full; with that, ``send``
waits as it does under other servers, and the outbox sees who is slow.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any, TypeGuard

from realtime.asgi import Message, Send

Receive = Callable[[], Awaitable[Message]]


class _Gate:
    """A Twisted push producer that is nothing but a flag."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()

    def pauseProducing(self) -> None:
        """Hear that the transport's buffer is full."""
        self.open.clear()

    def resumeProducing(self) -> None:
        """Hear that it has drained."""
        self.open.set()

    def stopProducing(self) -> None:
        """Note that the connection is lost; waiting senders find out on their next send."""
        self.open.set()


def waiting(send: Send) -> Send:
    """Return a ``send`` that waits while the client does not read; of another server's, the same."""
    if not _is_daphnes(send):
        return send
    transport: Any = getattr(send.args[0], "transport", None)
    if not hasattr(transport, "registerProducer"):
        return send
    gate = _Gate()
    transport.unregisterProducer()
    transport.registerProducer(gate, True)

    async def patient(message: Message) -> None:
        await gate.open.wait()
        await send(message)

    return patient


def pause_of(send: Send) -> Callable[[], None]:
    """Return the function that stops reading from the client for good; under other servers a no-op.

    Daphne reads on and keeps everything. That the client's goodbye is not seen then does no harm: Autobahn
    waits for it a second.
    """
    transport: Any = getattr(send.args[0], "transport", None) if _is_daphnes(send) else None
    return getattr(transport, "pauseProducing", _nothing)


def _is_daphnes(send: Send) -> TypeGuard[functools.partial[Any]]:
    return isinstance(send, functools.partial) and bool(send.args)


def _nothing() -> None:
    """Leave the connection to its server, which reads no further than it is asked to."""


_READ_BYTES = 4096
"""Autobahn parses all that was read before anything else has its turn; Twisted reads 64 KiB otherwise."""


def paced(receive: Receive, send: Send) -> Receive:
    """Return a ``receive`` without which nothing is read; of another server's, the same.

    Daphne reads all the time and puts every frame into a queue without bound. Other servers stop reading
    by themselves.
    """
    queue = getattr(receive, "__self__", None)
    if not isinstance(queue, asyncio.Queue) or not _is_daphnes(send):
        return receive
    transport: Any = getattr(send.args[0], "transport", None)
    if not hasattr(transport, "pauseProducing"):
        return receive
    if hasattr(transport, "bufferSize"):
        transport.bufferSize = _READ_BYTES
    paused = False

    async def pacing() -> Message:
        nonlocal paused
        if paused and queue.empty():
            transport.resumeProducing()
            paused = False
        message: Message = await receive()
        if not paused:
            transport.pauseProducing()
            paused = True
        return message

    return pacing
