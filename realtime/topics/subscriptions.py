"""What one socket follows: position first, then a snapshot or what was missed, then live.

A subscription joins the stream before it asks where the stream stands, and keeps what
comes meanwhile; so there is no moment in which an event could slip through. Offsets
are checked one by one: a repeat is dropped, and a gap or a new epoch (an aggregate
that was activated again, a message lost between processes) makes it ask again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any
from weakref import WeakMethod

from actors.runtime.address import Address
from core.accounts.principals import Principal, may
from realtime.pipeline.services import Services
from realtime.problems import Problem, forbidden, from_error, not_found
from realtime.topics.events.session import SessionSnapshot
from realtime.topics.feeds import FEEDS, NO_SESSION, frame_of
from realtime.topics.hub import EncodedEvent, SendQueue
from realtime.topics.streams import Topics
from realtime.wire import Snapshot, Subscribe, Subscribed, encode, encode_text, reply_ok

log = logging.getLogger("realtime")

Spawn = Callable[[Coroutine[Any, Any, None]], object]
_RETRIES = 5
_RETRY_S = 0.2


class Subscription:
    """One topic of one socket, on one stream at a time."""

    def __init__(self, topics: Topics, who: Principal, outbox: SendQueue, spawn: Spawn, topic: str) -> None:
        self.topics = topics
        self.services: Services = topics.services
        self.who = who
        self.outbox = outbox
        self.spawn = spawn
        self.topic = topic
        self.stream: Address | None = None
        self.epoch = ""
        self.last = -1
        self._held: list[EncodedEvent] | None = None
        """Events that came while the position was being asked for; None: live."""
        self._open = True
        self._stuck_at: tuple[str, int] | None = None

    # --- live ---------------------------------------------------------------------

    def deliver(self, event: EncodedEvent) -> None:
        """Take the stream's next event."""
        if self._held is not None:
            self._held.append(event)
        elif event.epoch != self.epoch:
            self.other_epoch(event)
        elif event.offset == self.last + 1:
            self.last = event.offset
            self.outbox.write(event.message, event.size)
        elif event.offset > self.last:
            log.info("%s: expected offset %d, got %d", self.stream, self.last + 1, event.offset)
            self.again()

    def other_epoch(self, event: EncodedEvent) -> None:
        """The stream has a new epoch: request its position."""
        self.again()

    def again(self) -> None:
        """Ask for what was missed."""
        if self._open and self._held is None:
            self._held = []
            self.spawn(self._catch_up(self.epoch, self.last))

    def check(self, epoch: str, head: int) -> None:
        """Ask again if the stream has advanced and nothing of it has arrived between two checks."""
        if not self.behind(epoch, head):
            self._stuck_at = None
        elif self._stuck_at == (self.epoch, self.last):
            self._stuck_at = None
            self.again()
        else:
            self._stuck_at = (self.epoch, self.last)

    def behind(self, epoch: str, head: int) -> bool:
        """Return whether the stream has advanced without this subscription."""
        return self._held is None and (epoch != self.epoch or head > self.last)

    # --- position -----------------------------------------------------------------

    async def begin(self, id_: str, epoch: str | None, offset: int | None) -> None:
        """Follow the topic from here on. Raises Problem if its stream cannot be read."""
        self._held = []
        self._join(self.address())
        try:
            await self._position(epoch, offset, id_)
        except BaseException:
            self.close()
            raise

    def address(self) -> Address:
        """Return the stream behind the topic."""
        return address_of(self.topic, self.who)

    def _join(self, stream: Address) -> None:
        self.stream = stream
        self.topics.follow(stream, self)

    async def _catch_up(self, epoch: str | None, offset: int | None) -> None:
        for attempt in range(_RETRIES):
            try:
                await self._position(epoch, offset)
                return
            except Problem as problem:
                if problem.status != 503:
                    raise
                await asyncio.sleep(_RETRY_S * 2**attempt)
        self.outbox.write({"type": "websocket.close", "code": 1013}, 0)

    async def _position(self, epoch: str | None, offset: int | None, id_: str | None = None) -> None:
        missed = None
        if epoch is not None and offset is not None:
            missed = await self.missed(epoch, offset)
        if missed is None:
            await self._snapshot(id_)
        else:
            self.epoch = epoch or ""
            self.last = offset or 0
            head = missed[-1].offset if missed else self.last
            self._answer(id_, head, True)
            if id_ is not None:
                self.outbox.text(encode_text(Subscribed(self.topic, self.epoch, head, True)))
            self._write_all(missed)
        self._go_live()

    async def _snapshot(self, id_: str | None) -> None:
        assert self.stream is not None
        outcome = await self.services.asking.look(self.stream.kind, self.stream.key, self.who)
        await self.topics.names_in(self.stream.kind, outcome.state)
        self.epoch, self.last = self.epoch_of(outcome), outcome.seq
        data = FEEDS[self.stream.kind].snapshot(self.services, outcome.state)
        self.send_snapshot(id_, data)

    def send_snapshot(self, id_: str | None, data: Any) -> None:
        """Write the reply, if one is due, and the snapshot at the present position."""
        self._answer(id_, self.last, False)
        encoded = encode(Snapshot(self.topic, self.epoch, self.last, data))
        self.outbox.write({"type": "websocket.send", "text": encoded.decode()}, len(encoded))

    def epoch_of(self, outcome: Any) -> str:
        """Return the topic's epoch at that outcome of a Look."""
        epoch: str = outcome.epoch
        return epoch

    def _answer(self, id_: str | None, head: int, recovered: bool) -> None:
        if id_ is not None:
            position = {"topic": self.topic, "epoch": self.epoch, "offset": head, "recovered": recovered}
            self.outbox.text(reply_ok(id_, position))

    async def missed(self, epoch: str, offset: int) -> list[EncodedEvent] | None:
        """Return the events after ``offset``, or None if only a snapshot will do."""
        assert self.stream is not None
        return await missed(self.topics, self.stream, epoch, offset)

    def _write_all(self, events: list[EncodedEvent]) -> None:
        for event in events:
            if event.offset > self.last:
                self.last = event.offset
                self.outbox.write(event.message, event.size)

    def _go_live(self) -> None:
        held, self._held = self._held or [], None
        for event in held:
            self.deliver(event)

    def close(self) -> None:
        """Stop following."""
        self._open = False
        if self.stream is not None:
            self.topics.unfollow(self.stream, self)


async def missed(topics: Topics, stream: Address, epoch: str, offset: int) -> list[EncodedEvent] | None:
    """Return the stream's events after ``offset`` of ``epoch``, shaped, or None if they are not to be had."""
    services, feed = topics.services, FEEDS[stream.kind]
    try:
        stretch = await services.asking.actors.since(stream, epoch, offset)
        if stretch is None or not stretch.events:
            return None if stretch is None else []
        state = None
        if feed.evolve is not None:
            state = await services.asking.actors.state_at(stream, offset)
    except Exception as error:
        raise from_error(error) from error
    events = []
    for numbered in stretch.events:
        if feed.evolve is not None:
            state = feed.evolve(state, numbered.event)
        events.append(frame_of(feed, services, stream, epoch, state, numbered))
    return events


class _CartWatch:
    """Notifies the session's subscription, while there is one, that the user's sessions have changed."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._method = WeakMethod(changed)
        self._head = -1

    def deliver(self, event: EncodedEvent) -> None:
        """Look whether this event opened or closed a session."""
        if event.moves_session:
            self._changed()

    def check(self, epoch: str, head: int) -> None:
        """Look again, for a message may have been lost on its way from another process."""
        if head != self._head:
            self._head = head
            self._changed()

    def _changed(self) -> None:
        changed = self._method()
        if changed is not None:
            changed()


class SessionSubscription(Subscription):
    """The topic ``session``: the trolley that the user holds, whichever it is.

    It stands on two streams: the user's cart says which session is the latest, that
    session's trolley has the events. Its epoch is the session's id, so nothing of
    an earlier or later holder of the same trolley is ever shown.
    """

    def __init__(self, topics: Topics, who: Principal, outbox: SendQueue, spawn: Spawn, topic: str) -> None:
        super().__init__(topics, who, outbox, spawn, topic)
        self._cart = Address("cart", who.id)
        self._watch = _CartWatch(self._changed)
        self._refreshing = False
        self._stale = False

    async def begin(self, id_: str, epoch: str | None, offset: int | None) -> None:
        """Follow the latest session."""
        self._held = []
        self.topics.follow(self._cart, self._watch)
        self._refreshing = True
        try:
            await self._point(id_, epoch, offset)
        except BaseException:
            self.close()
            raise
        finally:
            self._refreshing = False
        if self._stale:
            self._changed()

    async def _point(self, id_: str | None, epoch: str | None, offset: int | None) -> None:
        """Stand on the stream of the latest session, or on none."""
        state = (await self.services.asking.look("cart", self.who.id, self.who)).state
        held = state.sessions[-1] if state.sessions else None
        self._leave()
        if held is None:
            self.epoch, self.last = NO_SESSION, 0
            self.send_snapshot(id_, SessionSnapshot(session=None))
            self._held = None
            return
        self._held = []
        self.epoch = held.session_id
        self._join(Address("trolley", held.trolley_id))
        same = epoch == held.session_id
        await self._position(epoch if same else None, offset if same else None, id_)

    def _leave(self) -> None:
        if self.stream is not None:
            self.topics.unfollow(self.stream, self)
            self.stream = None

    def _changed(self) -> None:
        if not self._open:
            return
        self._stale = True
        if not self._refreshing:
            self._refreshing = True
            self.spawn(self._refresh())

    async def _refresh(self) -> None:
        try:
            while self._stale and self._open:
                self._stale = False
                await self._again()
        finally:
            self._refreshing = False

    async def _again(self) -> None:
        state = (await self.services.asking.look("cart", self.who.id, self.who)).state
        latest = state.sessions[-1].session_id if state.sessions else NO_SESSION
        if latest != self.epoch and self._open:
            await self._point(None, None, None)

    def epoch_of(self, outcome: Any) -> str:
        """Return the session: it was chosen by the cart, before the trolley was looked up."""
        return self.epoch

    def other_epoch(self, event: EncodedEvent) -> None:
        """Ignore what belongs to another holder of the trolley."""

    async def missed(self, epoch: str, offset: int) -> list[EncodedEvent] | None:
        """Return the session's events after ``offset``; the trolley's journal has them."""
        assert self.stream is not None
        outcome = await self.services.asking.look(self.stream.kind, self.stream.key, self.who)
        if offset > outcome.seq:
            return None
        events = await missed(self.topics, self.stream, outcome.epoch, offset)
        if events is None:
            return None
        own = [event for event in events if event.epoch == epoch]
        return own if len(own) == len(events) else None

    def behind(self, epoch: str, head: int) -> bool:
        """Return whether the trolley has advanced; its journal's epoch is not this topic's."""
        return self._held is None and head > self.last

    def close(self) -> None:
        """Stop following."""
        super().close()
        self.topics.unfollow(self._cart, self._watch)


KINDS: dict[str, type[Subscription]] = {"session": SessionSubscription}
"""Topics that are more than their stream; ``followups`` adds the cart."""


def address_of(topic: str, who: Principal) -> Address:
    """Return the stream of a topic for this principal. Raises the 404 for a topic that is none."""
    name, colon, key = topic.partition(":")
    if colon and key and name in ("branch", "chain"):
        return Address(name, key)
    if topic == "cart":
        return Address("cart", who.id)
    if topic == "notifications":
        return Address("notify", who.id)
    raise not_found("unknown_topic", f"There is no topic {topic!r}.")


class Subscriptions:
    """All topics of one socket."""

    def __init__(self, topics: Topics, who: Principal, outbox: SendQueue, spawn: Spawn) -> None:
        self._topics = topics
        self.who = who
        self._outbox = outbox
        self._spawn = spawn
        self._by_topic: dict[str, Subscription] = {}

    async def subscribe(self, frame: Subscribe) -> None:
        """Follow a topic; a second time starts over. Raises the 403 or 404."""
        self._check(frame.topic)
        self.unsubscribe(frame.topic)
        kind = KINDS.get(frame.topic, Subscription)
        subscription = kind(self._topics, self.who, self._outbox, self._spawn, frame.topic)
        self._by_topic[frame.topic] = subscription
        await subscription.begin(frame.id, frame.epoch, frame.offset)

    def _check(self, topic: str) -> None:
        if topic in ("cart", "session", "notifications"):
            if self.who.kind != "user":
                raise forbidden()
            return
        address = address_of(topic, self.who)
        directory = self._topics.services.fleet.directory
        if address.kind == "branch":
            branch = directory.branch(address.key)
            if branch is not None and may(self.who, "branch.watch", branch.chain, branch.code):
                return
        elif directory.chain(address.key) is not None and may(self.who, "chain.watch", address.key, None):
            return
        raise forbidden("Your role does not let you follow this topic.")

    def renewed(self, who: Principal) -> None:
        """Take the principal's present roles over; topics that they do not allow any more end."""
        self.who = who
        for topic in tuple(self._by_topic):
            try:
                self._check(topic)
            except Problem:
                self.unsubscribe(topic)

    def unsubscribe(self, topic: str) -> None:
        """Stop following the topic; harmless if it was not followed."""
        subscription = self._by_topic.pop(topic, None)
        if subscription is not None:
            subscription.close()

    def close(self) -> None:
        """Follow nothing more, and let go of the socket."""
        for topic in tuple(self._by_topic):
            self.unsubscribe(topic)
        self._spawn = Coroutine.close
