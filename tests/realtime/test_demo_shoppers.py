"""Simulated shoppers behave like people, through the public socket."""

from __future__ import annotations

import asyncio
import random
from functools import partial

import pytest

from core.fleet.models import Session
from realtime.server import Server
from scripts.demo_shoppers import Habits, Shopper, Storekeeper
from tests.realtime.conftest import World
from tests.realtime.serving import served

QUICK = Habits(pause=(0, 0), look=(0, 0), goods=(3, 6), change_mind=0.5, unreadable=0.2)
PAYING = QUICK._replace(forget=0.0, abandon=0.0, change_mind=0.0)


@pytest.mark.parametrize(
    ("habits", "ending", "outcome"),
    [
        (PAYING._replace(short=0.0), "paid", "paid"),
        (PAYING._replace(short=1.0), "paid", "paid"),
        (QUICK._replace(forget=0.0, abandon=1.0), "abandoned", "abandoned"),
        (QUICK._replace(forget=1.0), "forgotten", None),
    ],
)
async def test_a_visit_ends_as_habits_have_it(
    world: World, server: Server, habits: Habits, ending: str, outcome: str | None
) -> None:
    barcodes = [product.barcode for product in world.products]
    async with served(server) as port:
        url = f"ws://127.0.0.1:{port}"
        shelf = Storekeeper(url, world.staff, world.branch.code)
        shopper = Shopper(
            url, world.token, world.trolleys[:1], barcodes, habits, random.Random(7), shelf.fill
        )
        assert await shopper.visit() == ending
        await (await server.running()).settled()
    kept = await asyncio.to_thread(lambda: Session.objects.get(trolley_code=world.trolleys[0]))
    assert kept.outcome == outcome


async def test_a_shopper_who_finds_no_free_trolley_goes_away(world: World, server: Server) -> None:
    async with served(server) as port:
        url = f"ws://127.0.0.1:{port}"
        habits = QUICK._replace(forget=1.0, pace=1000.0)
        for name, ending in (("first", "forgotten"), ("second", "no_trolley")):
            token = partial(world.token, name)
            shopper = Shopper(url, token, world.trolleys[:1], [world.barcode], habits, random.Random(1))
            assert await shopper.visit() == ending
