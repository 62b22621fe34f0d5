"""HTTP load: keep-alive connections, one request at a time on each, on bare asyncio protocols.

A framework's client would be slower than the servers it measures. A server that
closes after an answer (gunicorn's sync worker) gets a new connection.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import cast
from uuid import uuid4

import uvloop

from bench.load.plan import Caller, Plan, Tally, read_plan, write_outcome


def requests(plan: Plan, caller: Caller) -> list[bytes]:
    """The caller's requests as bytes; ``@ID@`` in a header or body stays for ``fill``."""
    lines = {"Host": f"{plan.host}:{plan.port}", "Content-Type": "application/json", **caller.headers}
    headers = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    head = f"{plan.method} {plan.path} HTTP/1.1\r\n{headers}"
    lengths = (len(body) + body.count("@ID@") * (36 - len("@ID@")) for body in caller.bodies)
    return [
        f"{head}Content-Length: {length}\r\n\r\n{body}".encode()
        for length, body in zip(lengths, caller.bodies, strict=True)
    ]


class Connection(asyncio.Protocol):
    """One caller: sends, waits for the whole answer, sends the next."""

    def __init__(self, plan: Plan, caller: Caller, tally: Tally, done: asyncio.Future[None]) -> None:
        self._requests = itertools.cycle(requests(plan, caller))
        self._good = plan.good.encode()
        self._tally = tally
        self._done = done
        self._address = (plan.host, plan.port)
        # The last group of a UUID counts; the rest is this connection's.
        self._prefix = str(uuid4())[:24].encode()
        self._count = itertools.count()
        self._buffer = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request of this connection."""
        # uvloop's transports do not derive from asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._buffer = b""
        self._send()

    def _send(self) -> None:
        request = next(self._requests)
        if b"@ID@" in request:
            request = request.replace(b"@ID@", b"%s%012x" % (self._prefix, next(self._count)))
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Collect until the answer is whole; count it; go on or finish."""
        self._buffer = self._buffer + data if self._buffer else data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._buffer[:head_end].lower()
        at = head.find(b"content-length:")
        if at < 0:
            self._finish(b"an answer without Content-Length: " + self._buffer)
            return
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(self._buffer) < head_end + 4 + length:
            return
        self._answered(head)

    def _answered(self, head: bytes) -> None:
        now = time.perf_counter()
        if not head.startswith(b"http/1.1 2") or self._good not in self._buffer:
            self._tally.fail(self._buffer)
        self._buffer = b""
        if not self._tally.note(self._sent, now):
            self._finish(None)
        elif b"connection: close" in head:
            self._transport.abort()
        else:
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        """Connect anew unless the time is over."""
        if not self._done.done():
            self._reconnecting = asyncio.ensure_future(self._reconnect())

    async def _reconnect(self) -> None:
        if time.perf_counter() >= self._tally.end:
            self._finish(None)
            return
        try:
            await asyncio.get_running_loop().create_connection(lambda: self, *self._address)
        except OSError as error:
            self._finish(f"cannot reconnect: {error}".encode())

    def _finish(self, failure: bytes | None) -> None:
        if failure is not None:
            self._tally.fail(failure)
        if not self._done.done():
            self._done.set_result(None)
        self._transport.close()


async def run(plan: Plan) -> None:
    """Open all connections, wait for the end, say the outcome."""
    loop = asyncio.get_running_loop()
    tally = Tally(plan.warmup_s, plan.measure_s)
    ends = []
    for caller in plan.callers:
        done: asyncio.Future[None] = loop.create_future()
        ends.append(done)
        await loop.create_connection(
            lambda caller=caller, done=done: Connection(plan, caller, tally, done), plan.host, plan.port
        )
    await asyncio.wait(ends, timeout=plan.warmup_s + plan.measure_s + 10)
    unanswered = sum(not done.done() for done in ends)
    if unanswered:
        tally.fail(f"{unanswered} connections were left without an answer")
    write_outcome(tally.outcome())


if __name__ == "__main__":
    uvloop.run(run(read_plan()))
