"""Our path of an event to the sockets: publication, topic, view, one encoding, hub, outboxes.

The parts are the product's own; only the actor behind the stream is left out, and
the sockets skip the handshake of tokens, so that fan-out alone is measured.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
django.setup()

from actors.messages.branch import Counters, TrolleyCard, TrolleyNoted  # noqa: E402
from actors.messages.trolley import LockState  # noqa: E402
from actors.runtime.address import Address  # noqa: E402
from bench.fanout.app import Message, Receive, Send, asked  # noqa: E402
from realtime.topics.hub import SendQueue  # noqa: E402
from realtime.topics.streams import Topics  # noqa: E402
from realtime.topics.subscriptions import Subscription  # noqa: E402

STREAM = Address("branch", "BRANCH-001")
EPOCH = "e1"
LIMIT = 1024 * 1024
AT = 1_767_261_600.0


class Numbered(NamedTuple):
    """An event at its place."""

    offset: int
    event: Any
    at: float


class Publication(NamedTuple):
    """What the runtime says after a commit."""

    address: Address
    epoch: str
    state: Any
    events: tuple[Numbered, ...]


class Known:
    """Everybody's name is in memory."""

    def display(self, user_id: str) -> str:
        """The name a manager sees."""
        return "shopper-1"

    def load(self, user_ids: Iterable[str]) -> None:
        """Nothing is missing."""


class Named:
    """What a branch's events need of the services."""

    def __init__(self) -> None:
        self.people = Known()
        self.display = self.people.display


class Services:
    """The names alone."""

    names = Named()


class Hubbed:
    """The application: every socket follows one branch."""

    def __init__(self) -> None:
        self._topics = Topics(Services())  # type: ignore[arg-type]
        self._offset = 0
        self._started = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        if not self._started:
            self._started = True
            self._topics.start(asyncio.get_running_loop())
        await receive()
        await send({"type": "websocket.accept"})
        member = self._subscription(SendQueue(send, LIMIT, self._too_slow))
        self._topics.follow(STREAM, member)
        while (message := await receive())["type"] == "websocket.receive":
            for _ in range(asked(message)):
                self._topics.publish(self._publication())
        self._topics.unfollow(STREAM, member)

    def _subscription(self, outbox: SendQueue) -> Subscription:
        member = Subscription(self._topics, None, outbox, self._never, "branch:BRANCH-001")  # type: ignore[arg-type]
        member.epoch, member.last = EPOCH, self._offset
        return member

    def _publication(self) -> Publication:
        self._offset += 1
        card = TrolleyCard(
            trolley_id="TROLLEY_01", cart_number=1, seq=self._offset, phase="held", custody="out",
            session_id="0d9c7e8e-5f4f-4b5e-9a62-2b8a3ee0f3aa", user_id="7f0f6a9e-0b54-4a3c-8b1e-6f1f9d8b2a10",
            since=AT, lock=LockState("open", "open", AT), cart_total=Decimal("1234.50"), cart_units=17,
        )  # fmt: skip
        noted = TrolleyNoted("TrolleyAssigned", card, Counters(total=64, available=10, held=54))
        return Publication(STREAM, EPOCH, None, (Numbered(self._offset, noted, AT),))

    def _too_slow(self) -> None:
        raise RuntimeError("a socket of the benchmark did not read")

    def _never(self, coroutine: Any) -> None:
        coroutine.close()
        raise RuntimeError("an offset was lost")
