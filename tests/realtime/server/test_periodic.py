"""Without a broker the server itself runs every periodic job, when it is due."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from django.conf import settings
from django.utils import timezone

from actors.runtime import ManualClock
from core.celery import app
from core.periodic import PeriodicJob, run
from core.telemetry.models import Sample
from realtime import periodic
from realtime.periodic import PeriodicJobs
from realtime.server import Server
from tests.realtime.conftest import World

WITHIN_S = 60.0


class Heard:
    """The names of tasks as the server has run them."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Queue[str] = asyncio.Queue()
        # SQLite in memory, which other tests may have brought, does not wait for another thread's lock.
        self._one = threading.Lock()

    def run(self, job: PeriodicJob) -> None:
        """Run it as the server would, and tell."""
        with self._one:
            run(job)
        self._loop.call_soon_threadsafe(self._ended.put_nowait, job.task)

    async def each_of(self, wanted: set[str]) -> None:
        """Wait until each of them has run once, and nothing else."""
        async with asyncio.timeout(WITHIN_S):
            found = [await self._ended.get() for _ in wanted]
        assert sorted(found) == sorted(wanted)


@pytest.fixture
async def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    heard = Heard()
    monkeypatch.setattr(periodic, "run", heard.run)
    return heard


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(float(int(time.time())))


@pytest.fixture
def options(options: dict[str, Any], clock: ManualClock, heard: Heard) -> dict[str, Any]:
    return {**options, "clock": clock}


def test_every_job_is_a_task_that_is_registered_and_beat_has_the_same_table() -> None:
    app.loader.import_default_modules()
    table = {job.name: (job.task, timedelta(seconds=job.every_s)) for job in settings.PERIODIC_JOBS}
    assert {task for task, _ in table.values()} <= set(app.tasks)
    beat = {name: (row["task"], row["schedule"]) for name, row in settings.CELERY_BEAT_SCHEDULE.items()}
    assert beat == table


async def test_every_job_runs_at_the_start_and_again_when_it_is_due(
    world: World, heard: Heard, server: Server, clock: ManualClock
) -> None:
    jobs = settings.PERIODIC_JOBS
    began = clock.now()
    await heard.each_of({job.task for job in jobs})
    due = {job: began + job.every_s for job in jobs}
    while any(when <= began + max(job.every_s for job in jobs) / 6 for when in due.values()):
        now = min(due.values())
        clock.advance(now - clock.now())
        ripe = {job for job in jobs if due[job] == now}
        await heard.each_of({job.task for job in ripe})
        due.update((job, now + job.every_s) for job in ripe)
    clock.advance(began + max(job.every_s for job in jobs) - clock.now())
    await heard.each_of({job.task for job in jobs})


async def test_what_a_device_sent_is_in_the_default_window_of_its_telemetry_at_the_next_round(
    world: World, heard: Heard, server: Server, clock: ManualClock
) -> None:
    await heard.each_of({job.task for job in settings.PERIODIC_JOBS})
    token = await asyncio.to_thread(world.staff)
    await asyncio.to_thread(_send, world)
    (roll_up,) = (job for job in settings.PERIODIC_JOBS if job.task == "telemetry.roll_up")
    clock.advance(roll_up.every_s)
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {token}"}
    await heard.each_of({job.task for job in settings.PERIODIC_JOBS if job.every_s <= roll_up.every_s})
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as http:
        answer = (await http.get(f"/api/telemetry/devices/{world.device.pk}")).json()
    assert [(point["type"], point["last"]) for point in answer["points"]] == [("load", 0.5)]


async def test_a_job_that_fails_has_its_turn_again_and_none_begins_after_the_end(
    monkeypatch: pytest.MonkeyPatch, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    loop, turns = asyncio.get_running_loop(), asyncio.Queue[float]()

    def fail(job: PeriodicJob) -> None:
        loop.call_soon_threadsafe(turns.put_nowait, clock.now())
        raise RuntimeError("no database")

    monkeypatch.setattr(periodic, "run", fail)
    jobs = PeriodicJobs((PeriodicJob("broken", "no.such.task", 5.0),), clock)
    jobs.start()
    async with asyncio.timeout(WITHIN_S):
        first = await turns.get()
        clock.advance(5.0)
        assert await turns.get() == first + 5.0
    await jobs.stop(WITHIN_S)
    clock.advance(5.0)
    assert turns.empty()
    assert caplog.text.count("broken failed") == 2


def _send(world: World) -> None:
    now = timezone.now() - timedelta(minutes=1)
    data = msgspec.json.encode({"load": 0.5}).decode()
    Sample.objects.create(device_id=world.device.pk, seq=1, at=now, received_at=now, data=data)
