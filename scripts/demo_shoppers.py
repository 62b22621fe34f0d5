"""Simulated shoppers: they come, scan, change their mind, pay, or forget; all through the public websocket.

``python -m scripts.demo_shoppers --server ws://127.0.0.1:8000`` is a process of its own, beside
the server as people are. ``DEMO_SHOPPERS`` says how many. The trolleys themselves are
pulled out and pushed back by the simulated store.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import random
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

import django
from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

log = logging.getLogger(__name__)

REPLY_WITHIN_S = 10.0
_GOOD, _DECLINED = "4242424242424242", "4000000000000002"
"""Cards of the sandbox."""
_DELIVERY = 200


class Habits(NamedTuple):
    """How people behave; times are seconds at pace 1."""

    pause: tuple[float, float] = (5.0, 40.0)
    """Between one visit and the next."""
    look: tuple[float, float] = (2.0, 9.0)
    """At the shelf, between one scan and the next."""
    goods: tuple[int, int] = (3, 18)
    change_mind: float = 0.15
    several: float = 0.2
    unreadable: float = 0.03
    forget: float = 0.12
    """Of visits end by walking off; the session expires."""
    abandon: float = 0.1
    short: float = 0.08
    """Of cards are declined at first."""
    pace: float = 1.0
    """2: twice as fast."""


class CommandFailed(Exception):
    """The server's problem document."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem["code"])
        self.code: str = problem["code"]
        self.items: list[dict[str, Any]] = problem.get("items", [])


class Phone:
    """A shopper's open socket: a command at a time, events are read past."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def command(self, name: str, **fields: Any) -> dict[str, Any]:
        """Send a command and return its reply's data. Raises Refused, TimeoutError, WebSocketException."""
        id_ = str(uuid4())
        await self._socket.send(json.dumps({"id": id_, "type": name, **fields}))
        async with asyncio.timeout(REPLY_WITHIN_S):
            while True:
                frame = json.loads(await self._socket.recv())
                if frame["type"] == "reply" and frame["id"] == id_:
                    break
        if not frame["ok"]:
            raise CommandFailed(frame["problem"])
        data: dict[str, Any] = frame["data"]
        return data


class Shopper:
    """One simulated person."""

    def __init__(
        self,
        server: str,
        token: Callable[[], str],
        trolleys: list[str],
        barcodes: list[str],
        habits: Habits,
        dice: random.Random,
        fill: Callable[[list[str]], Awaitable[None]] | None = None,
    ) -> None:
        """``fill(product_ids)``: somebody puts more of it on the shelf."""
        self._fill_shelf = fill
        self._server = server
        self._token = token
        self._trolleys = trolleys
        self._barcodes = barcodes
        self._habits = habits
        self._dice = dice

    async def live(self) -> None:
        """Shop again and again without end; wait while the server is down."""
        while True:
            await self._wait(self._habits.pause)
            try:
                await self.visit()
            except (OSError, WebSocketException, TimeoutError, CommandFailed) as error:
                log.info("a visit ended early: %r", error)

    async def visit(self) -> str:
        """Shop once; return how it ended: paid, abandoned, forgotten or no_trolley."""
        token = await asyncio.to_thread(self._token)
        url = f"{self._server}/ws/shopper/"
        headers = {"Authorization": f"Bearer {token}"}
        async with connect(url, additional_headers=headers, compression=None) as socket:
            phone = Phone(socket)
            session = await self._claim(phone)
            if session is None:
                return "no_trolley"
            await self._fill(phone, session)
            if self._dice.random() < self._habits.forget:
                return "forgotten"
            if self._dice.random() >= self._habits.abandon and await self._pay(phone):
                return "paid"
            await phone.command("session.end", session_id=session, outcome="abandoned")
            return "abandoned"

    async def _claim(self, phone: Phone) -> str | None:
        for trolley_id in self._dice.sample(self._trolleys, min(5, len(self._trolleys))):
            try:
                started = await phone.command("session.start", trolley_id=trolley_id)
            except CommandFailed as refused:
                log.debug("%s: %s", trolley_id, refused)
                await self._wait((1.0, 3.0))
            else:
                return str(started["session_id"])
        return None

    async def _fill(self, phone: Phone, session: str) -> None:
        for _ in range(self._dice.randint(*self._habits.goods)):
            await self._wait(self._habits.look)
            if self._dice.random() < self._habits.unreadable:
                await self._misread(phone, session)
                continue
            quantity = self._dice.randint(2, 4) if self._dice.random() < self._habits.several else 1
            barcode = self._dice.choice(self._barcodes)
            added = await phone.command("cart.add", session_id=session, barcode=barcode, quantity=quantity)
            if self._dice.random() < self._habits.change_mind:
                await self._wait(self._habits.look)
                less = self._dice.randint(0, max(0, quantity - 1))
                await phone.command("cart.set_quantity", item_id=added["item"]["id"], quantity=less)

    async def _pay(self, phone: Phone) -> bool:
        """Pay at the till, with another card if the first is declined; the session ends by itself then."""
        try:
            begun = await self._begin(phone)
        except CommandFailed as refused:
            log.debug("nothing can be paid: %s", refused)
            return False
        cards = [_DECLINED, _GOOD] if self._dice.random() < self._habits.short else [_GOOD]
        for card in cards:
            await self._wait(self._habits.look)
            paid = await phone.command("payment.confirm", payment_id=begun["payment_id"], card=card)
            if paid["status"] == "paid":
                return True
            begun = await phone.command("payment.create", payment_method="sandbox")
        return False

    async def _begin(self, phone: Phone) -> dict[str, Any]:
        try:
            return await phone.command("payment.create", payment_method="sandbox")
        except CommandFailed as refused:
            if refused.code != "insufficient_stock" or self._fill_shelf is None:
                raise
            await self._fill_shelf([item["product_id"] for item in refused.items])
            return await phone.command("payment.create", payment_method="sandbox")

    async def _misread(self, phone: Phone, session: str) -> None:
        try:
            await phone.command("cart.add", session_id=session, barcode="smudged-label")
        except CommandFailed as refused:
            log.debug("a label could not be read: %s", refused)

    async def _wait(self, between: tuple[float, float]) -> None:
        await asyncio.sleep(self._dice.uniform(*between) / self._habits.pace)


class Storekeeper:
    """Fills the shelf when a shopper finds it empty."""

    def __init__(self, server: str, token: Callable[[], str], branch: str) -> None:
        self._server = server
        self._token = token
        self._branch = branch

    async def fill(self, product_ids: list[str]) -> None:
        """Take a delivery of these in, through the public socket."""
        headers = {"Authorization": f"Bearer {await asyncio.to_thread(self._token)}"}
        lines = [{"product_id": each, "quantity": _DELIVERY} for each in product_ids]
        url = f"{self._server}/ws/branch/{self._branch}/"
        async with connect(url, additional_headers=headers, compression=None) as socket:
            await Phone(socket).command("stock.receive", branch=self._branch, lines=lines)


async def crowd(server: str, count: int, branch: str | None, habits: Habits, seed: int | None) -> None:
    """Let so many shoppers live in a branch, by default the demo's with lock hardware."""
    from core.demo import visitors
    from core.demo.load import LOCKED_BRANCH

    people = await asyncio.to_thread(visitors.visitors, count)
    code = branch or LOCKED_BRANCH
    trolleys = await asyncio.to_thread(visitors.trolleys, code)
    keeper = await asyncio.to_thread(visitors.storekeeper, code)
    shelf = Storekeeper(server, lambda: visitors.token(keeper), code)
    barcodes = await asyncio.to_thread(visitors.barcodes)
    dice = random.Random(seed)

    def shopper(person: visitors.Visitor) -> Shopper:
        own = random.Random(dice.random())
        token = partial(visitors.token, person)
        return Shopper(server, token, trolleys, barcodes, habits, own, shelf.fill)

    async with asyncio.TaskGroup() as group:
        for person in people:
            group.create_task(shopper(person).live())


def main() -> None:
    """Run until the process is stopped."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()

    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("--server", default=f"ws://127.0.0.1:{settings.PORT}")
    parser.add_argument("--shoppers", type=int, default=settings.DEMO_SHOPPERS)
    parser.add_argument("--branch", default=None, help="code of the branch; default: the demo's")
    parser.add_argument("--pace", type=float, default=1.0, help="2: twice as fast as people are")
    parser.add_argument("--seed", type=int, default=None, help="for a crowd that does the same again")
    options = parser.parse_args()
    habits = Habits(pace=options.pace)
    try:
        asyncio.run(crowd(options.server, options.shoppers, options.branch, habits, options.seed))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
