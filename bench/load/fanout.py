"""Fan-out load: many sockets that listen; each burst of events is over when every socket has every event."""

from __future__ import annotations

import asyncio
import time

import msgspec
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from bench.load.plan import Caller, Plan, cpu_seconds, quantile, read_plan, write_outcome
from bench.load.ws import connect

BURST = 20
"""Events a burst; with 500 sockets 10,000 deliveries."""


class FanoutOutcome(msgspec.Struct, frozen=True):
    """What the listeners saw."""

    rate: float
    """Deliveries a second: events times sockets over the time from asking to the last delivery."""
    burst_p50_ms: float
    burst_p99_ms: float
    deliveries: int
    all_deliveries: int
    """Those of the warm-up too."""
    failures: int
    first_failure: str
    client_cpu: float


class Crowd:
    """Counts the deliveries of the running burst over all sockets."""

    def __init__(self, sockets: int) -> None:
        self._expected = sockets * BURST
        self._arrived = 0
        self._all = asyncio.Event()
        self.closed = 0

    def begin(self) -> None:
        """A new burst."""
        self._arrived = 0
        self._all.clear()

    def delivered(self) -> None:
        """One event on one socket."""
        self._arrived += 1
        if self._arrived == self._expected:
            self._all.set()

    async def everybody(self) -> None:
        """Wait until the burst is over."""
        async with asyncio.timeout(20):
            await self._all.wait()


class Listener(WSListener):  # type: ignore[misc]
    """One socket of the crowd."""

    def __init__(self, crowd: Crowd, good: bytes) -> None:
        super().__init__()
        self._crowd = crowd
        self._good = good

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Count an event."""
        if frame.msg_type == WSMsgType.TEXT and self._good in frame.get_payload_as_bytes():
            self._crowd.delivered()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Nobody should go."""
        self._crowd.closed += 1


async def run(plan: Plan) -> None:
    """Open the crowd, ask for bursts until the time is over, say the outcome."""
    crowd = Crowd(len(plan.callers))

    async def join(caller: Caller) -> WSTransport:
        transport, _ = await connect(plan, lambda: Listener(crowd, plan.good.encode()), caller)
        for body in caller.bodies:
            transport.send(WSMsgType.TEXT, body.encode())
        return transport

    transports = [await join(caller) for caller in plan.callers]
    # The server says nothing when a subscription stands; the warm-up covers it.
    await asyncio.sleep(0.5)
    ask = f"burst {BURST}".encode()

    async def burst() -> float:
        crowd.begin()
        sent = time.perf_counter()
        transports[0].send(WSMsgType.TEXT, ask)
        await crowd.everybody()
        return time.perf_counter() - sent

    warm = time.perf_counter() + plan.warmup_s
    bursts = 0
    while time.perf_counter() < warm:
        await burst()
        bursts += 1
    took: list[float] = []
    cpu, began = cpu_seconds(), time.perf_counter()
    while time.perf_counter() - began < plan.measure_s:
        took.append(await burst())
    elapsed = time.perf_counter() - began
    deliveries = len(took) * BURST * len(transports)
    ordered = sorted(took)
    write_outcome(
        FanoutOutcome(
            rate=deliveries / sum(took),
            burst_p50_ms=1000 * quantile(ordered, 0.5),
            burst_p99_ms=1000 * quantile(ordered, 0.99),
            deliveries=deliveries,
            all_deliveries=deliveries + bursts * BURST * len(transports),
            failures=crowd.closed,
            first_failure="sockets were closed" if crowd.closed else "",
            client_cpu=(cpu_seconds() - cpu) / elapsed,
        )
    )
    for transport in transports:
        transport.disconnect()


if __name__ == "__main__":
    uvloop.run(run(read_plan()))
