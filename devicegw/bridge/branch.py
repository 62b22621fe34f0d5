"""The bridge's part for one branch: its trolleys onto the broker, commands from the broker to the server.

It is an ordinary client of ``/ws/branch/`` with the service account's token. A command waits
while the server is away and goes again, under the same id, until it is answered or too old.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from random import Random
from typing import Any, Protocol

import msgspec

from devicegw.bridge.login import LoginFailed, ServiceAccount
from devicegw.clock import Clock, SystemClock
from devicegw.link.link import Backoff
from devicegw.link.transport import ChannelClosed, LinkChannel, WebsocketTransport
from devicegw.mqtt_wire import (
    AHEAD_S,
    CommandAnswer,
    TrolleyCommand,
    TrolleyStatus,
    decode_command,
    status_of,
)
from devicegw.tasks import until_one_ends
from devicegw.wire import UNREADABLE, utc

_log = logging.getLogger("devices.bridge")

SUBPROTOCOL = "trolley.v1"
MAX_FRAME = 16 * 1024 * 1024
"""A snapshot holds a whole branch."""
ANSWER_S = 10.0
PING_S = 20.0
OWN = "mqtt-"
"""What ids of the feed itself begin with, so that none is taken for a command's."""


class Board(Protocol):
    """Where trolleys are shown."""

    async def show(self, chain: str, branch: str, status: TrolleyStatus) -> None:
        """Publish what a trolley is like now."""


class _Pending(msgspec.Struct):
    trolley_id: str
    command: TrolleyCommand
    op: str
    expires: float
    done: tuple[Callable[[], None], ...]
    """For every time that it came."""


class BranchSubscription:
    """Runs until cancelled."""

    def __init__(
        self,
        code: str,
        server_url: str,
        account: ServiceAccount,
        board: Board,
        backoff: Backoff | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.code = code
        self._clock = clock or SystemClock()
        self._url = f"{server_url.rstrip('/')}/ws/branch/{code}/"
        self._account = account
        self._board = board
        self._backoff = backoff or Backoff()
        self._random = Random()
        self._failures = 0
        self._chain: str | None = None
        self._trolleys: dict[str, TrolleyStatus] = {}
        self._answers: dict[str, CommandAnswer] = {}
        self._pending: dict[str, _Pending] = {}
        self._command_came = asyncio.Event()
        self._down_logged = False
        self.is_up = False
        """Whether the branch's topic is followed now."""

    # --- from the broker ------------------------------------------------------

    async def command(
        self, trolley_id: str, op: str, payload: bytes, done: Callable[[], None], *, retained: bool
    ) -> None:
        """Take a command; its answer is shown in the trolley's status, and then ``done`` is called."""
        try:
            command = decode_command(payload)
        except UNREADABLE as error:
            await self._answer(trolley_id, CommandAnswer(None, op, "invalid_message", str(error)), done)
            return
        op = command.op or op
        if retained:
            answer = CommandAnswer(
                command.id, op, "retained", "A command must not be retained: it would come again."
            )
            await self._answer(trolley_id, answer, done)
            return
        _log.info("command %s of %s has come", command.id, trolley_id)
        now = self._clock.now()
        if command.age(now) < -AHEAD_S:
            detail = f"Its time, {_time(command)}, is ahead of this bridge's clock, {_at(now)}."
            await self._answer(trolley_id, CommandAnswer(command.id, op, "clock_ahead", detail), done)
            return
        if command.left(now) <= 0:
            await self._answer(trolley_id, _expired(command, op, now), done)
            return
        # From here on a clock that is never set counts.
        expires = self._clock.monotonic() + min(command.left(now), command.ttl_s)
        before = self._pending.get(command.id)
        waiting = (done,) if before is None else (*before.done, done)
        self._pending[command.id] = _Pending(trolley_id, command, op, expires, waiting)
        self._command_came.set()

    async def show_all(self) -> None:
        """Show every trolley again: the broker may have forgotten them."""
        for trolley_id in list(self._trolleys):
            await self._show(trolley_id)

    # --- the server -----------------------------------------------------------

    async def run(self) -> None:
        """Keep the branch's topic followed."""
        while True:
            try:
                await self._connection()
                why = "closed"
            except (ChannelClosed, LoginFailed, OSError) as error:
                why = str(error)
            self.is_up = False
            if not self._down_logged:
                self._down_logged = True
                _log.warning("branch %s down: %s", self.code, why)
            await self._expire()
            await asyncio.sleep(self._backoff.pause(self._failures, self._random))
            self._failures += 1

    async def _connection(self) -> None:
        token = await self._account.token()
        transport = WebsocketTransport(self._url, lambda: token, SUBPROTOCOL, MAX_FRAME)
        async with transport.open(ANSWER_S) as channel:
            subscribe = {"id": f"{OWN}subscribe", "type": "subscribe", "topic": f"branch:{self.code}"}
            await channel.send(json.dumps(subscribe))
            await until_one_ends(self._take(channel), self._give(channel), self._ping(channel))

    async def _ping(self, channel: LinkChannel) -> None:
        while True:
            await asyncio.sleep(PING_S)
            await channel.send(json.dumps({"id": f"{OWN}ping", "type": "ping"}))

    async def _give(self, channel: LinkChannel) -> None:
        """Give every pending command once a connection, and new ones as they come."""
        given: set[str] = set()
        while True:
            self._command_came.clear()
            await self._expire()
            for id_, pending in list(self._pending.items()):
                if id_ not in given:
                    await channel.send(json.dumps(_frame(id_, pending)))
            given = set(self._pending)
            await self._command_came.wait()

    async def _take(self, channel: LinkChannel) -> None:
        while True:
            frame: dict[str, Any] = msgspec.json.decode(await channel.recv())
            match frame["type"]:
                case "snapshot":
                    await self._snapshot(frame["data"])
                case "event" if "trolley" in frame["data"]:
                    await self._changed(frame["data"]["trolley"])
                case "reply":
                    await self._replied(frame)
                case "notice" if frame["code"] == "token_expiring":
                    renewal = {
                        "id": f"{OWN}renew",
                        "type": "auth.renew",
                        "token": await self._account.token(),
                    }
                    await channel.send(json.dumps(renewal))

    async def _snapshot(self, data: dict[str, Any]) -> None:
        self._chain = data["branch"]["chain"]
        if not self.is_up:
            _log.info("branch %s up, %d trolleys", self.code, len(data["trolleys"]))
        self.is_up, self._down_logged, self._failures = True, False, 0
        for trolley in data["trolleys"]:
            await self._changed(trolley)

    async def _changed(self, trolley: dict[str, Any]) -> None:
        status = status_of(trolley)
        if self._trolleys.get(status.trolley_id) != status:
            self._trolleys[status.trolley_id] = status
            await self._show(status.trolley_id)

    async def _replied(self, frame: dict[str, Any]) -> None:
        id_ = str(frame["id"])
        pending = self._pending.pop(id_, None)
        if pending is None:
            if not frame["ok"] and id_.startswith(OWN):
                raise ChannelClosed(f"{id_.removeprefix(OWN)} was refused: {frame['problem']['detail']}")
            return
        code, detail = "ok", ""
        if not frame["ok"]:
            code, detail = frame["problem"]["code"], frame["problem"]["detail"]
        await self._answer(pending.trolley_id, CommandAnswer(id_, pending.op, code, detail), *pending.done)

    # --- the board ------------------------------------------------------------

    async def _expire(self) -> None:
        now = self._clock.monotonic()
        for id_, pending in list(self._pending.items()):
            if now >= pending.expires:
                del self._pending[id_]
                answer = _expired(pending.command, pending.op, self._clock.now())
                await self._answer(pending.trolley_id, answer, *pending.done)

    async def _answer(self, trolley_id: str, answer: CommandAnswer, *done: Callable[[], None]) -> None:
        _log.info("command %s of %s: %s", answer.id, trolley_id, answer.code, extra={"detail": answer.detail})
        # Before the first snapshot no trolley is known yet; the answer is shown with the trolley.
        if trolley_id in self._trolleys or self._chain is None:
            self._answers[trolley_id] = answer
        if trolley_id in self._trolleys:
            await self._show(trolley_id)
        for each in done:
            each()

    async def _show(self, trolley_id: str) -> None:
        status = self._trolleys[trolley_id]
        shown = msgspec.structs.replace(status, answer=self._answers.get(trolley_id))
        if self._chain is not None:
            await self._board.show(self._chain, self.code, shown)


def _expired(command: TrolleyCommand, op: str, now: float) -> CommandAnswer:
    age = command.age(now)
    detail = f"It was given at {_time(command)}, {age:.0f} s ago, and held for {command.ttl_s:g} s."
    return CommandAnswer(command.id, op, "expired", detail)


def _time(command: TrolleyCommand) -> str:
    return _at(command.at.timestamp())


def _at(posix: float) -> str:
    return utc(posix).isoformat(timespec="seconds").replace("+00:00", "Z")


def _frame(id_: str, pending: _Pending) -> dict[str, Any]:
    command = pending.command
    frame: dict[str, Any] = {"id": id_, "type": f"trolley.{pending.op}", "trolley_id": pending.trolley_id}
    frame |= {"given_at": command.at.isoformat(), "ttl_s": command.ttl_s}
    return frame | {"reason": command.reason} if pending.op == "unlock" else frame
