"""A bridge that is killed at work, against the real broker: what the Pi has told arrives all the same."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devicegw import wire
from devicegw.clock import ManualClock
from devicegw.link.link import ServerLink
from devicegw.link.outbox import Outbox
from devicegw.link.queue import OutboxQueue
from tests.devicegw.agent.test_withstands import Below, running_link, taken
from tests.devicegw.carriers import QUICK, OverBroker
from tests.devicegw.process import ROOT
from tests.devicegw.server import FakeServer

REPORTS = 600


@asynccontextmanager
async def killed_at_the_end(over: OverBroker, server: FakeServer, mqtt_url: str) -> AsyncIterator[None]:
    """Run a bridge as a process of its own; it goes by kill -9."""
    arguments = ["--server", server.url.removesuffix("/ws/device/"), "--broker", mqtt_url]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "devicegw.bridge", *arguments, "--prefix", over.prefix, cwd=ROOT
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


@pytest.mark.timeout(300)
async def test_reports_of_which_the_broker_has_told_a_bridge_that_is_killed_arrive_once_in_order(
    tmp_path: Path, mqtt_url: str
) -> None:
    clock = ManualClock()
    queue = OutboxQueue(Outbox(tmp_path / "outbox.sqlite3"), REPORTS)
    await queue.start()
    for number in range(REPORTS):
        hook = "open" if number % 2 else "closed"
        queue.put(wire.Report(seq=0, slot=number % 64, hook=hook, present=True, at=wire.utc(clock.now())))
    async with FakeServer() as server:
        over = OverBroker(server.url, mqtt_url)
        link = ServerLink(
            over.transport(lambda: "secret-token"), Below(), queue, clock, backoff=QUICK, answer_s=3
        )
        async with running_link(link):
            async with killed_at_the_end(over, server, mqtt_url):
                await server.until(lambda: len(taken(server)) > REPORTS // 5, "a part of them")
            async with killed_at_the_end(over, server, mqtt_url):
                await server.until(lambda: len(taken(server)) == REPORTS, "all of them")
    assert [report.slot for report in taken(server)] == [number % 64 for number in range(REPORTS)]
    await queue.close()
