"""The disk is full, as far as the server's process can tell: the kernel lets its files grow no further.

``RLIMIT_FSIZE`` is lowered while the server runs; SQLite's writes then fail as they do without room.
"""

from __future__ import annotations

import asyncio
import json
import resource
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from tests.attacks.target import Target, target
from tests.realtime.conftest import World

GENEROUS = {"WS_COMMANDS_PER_SECOND": "100000"}


def fill(shop: Target, database: Path) -> None:
    """Let no file of the server's grow beyond what the database's log is now."""
    size = Path(f"{database}-wal").stat().st_size
    resource.prlimit(shop.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def make_room(shop: Target) -> None:
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(shop.process.pid, resource.RLIMIT_FSIZE, unlimited)


class Phone:
    def __init__(self, socket: ClientConnection, barcode: str) -> None:
        self.socket = socket
        self.barcode = barcode
        self.number = 0
        self.acknowledged: list[str] = []

    async def add(self) -> dict[str, object]:
        """Add one thing; return the frame that answers."""
        self.number += 1
        id_ = f"add-{self.number}"
        await self.socket.send(json.dumps({"type": "cart.add", "id": id_, "barcode": self.barcode}))
        while True:
            frame: dict[str, object] = json.loads(await asyncio.wait_for(self.socket.recv(), 60))
            if frame.get("id") == id_:
                if frame["ok"]:
                    self.acknowledged.append(id_)
                return frame


async def test_a_full_disk_is_said_at_every_door_and_nothing_acknowledged_is_lost(
    world: World, database: Path, tmp_path: Path
) -> None:
    token = await asyncio.to_thread(world.token)
    bearer = f"Authorization: Bearer {token}"
    with target("uvicorn", database, tmp_path, **GENEROUS) as shop:
        address = f"ws://127.0.0.1:{shop.port}/ws/shopper/"
        headers = {"Authorization": f"Bearer {token}"}
        async with asyncio.timeout(240), connect(address, additional_headers=headers) as socket:
            phone = Phone(socket, world.barcode)
            for _ in range(20):
                assert (await phone.add())["ok"]
            fill(shop, database)
            refused = None
            while refused is None:
                frame = await phone.add()
                refused = None if frame["ok"] else frame["problem"]
            assert isinstance(refused, dict)
            assert (refused["status"], refused["code"]) == (503, "unavailable")
            assert refused["retry_after"] >= 1
            not_ready = await shop.get("/readyz")
            assert not_ready.status == 503
            assert "retry-after: 5" in not_ready.head
            assert json.loads(not_ready.body)["checks"]["database"] == "ok"
            assert (await shop.get("/healthz")).status == 200
            cart = await shop.get("/api/cart", bearer)
            assert cart.status == 200
            assert json.loads(cart.body)["total_items"] == len(phone.acknowledged)
            make_room(shop)
            while (await shop.get("/readyz")).status != 200:
                await asyncio.sleep(0.02)
            while not (await phone.add())["ok"]:
                await asyncio.sleep(0.02)
            shop.process.kill()
    with target("uvicorn", database, tmp_path, **GENEROUS) as shop:
        cart = await shop.get("/api/cart", bearer)
        assert json.loads(cart.body)["total_items"] == len(phone.acknowledged)
