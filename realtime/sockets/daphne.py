"""Backpressure under Daphne, whose ``send`` never waits.

Daphne hands every frame to Twisted, which keeps what the client does not take, without
bound. Twisted tells a registered producer when its buffer is full; with that, ``send``
waits as it does under other servers, and the outbox sees who is slow.
"""

from __future__ import annotations

import asyncio
import functools
from typing import Any

from realtime.topics.hub import Message, Send


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
        """Hear that the connection is lost; whoever waits finds that out by sending."""
        self.open.set()


def waiting(send: Send) -> Send:
    """Return a ``send`` that waits while the client does not read; of another server's, the same."""
    if not isinstance(send, functools.partial) or not send.args:
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
