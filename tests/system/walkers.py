"""Shoppers that remember every command they sent and every answer they got, over any number of crashes."""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

Frame = dict[str, Any]
REPEATED = 100
WITHIN_S = 120.0
"""A deadline for a busy machine, not an expectation."""


class Walker:
    """One shopper. ``sent`` holds every command by its id, ``answers`` the first answer to each."""

    in_flight = 4

    def __init__(self, user_id: str, token: str, dice: random.Random) -> None:
        self.user_id = user_id
        self.dice = dice
        self.sent: dict[str, Frame] = {}
        self.answers: dict[str, Frame] = {}
        self.changed: list[tuple[Frame, Frame]] = []
        """Answers that a repeat got and that differ from the first."""
        self.token = token
        self._slots = asyncio.Semaphore(self.in_flight)
        self._waiting: defaultdict[str, deque[asyncio.Future[Frame]]] = defaultdict(deque)
        """Who waits for an answer to each id, first come first answered: a repeat may overtake itself."""

    def command(self, name: str, **fields: Any) -> Frame:
        """Note a new command and return its frame."""
        frame = {"id": str(UUID(int=self.dice.getrandbits(128), version=4)), "type": name, **fields}
        self.sent[frame["id"]] = frame
        return frame

    async def connect(self, url: str) -> ClientConnection:
        """Open the shopper's socket."""
        return await connect(url, subprotocols=["trolley.v1", f"bearer.{self.token}"], compression=None)  # type: ignore[list-item]

    async def walk(self, url: str) -> None:
        """Send what was left unanswered, then new commands for ever, until the server goes."""
        self._start_afresh()
        try:
            async with await self.connect(url) as socket:
                tasks = [
                    asyncio.ensure_future(self._talk(socket)),
                    asyncio.ensure_future(self._listen(socket)),
                ]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in tasks:
                    task.cancel()
                ended = await asyncio.gather(*tasks, return_exceptions=True)
        except (OSError, ConnectionClosed, InvalidHandshake, EOFError):
            return
        broken = [
            each for each in ended if isinstance(each, Exception) and not isinstance(each, ConnectionClosed)
        ]
        if broken:
            raise broken[0]

    async def _talk(self, socket: ClientConnection) -> None:
        await self._again(socket, self.unanswered())
        while True:
            await self._slots.acquire()
            await socket.send(json.dumps(self.next_command()))

    async def settle(self, url: str) -> None:
        """Send what was left unanswered, and repeat the last commands and a sample of the older ones."""
        self._start_afresh()
        frames = list(self.sent.values())
        older = self.dice.sample(frames, min(REPEATED, len(frames)))
        async with await self.connect(url) as socket:
            reader = asyncio.ensure_future(self._listen(socket))
            try:
                await self._again(socket, self.unanswered())
                await self._again(socket, [*older, *frames[-REPEATED:]])
            finally:
                reader.cancel()

    def _start_afresh(self) -> None:
        self._slots = asyncio.Semaphore(self.in_flight)
        self._waiting.clear()

    async def one(self, url: str, frame: Frame) -> Frame:
        """Send one command on a socket of its own and return the reply."""
        async with await self.connect(url) as socket:
            await socket.send(json.dumps(frame))
            async with asyncio.timeout(WITHIN_S):
                while True:
                    reply: Frame = json.loads(await socket.recv())
                    if reply["type"] == "reply" and reply["id"] == frame["id"]:
                        return reply

    def unanswered(self) -> list[Frame]:
        """What was sent and not answered."""
        return [frame for id_, frame in self.sent.items() if id_ not in self.answers]

    def next_command(self) -> Frame:
        """Make up the next command."""
        raise NotImplementedError

    async def _again(self, socket: ClientConnection, frames: Iterable[Frame]) -> None:
        """Send frames in order, a few at a time, until each has its answer."""
        await asyncio.gather(*(self._ask(socket, frame) for frame in frames))

    async def _ask(self, socket: ClientConnection, frame: Frame) -> None:
        """Send a frame until it is answered with anything but 503."""
        while True:
            answer = asyncio.get_running_loop().create_future()
            await self._slots.acquire()
            self._waiting[frame["id"]].append(answer)
            await socket.send(json.dumps(frame))
            reply = await asyncio.wait_for(answer, WITHIN_S)
            if reply["ok"] or reply["problem"]["status"] != 503:
                return

    async def _listen(self, socket: ClientConnection) -> None:
        async for text in socket:
            reply = json.loads(text)
            if reply["type"] != "reply":
                continue
            self._slots.release()
            self._note(reply)
            waiting = self._waiting[reply["id"]]
            if waiting and not (answer := waiting.popleft()).done():
                answer.set_result(reply)

    def _note(self, reply: Frame) -> None:
        if not reply["ok"] and reply["problem"]["status"] == 503:
            return
        first = self.answers.setdefault(reply["id"], reply)
        # A refusal changed nothing, so nothing of it is kept over a crash: it may be decided afresh.
        if first["ok"] and first != reply:
            self.changed.append((first, reply))


class Gatherer(Walker):
    """Fills a cart and never empties it: at the end it must hold exactly what was sent."""

    def __init__(self, user_id: str, token: str, dice: random.Random, barcodes: list[str]) -> None:
        super().__init__(user_id, token, dice)
        self.barcodes = barcodes

    def next_command(self) -> Frame:
        """Scan something."""
        return self.command("cart.add", barcode=self.dice.choice(self.barcodes), quantity=1)

    def expected_units(self) -> int:
        """How many units were put in, whether or not the answer arrived."""
        return sum(frame["quantity"] for frame in self.sent.values())


class Rival(Walker):
    """Takes trolleys that others want too, and gives them back; one thing at a time."""

    in_flight = 1

    def __init__(self, user_id: str, token: str, dice: random.Random, trolleys: list[str]) -> None:
        super().__init__(user_id, token, dice)
        self._trolleys = trolleys
        self._held: str | None = None

    def next_command(self) -> Frame:
        """Give back what is held, or try for one."""
        held, self._held = self._held, None
        if held is not None:
            return self.command("session.end", session_id=held, outcome="abandoned")
        return self.command("session.start", trolley_id=self.dice.choice(self._trolleys))

    def _note(self, reply: Frame) -> None:
        super()._note(reply)
        if reply["ok"] and self.sent[reply["id"]]["type"] == "session.start":
            self._held = reply["data"]["session_id"]
