"""Allowances over processes: each second every process says what it gave out, and hears what others did."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError

from realtime.limits.allowances import Allowances

log = logging.getLogger("realtime")

_EVERY_S = 1.0
_KEPT_S = 5
_WORTH_TELLING = 2.0
"""Who gave out less in a second is far below every allowance."""


class Exchange:
    """Runs beside the server while there is Redis; without it for a while, each process counts alone."""

    def __init__(self, allowances: Allowances, redis_url: str, prefix: str) -> None:
        self._allowances = allowances
        self._redis = Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
        self._prefix = f"{prefix}:spent"
        self._seen: dict[str, float] = {}
        """What all processes together had given out when this one last looked."""
        self._task: asyncio.Task[None] | None = None
        self._lost = False

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End, and close the connection."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
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

    async def round(self) -> None:
        """Tell and hear once."""
        told = []
        pipe = self._redis.pipeline(transaction=False)
        for name, bucket in self._allowances.spent():
            if bucket.spent >= _WORTH_TELLING or name in self._seen:
                told.append((name, bucket, bucket.spent))
                pipe.incrbyfloat(f"{self._prefix}:{name}", bucket.spent)
                pipe.expire(f"{self._prefix}:{name}", _KEPT_S)
            bucket.spent = 0.0
        found = await pipe.execute() if told else []
        seen = {}
        for (name, bucket, own), total in zip(told, found[::2], strict=True):
            before = self._seen.get(name)
            if before is not None and total >= before + own:
                bucket.drain(total - before - own)
            seen[name] = float(total)
        self._seen = seen
