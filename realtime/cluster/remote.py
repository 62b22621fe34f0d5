"""Actors in another process: the same ``ask`` and ``since``, over the channel layer.

An edge sends what it wants to the owner's channel, all that came in one turn of the loop
in one message, and hears the results on a channel of its own. Order is kept: a
stream is joined before the question where it stands is sent.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from typing import Any

from actors.runtime import Address, AskTimeout, Pending
from realtime.cluster.messages import RemoteCall, decode_results, decode_to_link, encode, error_of, read_value
from realtime.devices.inspection import TappedFrames, decode_tapped
from realtime.devices.links import Links
from realtime.tasks import end
from realtime.topics.hub import EncodedEvent, encoded_event
from realtime.topics.streams import Groups, Topics, group_of

log = logging.getLogger("realtime")

REFRESH_S = 30.0
"""How often an edge says again what it follows; the owner forgets after three times that."""
_GRACE_S = 1.0


class RemoteSystem:
    """The actor system of another process. Belongs to one event loop."""

    def __init__(self, layer: Any, owner: str) -> None:
        self._layer = layer
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[RemoteCall, Pending[Any], asyncio.TimerHandle]] = {}
        self._out: asyncio.Queue[RemoteCall] = asyncio.Queue()
        self._groups = Groups(layer)
        self._tasks: list[asyncio.Task[None]] = []
        self._channel = ""
        self._topics: Topics
        self._links: Links
        self._changed: Callable[[str], None]

    async def start(self, topics: Topics, links: Links, changed: Callable[[str], None]) -> None:
        """Begin to send and to listen.

        Events go to ``topics``, what devices are told to ``links``; ``changed`` hears of reference
        data changed elsewhere.
        """
        self._topics, self._links, self._changed = topics, links, changed
        links.changed = self.link
        links.other_processes = self
        self._channel = await self._layer.new_channel("edge.")
        works = (self._send, self._listen, self._refresh, self._groups.run)
        self._tasks = [self._loop.create_task(work()) for work in works]

    async def stop(self) -> None:
        """Stop; what is still waited for fails by its own timeout."""
        await end(self._tasks)

    # --- the system's interface ------------------------------------------------------

    def ask(
        self,
        address: Address,
        command: Any,
        command_id: str | None = None,
        principal: str = "",
        timeout: float = 5.0,
    ) -> Pending[Any]:
        """Send a command to the owner; see the runtime's System."""
        call = RemoteCall(
            next(self._numbers), "ask", *address, encode(command), command_id, principal, timeout
        )
        return self._call(call)

    def tell(
        self, address: Address, command: Any, command_id: str | None = None, principal: str = ""
    ) -> None:
        """Send a command without an answer."""
        self._out.put_nowait(RemoteCall(0, "tell", *address, encode(command), command_id, principal))

    def since(self, address: Address, epoch: str, offset: int) -> Pending[Any]:
        """Return a reply of the Stretch after ``offset``, or of None."""
        return self._call(RemoteCall(next(self._numbers), "since", *address, epoch=epoch, offset=offset))

    def state_at(self, address: Address, seq: int) -> Pending[Any]:
        """Return a reply of the state after event ``seq``."""
        return self._call(RemoteCall(next(self._numbers), "state_at", *address, offset=seq))

    def _call(self, call: RemoteCall) -> Pending[Any]:
        reply: Pending[Any] = Pending(call.timeout)
        timer = self._loop.call_later(call.timeout + _GRACE_S, self._late, call.id)
        self._waiting[call.id] = (call, reply, timer)
        self._out.put_nowait(call)
        return reply

    def _late(self, number: int) -> None:
        waiting = self._waiting.pop(number, None)
        if waiting is not None:
            waiting[1].fail(AskTimeout("the owner of the actors did not answer"))

    # --- following (Relay) and links ----------------------------------------------------

    def wanted(self, stream: Address) -> bool:
        """Return False: events come to an edge, they do not begin there."""
        return False

    def send(self, stream: Address, event: EncodedEvent) -> None:
        """Never called, see :meth:`wanted`."""

    def follow(self, stream: Address) -> None:
        """Subscribe to the stream before any later request."""
        self._out.put_nowait(RemoteCall(0, "follow", *stream))

    def unfollow(self, stream: Address) -> None:
        """Leave the stream."""
        self._out.put_nowait(RemoteCall(0, "unfollow", *stream))

    def link(self, device_id: str, up: bool) -> None:
        """Say that a device's socket is here, or not any more."""
        self._out.put_nowait(RemoteCall(0, "link_up" if up else "link_down", "device", device_id))

    async def tap(self, device_id: str, bus: int, seconds: float) -> bool:
        """Have the owner find the device and its process show us what passes on a bus."""
        call = RemoteCall(next(self._numbers), "tap", "device", device_id, encode((bus, seconds)))
        found: bool = await self._call(call)
        return found

    def show(self, viewer: str, shown: TappedFrames) -> None:
        """Send what passed on a bus here to the process that looks."""
        self._groups.direct(viewer, {"type": "shown", "shown": encode(shown)})

    def announce(self, what: str) -> None:
        """Say that reference data has changed here."""
        self._out.put_nowait(RemoteCall(0, "reference", "", what))

    # --- the wire ----------------------------------------------------------------------

    async def _send(self) -> None:
        while True:
            batch = [await self._out.get()]
            while not self._out.empty():
                batch.append(self._out.get_nowait())
            try:
                for call in batch:
                    if call.op == "follow":
                        await self._layer.group_add(group_of(Address(call.kind, call.key)), self._channel)
                    elif call.op == "unfollow":
                        await self._layer.group_discard(group_of(Address(call.kind, call.key)), self._channel)
                await self._layer.send(
                    self._owner, {"type": "calls", "from": self._channel, "batch": encode(batch)}
                )
            except Exception:
                # The asks of this batch fail by their timeouts; what is followed is said again.
                log.exception("the owner of the actors cannot be reached")

    async def _listen(self) -> None:
        while True:
            message = await self._layer.receive(self._channel)
            try:
                self._take(message)
            except Exception:
                log.exception("a message of the owner could not be read")

    def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "results":
                for result in decode_results(message["batch"]):
                    waiting = self._waiting.pop(result.id, None)
                    if waiting is None:
                        continue
                    call, reply, timer = waiting
                    timer.cancel()
                    if result.error:
                        reply.fail(error_of(result))
                    else:
                        reply.resolve(read_value(call, result.value))
            case "event":
                stream, event = event_of(message)
                self._topics.hub.deliver(stream, event)
            case "reference":
                self._changed(message["what"])
            case "link":
                self._links.handle(message["device"], decode_to_link(message["command"]))
            case "tap":
                viewer, device_id = message["viewer"], message["device"]
                if not self._links.tapped(viewer, device_id, message["bus"], message["seconds"]):
                    self.show(viewer, TappedFrames(device_id, None))
            case "shown":
                self._links.inspections.take(decode_tapped(message["shown"]))

    async def _refresh(self) -> None:
        while True:
            self._out.put_nowait(RemoteCall(0, "hello", "", ""))
            await asyncio.sleep(REFRESH_S)
            for stream in self._topics.hub.streams():
                self.follow(stream)
            for device_id in self._links.online():
                self.link(device_id, True)


def event_of(message: dict[str, Any]) -> tuple[Address, EncodedEvent]:
    """Return stream and event of a message that the owner's relay sent."""
    event = encoded_event(
        message["epoch"],
        message["offset"],
        message["name"],
        message["frame"].encode(),
        message["moves_session"],
    )
    return Address(message["kind"], message["key"]), event
