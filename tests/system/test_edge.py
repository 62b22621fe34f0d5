"""An owner of the actors and an edge as two real processes, Redis and PostgreSQL between them.

The shopper and the Pi are at the edge, the manager is at the owner; then the edge is killed.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.devicegw.process import start_agent
from tests.system.demo import furnished
from tests.system.mqtt import DEVICE
from tests.system.store import Store
from tests.system.talk import Talk, talk

TROLLEY = "TROLLEY_01"
BOARD = "branch:BRANCH-001"


def _agent_config(owner: Store, edge: Store, folder: Path) -> tuple[str, Path]:
    device_id, token, *_ = owner.run("-c", DEVICE).split()
    config = {
        "server_url": edge.socket_url("/ws/device/"),
        "device_id": device_id,
        "device_token": token,
        "state_dir": str(folder / "pi"),
        "buses": [{"port": "sim", "protocol": "simulator", "boards": [{"address": 0}, {"address": 1}]}],
    }
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return device_id, path


@pytest.mark.timeout(300)
def test_who_was_at_an_edge_that_is_killed_goes_on_at_the_owner(
    new_postgres_url: str, redis_url: str, redis_prefix: str, tmp_path: Path
) -> None:
    shared = {"REDIS_URL": redis_url, "REDIS_PREFIX": redis_prefix}
    with ExitStack() as stack:
        owner = stack.enter_context(furnished(new_postgres_url, tmp_path, **shared))
        (tmp_path / "edge").mkdir()
        edge = Store(new_postgres_url, tmp_path / "edge", ROLE="edge", **shared)
        stack.callback(edge.close)
        (_, shopper), (_, manager) = owner.shoppers(1)
        owner.start()
        edge.start()
        device_id, config = _agent_config(owner, edge, tmp_path)
        asyncio.run(_shop(owner, edge, shopper, manager, device_id, config))
        owner.stop()
        owner.manage("check_journal")


async def _shop(owner: Store, edge: Store, shopper: str, manager: str, device_id: str, config: Path) -> None:
    found = await asyncio.to_thread(edge.get, "/api/products?page_size=2", shopper)
    milk, bread = (each["barcode"] for each in found["results"])
    async with talk(owner, "/ws/branch/BRANCH-001/", manager) as desk:
        devices = (await desk.follow(BOARD))["data"]["devices"]
        assert [each["online"] for each in devices] == [False]
        agent = await start_agent(config)
        try:
            await desk.event(BOARD, "DeviceConnected")
            async with talk(edge, "/ws/shopper/", shopper) as phone:
                session_id, epoch, offset = await _take_and_fill(phone, desk, milk)
                await _look_at_the_bus(desk, device_id)
                await asyncio.to_thread(edge.kill)
        finally:
            await agent.stop()
        # Meanwhile something is put in from another screen.
        async with talk(owner, "/ws/shopper/", shopper) as tablet:
            await tablet.ask("cart.add", barcode=bread)
        async with talk(owner, "/ws/shopper/", shopper) as phone:
            resumed = await phone.follow("cart", epoch, offset)
            missed = await phone.event("cart", "ItemAdded")
            assert (resumed["recovered"], missed["offset"]) == (True, offset + 1)
            assert (missed["data"]["total_items"], missed["data"]["item"]["product"]["barcode"]) == (3, bread)
            seat = await phone.follow("session")
            assert seat["data"]["session"]["session_id"] == session_id
            await phone.ask("session.end", session_id=session_id)
        await desk.event(BOARD, "SessionEnded")


async def _take_and_fill(phone: Talk, desk: Talk, barcode: str) -> tuple[str, str, int]:
    """Take a trolley and put something into it; return the session, and the place in the cart's topic."""
    epoch = (await phone.follow("cart"))["epoch"]
    started = await phone.ask("session.start", trolley_id=TROLLEY)
    assigned = await desk.event(BOARD, "TrolleyAssigned")
    assert assigned["data"]["trolley"]["assigned_to"] == "walker0"
    # The lock is the Pi's, which is at the edge; the actor that has it opened is at the owner.
    await desk.event(BOARD, "LockOpened")
    await phone.ask("cart.add", barcode=barcode, quantity=2)
    added = await phone.event("cart", "ItemAdded")
    assert added["data"]["total_items"] == 2
    total = await desk.event(BOARD, "CartTotalChanged")
    assert total["data"]["cart_units"] == 2
    return started["session_id"], epoch, added["offset"]


async def _look_at_the_bus(desk: Talk, device_id: str) -> None:
    await desk.ask("device.inspect", device_id=device_id, bus=0, seconds=60)
    shown = await desk.next(lambda frame: frame["type"] == "frames" and frame["frames"], "frames of the bus")
    assert {each["board"] for each in shown["frames"]} <= {0, 1}
