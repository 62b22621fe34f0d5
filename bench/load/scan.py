"""Scans QR codes one after the other and waits until the manager's map shows each lock open.

Reads a ``Visit`` from standard input, prints ``Visited``. The trolley is then
pulled out, the session ended and the trolley pushed back, so that a round leaves
everything as it was.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from typing import Any
from uuid import uuid4

import msgspec
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from bench.load.plan import cpu_seconds, write_outcome

PATIENCE_S = 15.0


class Visit(msgspec.Struct, frozen=True):
    """What the client is told."""

    host: str
    port: int
    branch: str
    manager: str
    """Access token."""
    shoppers: list[dict[str, str]]
    """``token`` and ``trolley_id``; the n-th stands in slot n."""
    control: str
    """The simulator's control socket."""
    rounds: int
    warmup: int


class Visited(msgspec.Struct, frozen=True):
    """Milliseconds of every round."""

    reply_ms: list[float]
    """From the scan to the answer, which comes after the commit."""
    open_ms: list[float]
    """From the scan to the manager's map, the simulated bolt's own time included."""
    client_cpu: float


class Map:
    """The manager's socket: when which trolley's lock was seen open, and who is back in its slot."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._seen: dict[tuple[str, str], asyncio.Future[float]] = {}
        self.online = asyncio.Event()

    async def watch(self, branch: str) -> None:
        """Follow the branch."""
        frame = {"id": str(uuid4()), "type": "subscribe", "topic": f"branch:{branch}"}
        await self._socket.send(json.dumps(frame))
        async for text in self._socket:
            self._take(json.loads(text), time.perf_counter())

    def _take(self, frame: dict[str, Any], now: float) -> None:
        data = frame.get("data") or {}
        if any(
            device["online"] for device in [*data.get("devices", []), data.get("device", {"online": False})]
        ):
            self.online.set()
        if frame["type"] == "event" and "trolley" in data:
            waiting = self._seen.get((data["trolley"]["trolley_id"], frame["name"]))
            if waiting is not None and not waiting.done():
                waiting.set_result(now)

    def expect(self, trolley_id: str, name: str) -> asyncio.Future[float]:
        """The moment the map gets that event of that trolley."""
        waiting: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._seen[trolley_id, name] = waiting
        return waiting


class Shopper:
    """A shopper's open socket."""

    def __init__(self, socket: ClientConnection, trolley_id: str) -> None:
        self._socket = socket
        self.trolley_id = trolley_id

    async def command(self, type_: str, **fields: Any) -> dict[str, Any]:
        """Send one and wait for its reply; raises when it is refused."""
        id_ = str(uuid4())
        await self._socket.send(json.dumps({"id": id_, "type": type_, **fields}))
        while True:
            frame = json.loads(await self._socket.recv())
            if frame.get("id") == id_:
                if not frame["ok"]:
                    raise RuntimeError(f"{type_} was refused: {frame['problem']}")
                return dict(frame["data"])


async def order(control: str, line: str) -> None:
    """One order to the simulator."""
    reader, writer = await asyncio.open_unix_connection(control)
    writer.write(f"{line}\n".encode())
    answer = json.loads(await reader.readline())
    writer.close()
    if not answer.get("ok"):
        raise RuntimeError(f"the simulator did not {line}: {answer}")


async def one_round(visit: Visit, manager: Map, shopper: Shopper, slot: int) -> tuple[float, float]:
    """Scan, see the lock open, ride, end, bring back; returns seconds to the reply and to the map."""
    opened = manager.expect(shopper.trolley_id, "LockOpened")
    sent = time.perf_counter()
    begun = await shopper.command("session.start", trolley_id=shopper.trolley_id)
    replied = time.perf_counter()
    seen = await asyncio.wait_for(opened, PATIENCE_S)
    left = manager.expect(shopper.trolley_id, "TrolleyLeft")
    await order(visit.control, f"pull {slot}")
    await asyncio.wait_for(left, PATIENCE_S)
    await shopper.command("session.end", session_id=begun["session_id"], outcome="abandoned")
    back = manager.expect(shopper.trolley_id, "TrolleyReturned")
    await order(visit.control, f"push_back {slot}")
    await asyncio.wait_for(back, PATIENCE_S)
    return replied - sent, seen - sent


async def run(visit: Visit) -> None:
    """All rounds, one at a time, over the shoppers in turn."""

    async def socket(path: str, token: str) -> ClientConnection:
        url = f"ws://{visit.host}:{visit.port}{path}"
        headers = {"Authorization": f"Bearer {token}"}
        return await connect(url, additional_headers=headers, subprotocols=["trolley.v1"])  # type: ignore[list-item]

    manager = Map(await socket(f"/ws/branch/{visit.branch}/", visit.manager))
    watching = asyncio.create_task(manager.watch(visit.branch))
    await asyncio.wait_for(manager.online.wait(), PATIENCE_S)
    shoppers = [
        Shopper(await socket("/ws/shopper/", each["token"]), each["trolley_id"]) for each in visit.shoppers
    ]
    turns = itertools.cycle(enumerate(shoppers))
    took: list[tuple[float, float]] = []
    cpu, began = cpu_seconds(), time.perf_counter()
    for number in range(visit.warmup + visit.rounds):
        slot, shopper = next(turns)
        times = await one_round(visit, manager, shopper, slot)
        if number >= visit.warmup:
            took.append(times)
    share = (cpu_seconds() - cpu) / (time.perf_counter() - began)
    write_outcome(Visited([1000 * reply for reply, _ in took], [1000 * seen for _, seen in took], share))
    watching.cancel()


if __name__ == "__main__":
    uvloop.run(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Visit)))
