"""Which body an idempotency key belongs to, in memory and in Redis: one contract, and Redis going away."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from realtime.pipeline.keys import MemoryKeys, RedisKeys, UsedKeys
from realtime.problems import Problem


@pytest.fixture(params=["memory", "redis"])
async def keys(request: pytest.FixtureRequest, redis_prefix: str) -> AsyncIterator[UsedKeys]:
    store: Any = MemoryKeys()
    if request.param == "redis":
        store = RedisKeys(request.getfixturevalue("redis_url"), redis_prefix)
    used = UsedKeys(store)
    yield used
    await used.close()


async def test_a_key_belongs_to_the_first_body_of_its_giver(keys: UsedKeys) -> None:
    assert await keys.claim("ann", "k", ("T-1", 2))
    assert not await keys.claim("ann", "k", ("T-1", 2))
    with pytest.raises(Problem) as reused:
        await keys.claim("ann", "k", ("T-1", 3))
    assert (reused.value.status, reused.value.code) == (422, "key_reused")
    assert await keys.claim("bob", "k", ("T-1", 3))
    assert await keys.claim("ann", "other", ("T-1", 3))


async def test_a_key_that_is_given_back_is_free(keys: UsedKeys) -> None:
    await keys.claim("ann", "k", "one")
    assert await keys.used("ann", "k")
    await keys.release("ann", "k")
    assert not await keys.used("ann", "k")
    assert await keys.claim("ann", "k", "two")


async def test_memory_forgets_the_oldest(keys: UsedKeys) -> None:
    few = UsedKeys(MemoryKeys(most=2))
    for key in "abc":
        await few.claim("ann", key, key)
    assert [await few.used("ann", key) for key in "abc"] == [False, True, True]


async def test_without_redis_a_process_knows_its_own_and_says_so_once(
    redis_prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    times = [0.0]
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"redis://127.0.0.1:{closed.getsockname()[1]}"
    keys = UsedKeys(RedisKeys(url, redis_prefix, lambda: times[-1]))
    with caplog.at_level(logging.INFO, "realtime"):
        for later in (0.0, 1.0, 10.0):
            times.append(later)
            await keys.claim("ann", "k", "one")
            with pytest.raises(Problem):
                await keys.claim("ann", "k", "two")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    await keys.close()
