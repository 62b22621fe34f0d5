"""Who has used up an allowance at one process has used it up at the other: two servers, one Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from redis import Redis

from tests.attacks.target import Target, target

PER_MINUTE = 9
"""A code that names nothing counts as three."""


class Pair:
    """Two server processes that count together, and the Redis through which they do."""

    def __init__(self, one: Target, other: Target, redis: Redis, prefix: str) -> None:
        self.one = one
        self.other = other
        self._redis = redis
        self._prefix = prefix

    def told(self, address: str) -> float:
        """Return how much of an address's passes all processes have told of, whatever minute it is."""
        keys = self._redis.keys(f"{self._prefix}:spent:*:pass-address:{address}")
        return sum(float(self._redis.get(key) or 0) for key in keys)  # type: ignore[union-attr, arg-type]


@pytest.fixture
def pair(database: Path, tmp_path: Path, redis_url: str, redis_prefix: str) -> Iterator[Pair]:
    shared = {
        "REDIS_URL": redis_url,
        "REDIS_PREFIX": redis_prefix,
        "ADDRESS_CODES_PER_MINUTE": str(PER_MINUTE),
    }
    with ExitStack() as stack:
        one = stack.enter_context(target("uvicorn", database, tmp_path / "one", **shared))
        other = stack.enter_context(target("uvicorn", database, tmp_path / "other", ROLE="edge", **shared))
        redis = stack.enter_context(Redis.from_url(redis_url))
        yield Pair(one, other, redis, redis_prefix)


async def guess(server: Target, address: str) -> int:
    return (await server.get("/x/7K2M-Q0XP-91BD", f"X-Forwarded-For: {address}")).status


async def until_told(pair: Pair, address: str, least: float) -> None:
    async with asyncio.timeout(60):
        while await asyncio.to_thread(pair.told, address) < least:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("first", ["owner", "edge"])
async def test_a_guesser_gains_nothing_by_going_to_another_process(pair: Pair, first: str) -> None:
    here, there = (pair.one, pair.other) if first == "owner" else (pair.other, pair.one)
    address = f"192.0.2.{1 if first == 'owner' else 2}"
    for _ in range(3):
        assert await guess(here, address) == 404
    assert await guess(here, address) == 429
    await until_told(pair, address, PER_MINUTE)
    # Each process counts what it sees at once, and hears of the rest within a second of its own first.
    assert await guess(there, address) == 404
    await until_told(pair, address, PER_MINUTE + 3)
    async with asyncio.timeout(60):
        refused = [await guess(there, address) for _ in range(2)]
    assert refused[-1] == 429, refused
    assert await guess(there, "192.0.2.77") == 404
