"""What the followers of a cart are told once it has rested: its footprint, and what is suggested now.

Both cost more than an event of the cart may, and neither stands in the journal. So they are made beside
its events, at most once a rest, one cart after the other, and only for carts that somebody follows in this
process. They are events without a number of their own: each has the offset of the last event before it.
Whoever resumes is told them anew.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import msgspec

from actors.runtime.address import Address
from realtime.commands.recommendations import recommended
from realtime.problems import Problem
from realtime.tasks import end
from realtime.topics.events.cart import FootprintChanged, RecommendationsChanged
from realtime.topics.streams import Topics
from realtime.topics.subscriptions import KINDS, Subscription
from realtime.views.base import View
from realtime.wire import Event, encode, rfc3339

log = logging.getLogger("realtime")

REST_S = 0.7
"""A cart has rested when it is the same in two rounds; there is one every so many seconds."""
SHOWN = 8
"""Suggestions of one event."""


class CartSubscription(Subscription):
    """The topic ``cart`` of one socket, and what it was told beside the events."""

    told = -1
    """The offset for which it was told what follows a rest."""
    seen = -1
    """Where it stood in the last round."""
    _footprint: FootprintChanged | None = None
    _suggested: tuple[Any, ...] = ()

    def send_snapshot(self, id_: str | None, data: Any) -> None:
        """Write the snapshot, which has the footprint; the suggestions are asked for."""
        super().send_snapshot(id_, data)
        self.told = self.last
        self._footprint = FootprintChanged(
            sustainability_score=data.sustainability_score, carbon_kg=data.carbon_kg
        )

    def has_rested(self) -> bool:
        """Return whether it has moved since it was told, and not since the last round."""
        before, self.seen = self.seen, self.last
        return self._held is None and self.last != self.told and self.last == before

    def follow_up(self, footprint: FootprintChanged, suggested: RecommendationsChanged | None) -> None:
        """Tell what is another than it was."""
        if not self._open or self._held is not None:
            return
        if footprint != self._footprint:
            self._footprint = footprint
            self._write(footprint)
        if suggested is not None and suggested.items != self._suggested:
            self._suggested = suggested.items
            self._write(suggested)

    def _write(self, data: View) -> None:
        at = rfc3339(self.services.now())
        encoded = encode(Event(self.topic, self.last, type(data).__name__, at, data))
        self.outbox.write({"type": "websocket.send", "text": encoded.decode()}, len(encoded))


KINDS["cart"] = CartSubscription


class CartFollowups:
    """Looks at the followed carts of one process, round after round. Belongs to the event loop."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._services = topics.services
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End, in the middle of a round too."""
        if self._task is not None:
            await end((self._task,))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(REST_S)
            await self.round()

    async def round(self) -> None:
        """Tell the followers of every cart that has rested since the last round."""
        async with self._turn:
            rested: dict[Address, list[CartSubscription]] = {}
            for stream in self._topics.hub.streams():
                if stream.kind != "cart":
                    continue
                for member in self._topics.hub.members(stream):
                    if isinstance(member, CartSubscription) and member.has_rested():
                        rested.setdefault(stream, []).append(member)
            for stream, members in rested.items():
                for member in members:
                    member.told = member.last  # whatever comes of it: a defect is not tried for ever
                try:
                    await self._tell(stream, members)
                except Problem as problem:
                    log.info("%s: nothing can be suggested: %s", stream, problem.code)
                except Exception:
                    log.exception("%s: nothing can be suggested", stream)

    async def _tell(self, stream: Address, members: list[CartSubscription]) -> None:
        services, who = self._services, members[0].who
        state = (await services.asking.look("cart", stream.key, who)).state
        carbon_kg, score = services.goods.footprint(state)
        footprint = FootprintChanged(sustainability_score=score, carbon_kg=carbon_kg)
        suggested = None
        if state.checkout is None:
            found = await recommended(services, who, state, SHOWN)
            suggested = RecommendationsChanged(**msgspec.structs.asdict(found))
        for member in members:
            member.follow_up(footprint, suggested)
