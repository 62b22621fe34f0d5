"""Two servers on one database: the later owner wins, the earlier one fails cleanly and changes nothing.

Invariant 9, with real processes under load.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.store import Store
from tests.system.walkers import WITHIN_S, Gatherer


@pytest.fixture
def rival(store: Store, tmp_path: Path) -> Iterator[Store]:
    data = tmp_path / "rival"
    data.mkdir()
    rival = Store(store.environ["DATABASE_URL"], data)
    try:
        yield rival
    finally:
        rival.close()


@pytest.mark.timeout(300)
def test_the_earlier_owner_is_refused_every_write_and_the_later_one_loses_nothing(
    store: Store, rival: Store
) -> None:
    people = store.shoppers(4)[:4]
    store.start()
    barcodes = store.barcodes(people[0][1])
    gatherers = [Gatherer(*person, random.Random(i), barcodes) for i, person in enumerate(people)]
    asyncio.run(_change_owner(store, rival, gatherers))
    for gatherer, (_, token) in zip(gatherers, people, strict=True):
        assert gatherer.changed == []
        assert all(answer["ok"] for answer in gatherer.answers.values())
        assert rival.get("/api/cart", token)["total_items"] == gatherer.expected_units()
    rival.stop()
    rival.manage("check_journal")


async def _change_owner(store: Store, rival: Store, gatherers: list[Gatherer]) -> None:
    """Load on the earlier owner all the while; then every command is repeated at the later one."""
    walks = [asyncio.create_task(each.walk(store.socket_url("/ws/shopper/"))) for each in gatherers]
    await asyncio.to_thread(rival.start)
    before = [len(each.answers) for each in gatherers]
    assert all(before), "the earlier owner answered nothing before the change"
    newcomer = Gatherer(gatherers[0].user_id, gatherers[0].token, random.Random(9), gatherers[0].barcodes)
    reply = await newcomer.one(store.socket_url("/ws/shopper/"), newcomer.next_command())
    assert reply["problem"]["status"] == 503
    assert reply["problem"]["code"] == "unavailable"
    store.kill()
    await asyncio.wait_for(asyncio.gather(*walks), WITHIN_S)
    await asyncio.gather(*(each.settle(rival.socket_url("/ws/shopper/")) for each in gatherers))
