"""The owner's side of several processes: it answers edges, and sends them what they follow."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from actors.messages.device import ToLink
from actors.runtime import Address, AskError, System
from realtime.cluster.messages import (
    RemoteCall,
    Result,
    command_of,
    decode_calls,
    encode,
    failed,
    tap_of,
    value_of,
)
from realtime.cluster.remote import REFRESH_S
from realtime.devices.inspection import HERE, TappedFrames, decode_tapped
from realtime.devices.links import Links
from realtime.tasks import end
from realtime.topics.feeds import VOLATILE
from realtime.topics.hub import EncodedEvent
from realtime.topics.streams import Groups

log = logging.getLogger("realtime")


class Owner:
    """Serves the actors of this process to edges, over the channel layer. Belongs to one loop."""

    def __init__(
        self,
        layer: Any,
        channel: str,
        actors: System,
        links: Links,
        changed: Callable[[str], None],
        run_job: Callable[[str, str], None] = lambda what, key: None,
    ) -> None:
        self._layer = layer
        self._channel = channel
        self._actors = actors
        self._links = links
        self._changed = changed
        self._run_job = run_job
        self._loop = asyncio.get_running_loop()
        self._groups = Groups(layer)
        self._followed: dict[Address, dict[str, float]] = {}
        self._devices: dict[str, str] = {}
        self._edges: dict[str, float] = {}
        self._results: dict[str, list[Result]] = {}
        self._replying: asyncio.Event = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to listen."""
        self._links.other_processes = self
        works: list[Callable[[], Any]] = [self._listen, self._reply, self._groups.run, self._forget]
        self._tasks = [self._loop.create_task(work()) for work in works]

    async def stop(self) -> None:
        """Stop listening; earlier requests are answered as far as they are settled."""
        await end(self._tasks)

    # --- Relay ---------------------------------------------------------------------------

    def wanted(self, stream: Address) -> bool:
        """Return whether an edge follows the stream."""
        return stream in self._followed

    def streams(self) -> set[Address]:
        """Return what edges follow; from any thread."""
        return set(self._followed)

    def send(self, stream: Address, event: EncodedEvent) -> None:
        """Send an event to the edges that follow."""
        self._groups.put(stream, event)

    def follow(self, stream: Address) -> None:
        """Nothing to do: publications begin here."""

    def unfollow(self, stream: Address) -> None:
        """Nothing to do."""

    def link(self, device_id: str, command: object) -> None:
        """Take an actor's command for a device: for a socket here, or at the edge that has it."""
        edge = self._devices.get(device_id)
        if edge is None or device_id in self._links.online():
            self._links.handle(device_id, command)
        elif isinstance(command, ToLink):
            message = {"type": "link", "device": device_id, "command": encode(command)}
            self._loop.call_soon_threadsafe(self._groups.direct, edge, message)

    async def tap(self, device_id: str, bus: int, seconds: float) -> bool:
        """Have the edge that has the device show us what passes on a bus."""
        return self._tap(self._channel, device_id, bus, seconds)

    def _tap(self, viewer: str, device_id: str, bus: int, seconds: float) -> bool:
        here = HERE if viewer == self._channel else viewer
        if self._links.tapped(here, device_id, bus, seconds):
            return True
        edge = self._devices.get(device_id)
        if edge is not None:
            tap = {"type": "tap", "viewer": viewer, "device": device_id, "bus": bus, "seconds": seconds}
            self._groups.direct(edge, tap)
        return edge is not None

    def show(self, viewer: str, shown: TappedFrames) -> None:
        """Send what passed on a bus here to the edge that looks."""
        self._groups.direct(viewer, {"type": "shown", "shown": encode(shown)})

    def announce(self, what: str, but: str = "") -> None:
        """Tell every edge (but one) that reference data has changed."""
        for edge in self._edges:
            if edge != but:
                self._groups.direct(edge, {"type": "reference", "what": what})

    # --- calls ------------------------------------------------------------------------------

    async def _listen(self) -> None:
        while True:
            message = await self._layer.receive(self._channel)
            try:
                if "job" in message:
                    self._run_job(*message["job"])
                    continue
                if message["type"] == "shown":
                    self._links.inspections.take(decode_tapped(message["shown"]))
                    continue
                edge = message["from"]
                self._edges[edge] = self._loop.time()
                for call in decode_calls(message["batch"]):
                    self._carry_out(edge, call)
            except Exception:
                log.exception("a message of an edge could not be read")

    def _carry_out(self, edge: str, call: RemoteCall) -> None:
        address = Address(call.kind, call.key)
        match call.op:
            case "follow":
                self._follow(address, edge)
            case "unfollow":
                self._unfollow(address, edge)
            case "link_up":
                self._devices[call.key] = edge
            case "link_down":
                if self._devices.get(call.key) == edge:
                    del self._devices[call.key]
            case "tap":
                found = self._tap(edge, call.key, *tap_of(call))
                self._answer(edge, value_of(call, found))
            case "hello":
                log.debug("%s is there", edge)
            case "reference":
                self._changed(call.key)
                self.announce(call.key, edge)
            case "tell":
                with contextlib.suppress(AskError):
                    self._actors.tell(address, command_of(call), call.command_id, call.principal)
            case _:
                reply = self._begin(address, call)
                reply.add_done_callback(lambda done: self._done(edge, call, done))

    def _begin(self, address: Address, call: RemoteCall) -> Any:
        if call.op == "ask":
            command = command_of(call)
            return self._actors.ask(address, command, call.command_id, call.principal, call.timeout)
        if call.op == "since":
            return self._actors.since(address, call.epoch, call.offset)
        return self._actors.state_at(address, call.offset)

    def _done(self, edge: str, call: RemoteCall, reply: Any) -> None:
        try:
            result = value_of(call, reply.get(timeout=0))
        except Exception as error:  # noqa: BLE001 - it is raised again where it was asked
            result = failed(call, error)
        self._answer(edge, result)

    def _answer(self, edge: str, result: Result) -> None:
        self._results.setdefault(edge, []).append(result)
        self._replying.set()

    async def _reply(self) -> None:
        while True:
            await self._replying.wait()
            self._replying.clear()
            results, self._results = self._results, {}
            for edge, batch in results.items():
                try:
                    await self._layer.send(edge, {"type": "results", "batch": encode(batch)})
                except Exception:
                    log.exception("an edge cannot be reached")

    # --- who follows ----------------------------------------------------------------------------

    def _follow(self, stream: Address, edge: str) -> None:
        if stream not in self._followed and stream.kind in VOLATILE:
            self._actors.hold(stream)
        self._followed.setdefault(stream, {})[edge] = self._loop.time()

    def _unfollow(self, stream: Address, edge: str) -> None:
        edges = self._followed.get(stream)
        if edges is not None:
            edges.pop(edge, None)
            if not edges:
                del self._followed[stream]
                if stream.kind in VOLATILE:
                    self._actors.release(stream)

    async def _forget(self) -> None:
        """Drop edges that have not renewed their subscriptions for long: they have ended."""
        while True:
            await asyncio.sleep(REFRESH_S)
            old = self._loop.time() - 3 * REFRESH_S
            self._edges = {edge: at for edge, at in self._edges.items() if at >= old}
            self._devices = {device: edge for device, edge in self._devices.items() if edge in self._edges}
            for stream, edges in list(self._followed.items()):
                for edge in [edge for edge, at in edges.items() if at < old]:
                    self._unfollow(stream, edge)
