"""The server is killed with -9 at random moments under load; nothing answered is lost, nothing is done twice.

Invariants 1, 2 and 10. Every few kills the journal is replayed from nothing and compared with
every row of the read models; at the end every command ever sent is sent once more.
"""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.system.store import Store
from tests.system.walkers import WITHIN_S, Gatherer, Rival, Walker

ROUNDS = 20
CHECK_EVERY = 5
"""A journal that is damaged stays so; replaying it from nothing after each round finds no more."""
GATHERERS = 6
RIVALS = 4
TROLLEYS = ["TROLLEY_51", "TROLLEY_52"]


async def _walk_until_killed(store: Store, walkers: list[Walker], seconds: float) -> None:
    walks = [asyncio.create_task(walker.walk(store.socket_url("/ws/shopper/"))) for walker in walkers]
    await asyncio.wait(walks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    store.kill()
    await asyncio.wait_for(asyncio.gather(*walks), WITHIN_S)


@pytest.mark.timeout(600)
def test_twenty_power_cuts_lose_nothing_that_was_answered_and_repeat_nothing(store: Store) -> None:
    dice = random.Random(20)
    people = store.shoppers(GATHERERS + RIVALS)
    gatherers = [Gatherer(*person, random.Random(i), []) for i, person in enumerate(people[:GATHERERS])]
    rivals = [
        Rival(*person, random.Random(100 + i), TROLLEYS)
        for i, person in enumerate(people[GATHERERS : GATHERERS + RIVALS])
    ]
    walkers: list[Walker] = [*gatherers, *rivals]
    store.start()
    barcodes = store.barcodes(people[0][1])
    for gatherer in gatherers:
        gatherer.barcodes.extend(barcodes)
    store.kill()

    for done in range(1, ROUNDS + 1):
        store.start()
        asyncio.run(_walk_until_killed(store, walkers, dice.uniform(0.1, 0.7)))
        if done % CHECK_EVERY == 0:
            store.manage("check_journal")

    store.start()
    asyncio.run(_settle_all(store, walkers))
    for walker in walkers:
        assert walker.changed == []
    answered = sum(len(gatherer.answers) for gatherer in gatherers)
    assert answered > ROUNDS * GATHERERS, "too little was in flight for the kills to mean anything"
    for gatherer, (_, token) in zip(gatherers, people, strict=False):
        cart = store.get("/api/cart", token)
        assert cart["total_items"] == gatherer.expected_units()
        assert all(answer["ok"] for answer in gatherer.answers.values())
    started = [
        answer["data"]["session_id"]
        for rival in rivals
        for id_, answer in rival.answers.items()
        if answer["ok"] and rival.sent[id_]["type"] == "session.start"
    ]
    assert started, "no rival ever got a trolley"
    store.stop()
    store.manage("check_journal")


async def _settle_all(store: Store, walkers: list[Walker]) -> None:
    url = store.socket_url("/ws/shopper/")
    await asyncio.gather(*(walker.settle(url) for walker in walkers))
