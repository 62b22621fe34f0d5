"""Websocket load: many sockets, one command at a time on each, on picows (a C websocket client)."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any
from uuid import uuid4

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.load.plan import Caller, Plan, Tally, read_plan, write_outcome


class Socket(WSListener):  # type: ignore[misc]
    """One caller: sends, waits for the reply, sends the next. Events in between are read past."""

    def __init__(self, plan: Plan, caller: Caller, tally: Tally) -> None:
        super().__init__()
        self._parts = itertools.cycle([body.encode().partition(b"@ID@") for body in caller.bodies])
        self._good = plan.good.encode()
        self._tally = tally
        # The last group of a UUID counts; the rest is this socket's.
        self._prefix = str(uuid4())[:24].encode()
        self._count = itertools.count()
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self, transport: WSTransport) -> None:
        """Send the first command."""
        self._transport = transport
        self._send()

    def _send(self) -> None:
        before, placeholder, after = next(self._parts)
        if placeholder:
            before = b"%s%s%012x%s" % (before, self._prefix, next(self._count), after)
        self._sent = time.perf_counter()
        self._transport.send(WSMsgType.TEXT, before)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Count a reply and go on; an event is not a reply."""
        if frame.msg_type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            if frame.msg_type == WSMsgType.CLOSE:
                self._finish(f"closed by the server: {frame.get_close_code()}")
            return
        payload = frame.get_payload_as_bytes()
        if self._good not in payload:
            if b'"type":"reply"' not in payload:
                return
            self._tally.fail(payload)
        if self._tally.note(self._sent, time.perf_counter()):
            self._send()
        else:
            self._finish("")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """A socket that goes before the end is a failure."""
        self._finish("disconnected before the end")

    def _finish(self, failure: str) -> None:
        if not self.done.done():
            if failure:
                self._tally.fail(failure)
            self.done.set_result(None)


async def connect(plan: Plan, make: Any, caller: Caller) -> tuple[WSTransport, Any]:
    """Open one socket with the caller's headers."""
    headers = dict(caller.headers)
    if plan.subprotocols:
        headers["Sec-WebSocket-Protocol"] = ", ".join(plan.subprotocols)
    return await ws_connect(make, f"ws://{plan.host}:{plan.port}{plan.path}", extra_headers=headers)


async def run(plan: Plan) -> None:
    """Open all sockets, then start them together; say the outcome."""
    tally = Tally(plan.warmup_s, plan.measure_s)
    opened = [await connect(plan, lambda c=caller: Socket(plan, c, tally), caller) for caller in plan.callers]
    tally.start()
    for transport, socket in opened:
        socket.start(transport)
    await asyncio.wait([socket.done for _, socket in opened], timeout=plan.warmup_s + plan.measure_s + 10)
    unanswered = sum(not socket.done.done() for _, socket in opened)
    if unanswered:
        tally.fail(f"{unanswered} sockets were left without a reply")
    write_outcome(tally.outcome())
    for transport, _ in opened:
        transport.disconnect()


if __name__ == "__main__":
    uvloop.run(run(read_plan()))
