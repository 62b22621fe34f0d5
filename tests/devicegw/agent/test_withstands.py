"""What the Pi has to outlive: power cuts, a long silence of the link, a clock that is wrong."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from devicegw import wire
from devicegw.bus.config import Timings
from devicegw.clock import ManualClock
from devicegw.link.link import Backoff, ServerLink
from devicegw.link.outbox import Outbox
from devicegw.link.queue import OutboxQueue
from devicegw.link.transport import WebsocketTransport
from tests.devicegw.process import running, write_config
from tests.devicegw.server import FakeServer
from tests.devicegw.shop import Shop
from tests.devicegw.test_scanners import Reader, typed

DAY = 24 * 3600.0
REPORTS = 10_000


def scans(server: FakeServer) -> list[wire.Scan]:
    return [message for message in server.heard if isinstance(message, wire.Scan)]


def read(server: FakeServer) -> set[str]:
    return {scan.barcode for scan in scans(server)}


class Below:
    """The hardware of a Pi on which nothing happens by itself."""

    def __init__(self) -> None:
        self.orders: list[str] = []

    async def hello(self) -> wire.Hello:
        return wire.Hello(device_id="pi-1", boot_id="b", firmware="1")

    def unlock(self, command_id: str, slot: int, received: float, expires: float) -> None:
        self.orders.append(command_id)

    def inspect(self, bus: int, seconds: float):
        raise AssertionError("nobody asked")


def taken(server: FakeServer) -> list[wire.Report]:
    """What a server that knows repeats by their number takes."""
    reports: list[wire.Report] = []
    for message in server.heard:
        if isinstance(message, wire.Report) and (not reports or message.seq > reports[-1].seq):
            reports.append(message)
    return reports


async def test_an_hour_without_a_link_and_ten_thousand_reports_arrive_once_in_order(tmp_path):
    clock = ManualClock()
    queue = OutboxQueue(Outbox(tmp_path / "outbox.sqlite3", 2 * REPORTS), 2 * REPORTS)
    await queue.start()
    began = clock.now()
    for number in range(REPORTS):
        clock.advance(3600 / REPORTS)
        hook = "open" if number % 2 else "closed"
        at = wire.utc(clock.now())
        queue.put(wire.Report(seq=0, slot=number % 640, hook=hook, present=True, at=at))
    assert clock.now() - began > 3599
    server = FakeServer()
    await server.open()
    transport = WebsocketTransport(server.url, lambda: "secret-token")
    link = ServerLink(transport, Below(), queue, clock, backoff=Backoff(0.01, 0.02))
    async with running_link(link):
        await server.until(lambda: len(taken(server)) > REPORTS // 3, "a third of them")
        # It goes once more in the middle: what was not acknowledged comes again, with its number.
        await server.drop()
        await server.until(lambda: len(taken(server)) == REPORTS, "all of them")
    reports = taken(server)
    assert [report.slot for report in reports] == [number % 640 for number in range(REPORTS)]
    assert [report.at for report in reports] == sorted(report.at for report in reports)
    await queue.close()
    await server.close()


@asynccontextmanager
async def running_link(link: ServerLink) -> AsyncIterator[None]:
    """Run a link beside the test."""
    task = asyncio.create_task(link.run())
    try:
        yield
    finally:
        link.stop()
        await asyncio.wait_for(task, 90)


async def test_power_cuts_at_any_moment_lose_nothing_that_was_written_down(tmp_path):
    reader = Reader(tmp_path / "event0")
    scanners = [{"port": str(reader.path), "trolley_id": "TROLLEY_01", "kind": "keyboard"}]
    buses = [{"port": "simulated", "protocol": "simulator", "boards": [{"address": 0}]}]
    dice = Random(7)
    async with FakeServer() as server:
        config = write_config(tmp_path, server.url, "", buses=buses, scanners=scanners)
        for cut in range(4):
            async with running(config) as agent:
                await server.next(wire.Hello)
                server.acknowledging = dice.random() < 0.5
                goal = len(scans(server)) + dice.randrange(3)
                reader.send(typed("1\n2\n12\n"))
                await server.unlock(f"u{cut}", cut)
                await server.next(wire.Received, id=f"u{cut}")
                await server.until(lambda goal=goal: len(scans(server)) >= goal)  # type: ignore[misc]
                await agent.stop(signal.SIGKILL)
        server.acknowledging = True
        async with running(config):
            for cut in range(4):
                await server.next(wire.Result, id=f"u{cut}")
            await server.until(lambda: read(server) == {"1", "2", "12"})
    by_seq = {scan.seq: scan for scan in scans(server)}
    assert all(by_seq[scan.seq] == scan for scan in scans(server)), "a number always means the same scan"
    assert len({scan.id for scan in by_seq.values()}) == len(by_seq)


def test_a_clock_set_by_a_day_changes_no_time_to_live():
    for skew in (DAY, -DAY):
        shop = Shop(boards=1)
        shop.run(0.3)
        shop.submit(3, "alive", ttl=5.0)
        shop.submit(4, "dead", ttl=0.0)
        # NTP sets the calendar; the time that only runs forward goes on.
        shop.clock._wall_offset += skew
        shop.run(2.0)
        assert shop.done()["alive"].outcome == "opened"
        assert shop.done()["dead"].outcome == "expired"
        assert shop.pulses(4) == 0


def test_a_command_that_outlived_its_time_is_never_carried_out_whatever_the_line_did_meanwhile():
    for seed in range(10):
        dice = Random(seed)
        shop = Shop(boards=2, timings=Timings(lost_s=60.0))
        shop.run(0.3)
        ttl = dice.uniform(0.0, 0.5)
        shop.modem.unplug()
        shop.submit(5, "late", ttl=ttl)
        shop.run(ttl + dice.uniform(0.0, 1.0))
        shop.modem.plugged = True
        shop.run(5.0)
        assert shop.done()["late"].outcome in ("expired", "bus_error")
        assert shop.pulses(5) == 0
