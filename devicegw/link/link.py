"""The Pi's end of the device link: one channel to the server, kept up.

connect (the token authenticates) -> hello -> welcome -> then side by side: take
commands, send what is unacknowledged, heartbeat. Whatever ends one of them ends
the connection; after a jittered pause the whole begins again with a fresh hello.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol

from devicegw import wire
from devicegw.clock import Clock
from devicegw.errors import ConfigError
from devicegw.link.queue import OutboxQueue
from devicegw.link.transport import ChannelClosed, LinkChannel, Transport
from devicegw.tasks import until_one_ends

_log = logging.getLogger("devices.link")

MISSED_HEARTBEATS = 3
REFUSED = {
    4401: "the device token",
    401: "the device token",
    4403: "this device",
    403: "this device",
    4409: "us, because another process speaks for this device",
}
"""Close codes and HTTP statuses that a reconnect will not change soon, with what they refuse."""
STABLE_S = 10.0
"""A connection that lasted as long was a success: the next pause is the shortest again."""


class LinkError(Exception):
    """The server broke the protocol."""


class Hardware(Protocol):
    """What the link needs of the devices below."""

    async def hello(self) -> wire.Hello:
        """Return the hello message with the current readings."""

    def unlock(self, command_id: str, slot: int, received: float, expires: float) -> None:
        """Begin to open a lock; its result goes to the queue. Does not block."""

    def inspect(self, bus: int, seconds: float) -> AsyncIterator[wire.Frames]:
        """Look at a bus from now on, for so long; return what passes."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between connections: jittered, doubling from ``first_s`` to ``most_s``."""

    first_s: float = 0.5
    most_s: float = 30.0

    def pause(self, failures: int, random: Random) -> float:
        """Return a pause: half of it fixed, half at random, so that a street of Pis does not come at once."""
        full = min(self.most_s, self.first_s * 2.0 ** min(failures, 16))
        return full * random.uniform(0.5, 1.0)


class ServerLink:
    """Runs until ``stop``. Everything here is on one event loop."""

    def __init__(
        self,
        transport: Transport,
        hardware: Hardware,
        queue: OutboxQueue,
        clock: Clock,
        *,
        firmware: Callable[[wire.Firmware | wire.FirmwareCancel], None] | None = None,
        backoff: Backoff | None = None,
        random: Random | None = None,
        answer_s: float = 10.0,
    ) -> None:
        self._transport = transport
        self._hardware = hardware
        self._firmware = firmware
        self._queue = queue
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._random = random or Random()
        self._answer_s = answer_s
        self._stopping = asyncio.Event()
        self._failures = 0
        self._down_logged = False
        self._heard_at = 0.0
        self._up_at = 0.0
        self._inspections: dict[int, asyncio.Task[None]] = {}
        """By bus."""
        self.turns = 0
        """Grows while the link makes progress: connects, pauses, hears or says something."""
        self.config = wire.LinkConfig()
        """What the last welcome said."""
        self._again = asyncio.Event()
        self.welcomed = asyncio.Event()
        """Set once the server has welcomed us, for good."""
        self.reconfigured = asyncio.Event()
        """Set when a welcome changed it; whoever waits clears it."""

    def stop(self) -> None:
        """Close the connection and let ``run`` return; no command is taken any more."""
        self._stopping.set()

    def greet_again(self) -> None:
        """Reconnect with a new hello, because its content has changed."""
        self._again.set()

    async def run(self) -> None:
        """Keep the link up until ``stop``."""
        while not self._stopping.is_set():
            self.turns += 1
            try:
                await self._connection()
                why = "closed"
            except (OSError, ChannelClosed, wire.WireError, LinkError, ConfigError) as error:
                why = self._note_failure(error)
            if self._stopping.is_set():
                return
            if not self._down_logged:
                self._down_logged = True
                _log.warning("link down: %s", why)
            pause = self._backoff.pause(self._failures, self._random)
            self._failures += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    def _note_failure(self, error: Exception) -> str:
        """Return why the link is down; a refusal is retried at the longest pause only."""
        code = error.code if isinstance(error, ChannelClosed) else None
        refused = REFUSED.get(code or 0)
        if refused is not None:
            self._failures = 16
            return f"the server refused {refused} ({code})"
        return str(error) if isinstance(error, ChannelClosed) else f"{type(error).__name__}: {error}"

    async def _connection(self) -> None:
        async with self._transport.open(self._answer_s) as channel:
            await self._greet(channel)
            try:
                self._again.clear()
                works = (self._take(channel), self._send(channel), self._beat(channel))
                await until_one_ends(*works, self._stopping.wait(), self._again.wait())
            finally:
                self._end_inspections()
                if asyncio.get_running_loop().time() - self._up_at >= STABLE_S:
                    self._failures = 0

    async def _greet(self, channel: LinkChannel) -> None:
        await channel.send(wire.encode(await self._hardware.hello()))
        try:
            answer = await asyncio.wait_for(channel.recv(), self._answer_s)
        except TimeoutError as error:
            raise LinkError(f"expected welcome within {self._answer_s:g} s, got nothing") from error
        welcome = wire.decode_from_server(answer)
        if isinstance(welcome, wire.Problem):
            raise LinkError(f"the server refused our hello: {welcome.code}: {welcome.detail}")
        if not isinstance(welcome, wire.Welcome):
            raise LinkError(f"expected welcome, got {type(welcome).__name__.lower()}")
        if welcome.config != self.config:
            self.config = welcome.config
            self.reconfigured.set()
        await self._queue.raise_above(welcome.last_seq)
        self._heard_at = self._up_at = asyncio.get_running_loop().time()
        self._down_logged = False
        self.welcomed.set()
        _log.info("link up: %s", self._transport.name)

    # --- side by side ---------------------------------------------------------

    async def _take(self, channel: LinkChannel) -> None:
        while True:
            data = await channel.recv()
            self.turns += 1
            received = self._clock.monotonic()
            self._heard_at = asyncio.get_running_loop().time()
            try:
                message = wire.decode_from_server(data)
            except wire.WireError as error:
                # A newer server may say what we do not know; that is no reason to drop the line.
                _log.error("message not understood: %s", error)
                continue
            match message:
                case wire.Command() as command:
                    self._carry_out(command, received)
                case wire.Inspect(bus=bus, seconds=seconds):
                    self._begin_inspection(channel, bus, seconds)
                case wire.Firmware() | wire.FirmwareCancel():
                    if self._firmware is not None:
                        self._firmware(message)
                case wire.Ack(seq=seq):
                    self._queue.acknowledge(seq)
                case wire.Problem() as problem:
                    self._refused(problem)
                case wire.Heartbeat():
                    continue
                case wire.Welcome():
                    raise LinkError("expected one welcome a connection, got another")

    def _carry_out(self, command: wire.Command, received: float) -> None:
        """Start a new command; of a known one only repeat the result.

        The lock does not wait for the disk, but ``received`` does: what was received
        ends by name, even if the power goes now.
        """
        known = self._queue.knows(command.id)
        self._queue.note_command(command.id)
        if known:
            self._queue.repeat_result(command.id)
            return
        if command.op != "unlock":
            detail = f"expected op unlock, got {command.op[:100]}"
            self._queue.put(wire.Result(seq=0, id=command.id, outcome="unsupported", detail=detail))
            return
        self._hardware.unlock(command.id, command.slot, received, received + command.ttl_ms / 1000)

    def _begin_inspection(self, channel: LinkChannel, bus: int, seconds: float) -> None:
        running = self._inspections.pop(bus, None)
        if running is not None:
            running.cancel()
        # No seconds tap the bus as well: that is how the tap ends early.
        passing = self._hardware.inspect(bus, seconds)
        if seconds > 0:
            self._inspections[bus] = asyncio.create_task(self._inspect(channel, passing))

    async def _inspect(self, channel: LinkChannel, passing: AsyncIterator[wire.Frames]) -> None:
        """Send what passes on a bus. A link that goes ends it, and nothing of it is kept."""
        with contextlib.suppress(ChannelClosed):
            async for frames in passing:
                await channel.send(wire.encode(frames))

    def _end_inspections(self) -> None:
        while self._inspections:
            self._inspections.popitem()[1].cancel()

    def _refused(self, problem: wire.Problem) -> None:
        _log.error("the server refused a message: %s: %s", problem.code, problem.detail)
        if problem.seq is not None:
            self._queue.acknowledge(problem.seq)

    async def _send(self, channel: LinkChannel) -> None:
        """Send everything unacknowledged, then everything new, in order; once a connection each."""
        sent = 0
        while True:
            for command_id in self._queue.take_noted():
                await channel.send(wire.encode(wire.Received(id=command_id)))
            for message in self._queue.unacknowledged(after=sent):
                await channel.send(wire.encode(message))
                sent = message.seq
            await self._queue.changed()

    async def _beat(self, channel: LinkChannel) -> None:
        pause = self.config.heartbeat_s
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(pause)
            self.turns += 1
            if loop.time() - self._heard_at > MISSED_HEARTBEATS * pause:
                raise LinkError(f"{MISSED_HEARTBEATS} heartbeats were not answered")
            await channel.send(wire.encode(wire.Heartbeat()))
