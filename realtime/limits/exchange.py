"""Allowances over processes: every second each process shares its counts and reads the others'."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError

from realtime.limits.allowances import Allowances
from realtime.limits.attempts import Attempts
from realtime.limits.bucket import TokenBucket
from realtime.tasks import end

log = logging.getLogger("realtime")

_EVERY_S = 1.0
_KEPT_S = 5
_WORTH_TELLING = 2.0
"""Who gave out less in a second is far below every allowance."""
_WINDOW_S = 60
"""What is counted by the minute is told of in names of the minute, so that the first word says it all."""


class Exchange:
    """Runs beside the server while there is Redis; without it for a while, each process counts alone."""

    def __init__(
        self,
        allowances: Allowances,
        attempts: Attempts,
        redis_url: str,
        prefix: str,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._allowances = allowances
        self._attempts = attempts
        self._wall_clock = wall_clock
        self._redis = Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
        self._prefix = f"{prefix}:spent"
        self._seen: dict[str, float] = {}
        """What all processes together had given out when this one last looked."""
        self._task: asyncio.Task[None] | None = None
        self._lost = False

    def start(self) -> None:
        """Start to exchange counts with the other processes."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End, and close the connection."""
        if self._task is not None:
            await end((self._task,))
        await self._redis.aclose()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self.round()
            except (RedisError, OSError) as error:
                if not self._lost:
                    log.warning("allowances are counted by each process alone: %s", error)
                self._lost = True
            else:
                self._lost = False
            self._allowances.forget_idle()
            self._attempts.forget_idle()

    async def round(self) -> None:
        """Send and receive once."""
        minute = f"{int(self._wall_clock() // _WINDOW_S)}:"
        reports: list[_Report] = []
        pipe = self._redis.pipeline(transaction=False)
        for name, bucket in self._allowances.spent():
            if bucket.spent >= _WORTH_TELLING or name in self._seen:
                reports.append(_Report(name, bucket, bucket.spent, self._seen.get(name), _KEPT_S))
            bucket.spent = 0.0
        for name, bucket in self._attempts.spent():
            name = minute + name
            reports.append(_Report(name, bucket, bucket.spent, self._seen.get(name, 0.0), 2 * _WINDOW_S))
            bucket.spent = 0.0
        for each in reports:
            pipe.incrbyfloat(f"{self._prefix}:{each.name}", each.own)
            pipe.expire(f"{self._prefix}:{each.name}", each.kept_s)
        found = await pipe.execute() if reports else []
        seen = {name: total for name, total in self._seen.items() if name.startswith(minute)}
        for each, total in zip(reports, found[::2], strict=True):
            if each.before is not None and total >= each.before + each.own:
                each.bucket.drain(total - each.before - each.own)
            seen[each.name] = float(total)
        self._seen = seen


class _Report(NamedTuple):
    name: str
    bucket: TokenBucket
    own: float
    before: float | None
    """What all had given out when this process last heard; None: it has not heard yet."""
    kept_s: int
