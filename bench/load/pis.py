"""All Pis of a fleet in one process: they connect, report, tell how they are and open locks.

Reads a ``Visit`` from standard input, prints ``Visited``. Every report is a change: the
hook of a slot opens or closes, each slot in its turn, with the slot's trolley in it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.kit.process import cpu_of
from bench.load.plan import cpu_seconds, quantile, write_outcome

TICK_S = 0.005
PATIENCE_S = 30.0
BURST = 16
"""Slots of one board."""


class Device(msgspec.Struct, frozen=True):
    """One Pi, and the trolley in its first slot."""

    id: str
    token: str
    trolley: str


class Visit(msgspec.Struct, frozen=True):
    """What the client is told."""

    host: str
    port: int
    server: int
    """Its process, for its memory and processor time."""
    devices: list[Device]
    slots: int
    desk: str
    """Access token of somebody who may order locks open."""
    rate: int
    """Messages a second."""
    seconds: float
    repetitions: int
    rounds: int
    """Unlocks with nothing else going on."""


class Flow(msgspec.Struct, frozen=True):
    """One repetition of sending."""

    rate: float
    """Messages a second that were acknowledged before the sending ended."""
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """The server's processor time for each."""
    server_cpu: float
    client_cpu: float


class Orders(msgspec.Struct, frozen=True):
    """Unlocks of one repetition: milliseconds."""

    arrived: list[float]
    """From the order at the desk until the Pi has the command."""
    ended: list[float]
    """Until the Pi's result is acknowledged, too."""


class Visited(msgspec.Struct, frozen=True):
    """What was measured."""

    connected_s: float
    kb_a_pi: float
    """What the server's memory grew by, divided by the Pis."""
    kb_after: float
    """The same after everything else."""
    quiet: list[Orders]
    busy: list[Orders]
    """Beside reports that come one by one."""
    telemetry: list[Flow]
    reports: list[Flow]
    bursts: list[Flow]
    most: list[Flow]
    """Every Pi sends its next report when the last is acknowledged."""


class Failed(Exception):
    """The server did not do what it should; the figures would mean nothing."""


class Pi(WSListener):  # type: ignore[misc]
    """One device's link: says hello, numbers what it sends, answers every command at once."""

    def __init__(self, device: Device, slots: int) -> None:
        super().__init__()
        self.device = device
        self.welcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sent: dict[int, float] = {}
        self.acked: Callable[[Pi, float], None] | None = None
        """Told how long each acknowledgement took."""
        self.order: Order | None = None
        self.problem = ""
        self.seq = 0
        self._closed = [True] * slots
        self._transport: WSTransport

    def _say(self, message: str) -> None:
        self._transport.send(WSMsgType.TEXT, message.encode())

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Say hello: a trolley in every slot."""
        self._transport = transport
        at = _now()
        slots = [{"slot": n, "hook": "closed", "present": True, "at": at} for n in range(len(self._closed))]
        hello = {"type": "hello", "device_id": self.device.id, "boot_id": "b", "firmware": "1"}
        self._say(json.dumps({**hello, "slots": slots}))

    def report(self) -> None:
        """Tell of the next slot's hook, the other way round than before."""
        seq = self._next()
        slot = seq % len(self._closed)
        self._closed[slot] = not self._closed[slot]
        hook = "closed" if self._closed[slot] else "open"
        self._say(
            f'{{"type":"report","seq":{seq},"slot":{slot},"hook":"{hook}","present":true,"at":"{_now()}"}}'
        )

    def burst(self) -> None:
        """Tell of a board's slots, all at once."""
        for _ in range(BURST):
            self.report()

    def telemetry(self) -> None:
        """Say how it is."""
        data = '{"load":0.5,"temperature":51.5,"bus":{"answers":100,"timeouts":0}}'
        self._say(f'{{"type":"telemetry","seq":{self._next()},"at":"{_now()}","data":{data}}}')

    def _next(self) -> int:
        self.seq += 1
        self.sent[self.seq] = time.perf_counter()
        return self.seq

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Count acknowledgements; open locks."""
        if frame.msg_type == WSMsgType.CLOSE:
            self.problem = f"closed with {frame.get_close_code()}"
            return
        message = json.loads(frame.get_payload_as_bytes())
        match message["type"]:
            case "ack":
                self._ack(message["seq"])
            case "welcome":
                self.seq = max(self.seq, message["last_seq"])
                self.welcome.set_result(None)
            case "command":
                self._open(message["id"])
            case "problem":
                self.problem = str(message)

    def _ack(self, seq: int) -> None:
        if self.order is not None and self.order.seq == seq:
            self.order.ended.set_result(time.perf_counter())
            return
        began = self.sent.pop(seq)
        if self.acked is not None:
            self.acked(self, time.perf_counter() - began)

    def _open(self, command_id: str) -> None:
        self._say(f'{{"type":"received","id":"{command_id}"}}')
        self.seq += 1
        if self.order is not None:
            self.order.arrived, self.order.seq = time.perf_counter(), self.seq
        self._say(f'{{"type":"result","seq":{self.seq},"id":"{command_id}","outcome":"opened"}}')


class Order:
    """An unlock on its way."""

    def __init__(self) -> None:
        self.arrived = 0.0
        self.seq = -1
        self.ended: asyncio.Future[float] = asyncio.get_running_loop().create_future()


class Desk(WSListener):  # type: ignore[misc]
    """Somebody who orders locks open."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Read past the replies; what counts is what the Pis see."""


class Fleet:
    """All Pis, and one desk."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.pis: list[Pi] = []
        self.desk: Desk
        self._orders = 0

    async def connect(self) -> float:
        """Open every link; return how long it took until the last welcome."""
        began = time.perf_counter()
        gate = asyncio.Semaphore(50)

        async def one(device: Device) -> None:
            pi = Pi(device, self.visit.slots)
            self.pis.append(pi)
            async with gate:
                await self._open(lambda: pi, "/ws/device/", device.token, "trolley-device.v1")
                await asyncio.wait_for(pi.welcome, PATIENCE_S)

        await asyncio.gather(*map(one, self.visit.devices))
        took = time.perf_counter() - began
        self.desk = await self._open(Desk, "/ws/shopper/", self.visit.desk, "trolley.v1")
        return took

    async def _open(self, listener: Callable[[], WSListener], path: str, token: str, protocol: str) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Sec-WebSocket-Protocol": protocol}
        url = f"ws://{self.visit.host}:{self.visit.port}{path}"
        return (await ws_connect(listener, url, extra_headers=headers))[1]

    def check(self) -> None:
        """Raise if any Pi was refused anything."""
        problems = [f"{pi.device.id}: {pi.problem}" for pi in self.pis if pi.problem]
        if problems:
            raise Failed(f"{len(problems)} problems, the first: {problems[0]}")

    async def settle(self) -> None:
        """Wait until the server has nothing left to do."""
        until = time.perf_counter() + PATIENCE_S
        while time.perf_counter() < until:
            used = cpu_of(self.visit.server)
            await asyncio.sleep(0.5)
            if cpu_of(self.visit.server) - used < 0.1:
                return

    # --- sending ------------------------------------------------------------------

    async def paced(self, say: Callable[[Pi], None], each: int = 1) -> Flow:
        """Let the Pis speak in turn, ``each`` messages at a time, at the visit's rate."""

        async def go() -> None:
            began, count, turns = time.perf_counter(), 0, cycle(self.pis)
            while (passed := time.perf_counter() - began) < self.visit.seconds:
                while count + each <= passed * self.visit.rate:
                    say(next(turns))
                    count += each
                await asyncio.sleep(TICK_S)

        with self._counted() as took:
            return await self._measured(go, took)

    async def most(self) -> Flow:
        """Let every Pi send its next report when the last is acknowledged."""

        async def go() -> None:
            for pi in self.pis:
                pi.report()
            await asyncio.sleep(self.visit.seconds)

        until = time.perf_counter() + self.visit.seconds
        with self._counted(lambda pi: pi.report() if time.perf_counter() < until else None) as took:
            return await self._measured(go, took)

    @contextmanager
    def _counted(self, then: Callable[[Pi], None] | None = None) -> Iterator[list[float]]:
        took: list[float] = []

        def acked(pi: Pi, seconds: float) -> None:
            took.append(seconds)
            if then is not None:
                then(pi)

        for pi in self.pis:
            pi.acked = acked
        yield took
        for pi in self.pis:
            pi.acked = None

    async def _measured(self, go: Callable[[], Awaitable[None]], took: list[float]) -> Flow:
        server, client, began = cpu_of(self.visit.server), cpu_seconds(), time.perf_counter()
        await go()
        in_time, passed = len(took), time.perf_counter() - began
        client_cpu = (cpu_seconds() - client) / passed
        until = time.perf_counter() + PATIENCE_S
        while any(pi.sent for pi in self.pis):
            self.check()
            if time.perf_counter() > until:
                raise Failed(f"{sum(len(pi.sent) for pi in self.pis)} messages were never acknowledged")
            await asyncio.sleep(0.01)
        drained = time.perf_counter() - began
        await self.settle()
        used, ordered = cpu_of(self.visit.server) - server, sorted(took)
        return Flow(
            rate=in_time / passed,
            p50_ms=quantile(ordered, 0.5) * 1000,
            p99_ms=quantile(ordered, 0.99) * 1000,
            cpu_us=1e6 * used / max(1, len(ordered)),
            server_cpu=min(1.0, used / drained),
            client_cpu=client_cpu,
        )

    # --- unlocks ------------------------------------------------------------------

    async def orders(self, go_on: Callable[[int], bool]) -> Orders:
        """Order locks open, one at a time."""
        arrived: list[float] = []
        ended: list[float] = []
        while go_on(len(ended)):
            pi = self.pis[self._orders * 7 % len(self.pis)]
            self._orders += 1
            order = pi.order = Order()
            body = {"id": f"u{self._orders}", "type": "trolley.unlock", "trolley_id": pi.device.trolley}
            began = time.perf_counter()
            self.desk.transport.send(WSMsgType.TEXT, json.dumps({**body, "reason": "bench"}).encode())
            try:
                end = await asyncio.wait_for(order.ended, PATIENCE_S)
            except TimeoutError:
                raise Failed(f"an unlock of {pi.device.id} did not end within {PATIENCE_S:.0f} s") from None
            pi.order = None
            arrived.append((order.arrived - began) * 1000)
            ended.append((end - began) * 1000)
            await asyncio.sleep(0.02)
        return Orders(arrived, ended)

    async def reports_and_orders(self) -> tuple[Flow, Orders]:
        """Both at once."""
        flow = asyncio.create_task(self.paced(Pi.report))
        orders = await self.orders(lambda made: not flow.done())
        return await flow, orders


async def visit_all(visit: Visit) -> Visited:
    """Measure everything."""
    fleet = Fleet(visit)
    before = memory_kb(visit.server)
    connected_s = await fleet.connect()
    await fleet.settle()
    kb = (memory_kb(visit.server) - before) / len(visit.devices)
    quiet = [await fleet.orders(lambda made: made < visit.rounds)]
    again = range(visit.repetitions)
    telemetry = [await fleet.paced(Pi.telemetry) for _ in again]
    both = [await fleet.reports_and_orders() for _ in again]
    bursts = [await fleet.paced(Pi.burst, BURST) for _ in again]
    most = [await fleet.most() for _ in again]
    await fleet.settle()
    fleet.check()
    return Visited(
        connected_s=connected_s,
        kb_a_pi=kb,
        kb_after=(memory_kb(visit.server) - before) / len(visit.devices),
        quiet=quiet,
        busy=[orders for _, orders in both],
        telemetry=telemetry,
        reports=[flow for flow, _ in both],
        bursts=bursts,
        most=most,
    )


def memory_kb(pid: int) -> int:
    """Return the resident memory of a process."""
    lines: Sequence[str] = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def _now() -> str:
    now = time.time()
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now % 1 * 1000):03}Z"


if __name__ == "__main__":
    write_outcome(uvloop.run(visit_all(msgspec.json.decode(sys.stdin.buffer.read(), type=Visit))))
