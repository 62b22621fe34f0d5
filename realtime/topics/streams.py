"""From publications to followers, in this process and, through the channel layer, in others.

Publications come off the loop, from the journal's writer, in commit order for each
entity. They are collected and shaped on the loop in one go, and only if somebody
follows. Other processes say which streams they follow; what they follow is sent to
one group a stream, already shaped. This is the only place that calls ``group_send``.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import deque
from typing import Any, Protocol

from actors.kit.decider import Look
from actors.runtime.address import Address
from actors.runtime.errors import AskError
from realtime.pipeline.asking import in_database
from realtime.pipeline.services import Services
from realtime.topics.feeds import FEEDS, VOLATILE, frame_of
from realtime.topics.hub import EncodedEvent, Hub, Member

log = logging.getLogger("realtime")

WATCH_S = 15.0
"""How often a process without actors of its own asks where its streams stand."""


class Published(Protocol):
    """What the runtime publishes after a commit."""

    @property
    def address(self) -> Address:
        """Whose events."""

    @property
    def epoch(self) -> str:
        """What the offsets count in."""

    @property
    def state(self) -> Any:
        """After the last of the events."""

    @property
    def events(self) -> tuple[Any, ...]:
        """Numbered events: offset, event, at."""


class Relay(Protocol):
    """The way to other processes; see realtime/cluster/remote.py."""

    def wanted(self, stream: Address) -> bool:
        """Return whether another process follows the stream; from any thread."""

    def send(self, stream: Address, event: EncodedEvent) -> None:
        """Pass the event on."""

    def follow(self, stream: Address) -> None:
        """The first here follows the stream."""

    def unfollow(self, stream: Address) -> None:
        """Unsubscribe: no member of this process follows it any more."""


class Holder(Protocol):
    """What keeps entities in memory; the runtime's System."""

    def hold(self, address: Address) -> None:
        """Keep the entity until it is released as often."""

    def release(self, address: Address) -> None:
        """Undo one ``hold``."""


class Topics:
    """The streams of one process. All but :meth:`publish` belong to the event loop.

    ``holder`` is the actor system where it is in this process: an aggregate that somebody follows is
    held, for it would else be passivated and miss its hints. Without it events come from another
    process, over ways that may lose some, so what is followed is looked at now and then.
    """

    def __init__(
        self,
        services: Services,
        hub: Hub | None = None,
        relay: Relay | None = None,
        holder: Holder | None = None,
    ) -> None:
        self.services = services
        self.hub = hub or Hub()
        self.relay = relay
        self._holder = holder
        self._loop: asyncio.AbstractEventLoop | None = None
        self._inbox: deque[Published] = deque()
        self._woken = False
        self._waiting: dict[Address, deque[Published]] = {}
        self._nameless: set[str] = set()
        self._states: dict[Address, tuple[int, Any]] = {}
        """Offset and state of entities that are followed, after the last event told."""
        self._watchdog: asyncio.Task[None] | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to deliver, on this loop."""
        self._loop = loop
        if self._holder is None:
            self._watchdog = loop.create_task(self._watch())
        self._wake()

    def stop(self) -> None:
        """Stop delivering."""
        if self._watchdog is not None:
            self._watchdog.cancel()
        self._loop = None

    # --- lost --------------------------------------------------------

    async def _watch(self) -> None:
        """Find what was lost between processes, which pub/sub does not promise to deliver."""
        while True:
            await asyncio.sleep(WATCH_S)
            for stream in self.hub.streams():
                await self._check(stream)

    async def _check(self, stream: Address) -> None:
        try:
            outcome = await self.services.asking.actors.ask(stream, Look(), None, "server")
        except AskError as error:
            log.info("%s cannot be looked at: %r", stream, error)
            return
        for member in self.hub.members(stream):
            member.check(outcome.epoch, outcome.seq)

    # --- in ---------------------------------------------------------------------

    def publish(self, publication: Published) -> None:
        """Take what was committed; from any thread, never waits."""
        stream = publication.address
        if not self.hub.followed(stream) and (self.relay is None or not self.relay.wanted(stream)):
            return
        self._inbox.append(publication)
        if not self._woken:
            self._wake()

    def _wake(self) -> None:
        # Two threads may both wake the loop; the second round finds nothing.
        if self._loop is None:
            return
        self._woken = True
        try:
            self._loop.call_soon_threadsafe(self._round)
        except RuntimeError:
            log.debug("the loop is closed; %d publications have nobody to go to", len(self._inbox))

    def _round(self) -> None:
        self._woken = False
        inbox = self._inbox
        while inbox:
            publication = inbox.popleft()
            try:
                self._take(publication)
            except Exception:
                log.exception("an event of %s could not be shown", publication.address)

    def _take(self, publication: Published) -> None:
        queue = self._waiting.get(publication.address)
        if queue is not None:
            queue.append(publication)
        elif self._ready(publication):
            self._deliver(publication)
        else:
            self._waiting[publication.address] = deque((publication,))
            task = asyncio.ensure_future(self._prepare(publication.address))
            task.add_done_callback(_report)

    def idle(self) -> bool:
        """Return whether every publication has been delivered."""
        return not self._inbox and not self._waiting

    # --- what an event needs to be told ---------------------------------------------

    def _ready(self, publication: Published) -> bool:
        return not self._missing(publication) and self._before(publication) is not None

    def _missing(self, publication: Published) -> list[str]:
        """Return the ids of people whose names the events show and memory has not."""
        people = FEEDS[publication.address.kind].people
        return [
            user_id
            for numbered in publication.events
            for user_id in people(numbered.event)
            if not self.services.names.people.display(user_id) and user_id not in self._nameless
        ]

    def _before(self, publication: Published) -> tuple[int, Any] | None:
        """Return the state that the first event met, if the events need it and it is known.

        A publication may hold the events of several commands and has the state after the
        last; each event is told with the state right after itself.
        """
        first = publication.events[0].offset - 1
        if len(publication.events) == 1 or FEEDS[publication.address.kind].evolve is None:
            return first, None
        known = self._states.get(publication.address)
        return known if known is not None and known[0] == first else None

    async def _prepare(self, stream: Address) -> None:
        """Fetch what is missing, deliver, and go on with what has come behind it."""
        queue = self._waiting[stream]
        try:
            while queue:
                publication = queue[0]
                missing = self._missing(publication)
                if missing:
                    await self.names(missing)
                if self._before(publication) is None:
                    first = publication.events[0].offset - 1
                    self._states[stream] = (first, await self.services.asking.actors.state_at(stream, first))
                self._deliver(queue.popleft())
        finally:
            del self._waiting[stream]

    async def names(self, user_ids: list[str]) -> None:
        """Read names from the database; accounts that are gone are remembered as nameless."""
        people = self.services.names.people
        try:
            await in_database(people.load, user_ids)
        except Exception:
            log.exception("names could not be read")
        if len(self._nameless) > 10_000:
            self._nameless.clear()
        self._nameless.update(user_id for user_id in user_ids if not people.display(user_id))

    async def names_in(self, kind: str, state: Any) -> None:
        """Read the names that a snapshot of this state shows."""
        people = self.services.names.people
        wanted = FEEDS[kind].people(state)
        missing = [each for each in wanted if not people.display(each) and each not in self._nameless]
        if missing:
            await self.names(missing)

    # --- out ------------------------------------------------------------------------

    def _deliver(self, publication: Published) -> None:
        stream, epoch = publication.address, publication.epoch
        feed = FEEDS[stream.kind]
        here = self.hub.followed(stream)
        away = self.relay is not None and self.relay.wanted(stream)
        if not here and not away:
            self._states.pop(stream, None)
            return
        known = self._before(publication)
        state = known[1] if known is not None else None
        last = publication.events[-1]
        for numbered in publication.events:
            if numbered is last:
                state = publication.state
            elif feed.evolve is not None:
                state = feed.evolve(state, numbered.event)
            event = frame_of(feed, self.services, stream, epoch, state, numbered)
            if here:
                self.hub.deliver(stream, event)
            if away and self.relay is not None:
                self.relay.send(stream, event)
        if feed.evolve is not None:
            self._states[stream] = (last.offset, publication.state)

    def follow(self, stream: Address, member: Member) -> None:
        """Let a member follow a stream."""
        if not self.hub.add(stream, member):
            return
        if self._holder is not None and stream.kind in VOLATILE:
            self._holder.hold(stream)
        if self.relay is not None:
            self.relay.follow(stream)

    def unfollow(self, stream: Address, member: Member) -> None:
        """Undo :meth:`follow`; harmless if it was undone before."""
        if not self.hub.remove(stream, member):
            return
        self._states.pop(stream, None)
        if self._holder is not None and stream.kind in VOLATILE:
            self._holder.release(stream)
        if self.relay is not None:
            self.relay.unfollow(stream)


def _report(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("events could not be shown", exc_info=error)


# --- between processes --------------------------------------------------------------------


def group_of(stream: Address) -> str:
    """Return the channel layer's group of a stream; keys may hold what group names may not."""
    return f"topic.{hashlib.blake2b(str(stream).encode(), digest_size=16).hexdigest()}"


class Groups:
    """Sends events to other processes, one group a stream, in order and never waited for."""

    def __init__(self, layer: Any) -> None:
        self._layer = layer
        self._queue: asyncio.Queue[tuple[bool, str, dict[str, Any]]] = asyncio.Queue()

    def put(self, stream: Address, event: EncodedEvent) -> None:
        """Send an event to everybody who follows the stream in another process."""
        message = {
            "type": "event",
            "kind": stream.kind,
            "key": stream.key,
            "epoch": event.epoch,
            "offset": event.offset,
            "name": event.name,
            "frame": event.message["text"],
            "moves_session": event.moves_session,
        }
        self._queue.put_nowait((True, group_of(stream), message))

    def direct(self, channel: str, message: dict[str, Any]) -> None:
        """Send a message to one process."""
        self._queue.put_nowait((False, channel, message))

    async def run(self) -> None:
        """Send until cancelled. What cannot be sent is lost; followers notice the gap and ask."""
        while True:
            to_group, name, message = await self._queue.get()
            try:
                if to_group:
                    await self._layer.group_send(name, message)
                else:
                    await self._layer.send(name, message)
            except Exception:
                log.exception("another process cannot be reached")
