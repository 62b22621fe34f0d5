"""Runs the periodic jobs in the process that owns the actors, where no Celery Beat does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from actors.runtime import Clock
from actors.runtime.turns.clock import WakeUp
from core.config.database import in_thread
from core.periodic import PeriodicJob, run
from realtime.tasks import end

log = logging.getLogger("realtime")


class PeriodicJobs:
    """Each job runs at the start and then when it is due by the clock. Belongs to one loop.

    A job that is due while its last round goes on has the next right after it, once.
    """

    def __init__(self, jobs: Sequence[PeriodicJob], clock: Clock) -> None:
        self._loop = asyncio.get_running_loop()
        self._jobs = jobs
        self._clock = clock
        self._due: dict[str, float] = {}
        self._turns = {job.name: asyncio.Event() for job in jobs}
        self._tasks: list[asyncio.Task[None]] = []
        self._alarm: WakeUp | None = None

    def start(self) -> None:
        """Run every job, and from then on whichever is due."""
        self._due = dict.fromkeys(self._turns, self._clock.now())
        self._tasks = [self._loop.create_task(self._follow(job)) for job in self._jobs]
        self._alarm = self._clock.alarm(self._ring)
        self._look()

    async def stop(self, patience_s: float) -> None:
        """Begin no further rounds; wait at most ``patience_s`` for those under way: nothing ends a thread."""
        if self._alarm is None:
            return
        self._alarm.close()
        self._alarm = None
        for turn in self._turns.values():
            turn.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience_s)
        await end(self._tasks)

    def _ring(self) -> None:
        """Look on the loop; the clock calls from a thread of its own."""
        self._loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        if self._alarm is None:
            return
        now = self._clock.now()
        for job in self._jobs:
            if self._due[job.name] <= now:
                self._due[job.name] = now + job.every_s
                self._turns[job.name].set()
        if self._due:
            self._alarm.set(min(self._due.values()))

    async def _follow(self, job: PeriodicJob) -> None:
        turn = self._turns[job.name]
        while True:
            await turn.wait()
            turn.clear()
            if self._alarm is None:
                return
            try:
                await in_thread(run)(job)
            except Exception:
                log.exception("%s failed; it has its turn again", job.name)
