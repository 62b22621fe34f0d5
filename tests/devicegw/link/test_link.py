"""The link against a real server, over a websocket and over a broker with the bridge behind it.

At least once, deduplicated, kept up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

import pytest

from devicegw import wire
from devicegw.clock import ManualClock
from devicegw.errors import ConfigError
from devicegw.link.link import Backoff, ServerLink
from devicegw.link.outbox import Outbox
from devicegw.link.queue import OutboxQueue
from tests.devicegw.carriers import Carrier, OverBroker, OverWebsocket
from tests.devicegw.server import DEADLINE, FakeServer

AT = wire.utc(1_800_000_000)


class Bench:
    """A link with a fake device below it; orders are noted and ended by the test."""

    def __init__(self, carrier: Carrier, outbox: Outbox, token: str = "secret-token") -> None:
        self.carrier = carrier
        self.clock = ManualClock()
        self.queue = OutboxQueue(outbox, 1000)
        self.orders: list[tuple[str, int, float, float]] = []
        self.token = token
        backoff = Backoff(0.01, 0.02)
        transport = carrier.transport(lambda: self.read_token())
        self.link = ServerLink(transport, self, self.queue, self.clock, backoff=backoff, answer_s=5)

    def read_token(self) -> str:
        return self.token

    async def hello(self) -> wire.Hello:
        return wire.Hello(device_id="pi-1", boot_id="b", firmware="1")

    def unlock(self, command_id: str, slot: int, received: float, expires: float) -> None:
        self.orders.append((command_id, slot, received, expires))

    def end(self, command_id: str) -> None:
        self.queue.put(wire.Result(seq=0, id=command_id, outcome="opened"))

    def report(self, slot: int) -> None:
        self.queue.put(wire.Report(seq=0, slot=slot, hook="open", present=True, at=AT))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with self.carrier.running():
            await self.queue.start()
            task = asyncio.create_task(self.link.run())
            try:
                yield
            finally:
                self.link.stop()
                await asyncio.wait_for(task, DEADLINE)
                await self.queue.close()


@pytest.fixture
async def server():
    async with FakeServer() as server:
        yield server


@pytest.fixture(params=["websocket", "mqtt"])
def bench(request, server, tmp_path):
    if request.param == "mqtt":
        carrier = OverBroker(server.url, request.getfixturevalue("mqtt_url"))
    else:
        carrier = OverWebsocket(server.url)
    return Bench(carrier, Outbox(tmp_path / "outbox.sqlite3"))


async def test_a_command_is_received_then_carried_out_then_its_result_sent(server, bench):
    async with bench.running():
        await server.next(wire.Hello)
        await server.unlock("u1", 0x12, ttl_ms=2500)
        await server.next(wire.Received, id="u1")
        now = bench.clock.monotonic()
        assert bench.orders == [("u1", 0x12, now, now + 2.5)]
        bench.end("u1")
        assert (await server.next(wire.Result, id="u1")).outcome == "opened"


async def test_a_command_that_comes_again_is_received_again_and_not_carried_out_again(server, bench):
    async with bench.running():
        await server.next(wire.Hello)
        for _ in range(3):
            await server.unlock("u1", 1)
            await server.next(wire.Received, id="u1")
        assert len(bench.orders) == 1
        bench.end("u1")
        await server.next(wire.Result, id="u1")
        await server.unlock("u1", 1)
        await server.next(wire.Received, id="u1")
        assert (await server.next(wire.Result, id="u1")).outcome == "opened"
        assert len(bench.orders) == 1


async def test_another_operation_than_unlock_is_unsupported(server, bench):
    async with bench.running():
        await server.next(wire.Hello)
        await server.unlock("l1", 1, op="lock")
        result = await server.next(wire.Result, id="l1")
        assert (result.outcome, result.detail) == ("unsupported", "expected op unlock, got lock")
        assert bench.orders == []


async def test_what_was_not_acknowledged_comes_again_with_the_same_number(server, bench):
    server.acknowledging = False
    async with bench.running():
        bench.report(1)
        bench.report(2)
        first = [await server.next(wire.Report, slot=slot) for slot in (1, 2)]
        await server.send(wire.Ack(seq=first[0].seq))
        await server.send(wire.Command(id="c", slot=0, op="unlock", ttl_ms=0))
        await server.next(wire.Received, id="c")  # so the ack before it has been taken too
        await server.drop()
        await server.next(wire.Hello)
        await server.until(lambda: server.connections >= 2)
        assert await server.next(wire.Report) == first[1]


async def test_acknowledged_messages_never_come_again(server, bench):
    async with bench.running():
        bench.report(1)
        await server.next(wire.Report, slot=1)
        await server.unlock("c", 0)
        await server.next(wire.Received, id="c")
        await server.drop()
        await server.next(wire.Hello)
        bench.report(2)
        assert (await server.next(wire.Report)).slot == 2


async def test_after_every_break_a_fresh_hello_is_said(server, bench):
    async with bench.running():
        for _ in range(3):
            await server.next(wire.Hello)
            await server.drop()
        await server.next(wire.Hello)


async def test_a_server_that_is_gone_for_a_while_is_found_again(server, bench):
    async with bench.running():
        await server.next(wire.Hello)
        await server.close()
        bench.report(5)
        await server.open()
        await server.next(wire.Report, slot=5)


async def test_numbering_goes_on_above_what_the_server_has_seen(server, bench):
    server.welcome = wire.Welcome(last_seq=500)
    async with bench.running():
        await server.next(wire.Hello)
        bench.report(1)
        assert (await server.next(wire.Report)).seq == 501


async def test_a_refused_message_is_dropped_and_the_next_one_goes_on(server, bench):
    server.acknowledging = False
    async with bench.running():
        bench.report(1)
        bad = await server.next(wire.Report)
        await server.send(wire.Problem(code="unknown_slot", detail="slot 1 is nobody's", seq=bad.seq))
        await server.unlock("c", 0)
        await server.next(wire.Received, id="c")
        await server.drop()
        await server.next(wire.Hello)
        bench.report(2)
        assert (await server.next(wire.Report)).slot == 2


async def test_unanswered_heartbeats_end_the_connection_and_begin_another(server, bench):
    server.welcome = wire.Welcome(config=wire.LinkConfig(heartbeat_s=0.02, telemetry_s=60))
    server.answers_heartbeats = False
    async with bench.running():
        await server.next(wire.Hello)
        await server.next(wire.Heartbeat)
        await server.until(lambda: server.connections >= 2, "a second connection")


async def test_answered_heartbeats_keep_the_connection(server, bench):
    server.welcome = wire.Welcome(config=wire.LinkConfig(heartbeat_s=0.1, telemetry_s=60))
    async with bench.running():
        for _ in range(6):
            await server.next(wire.Heartbeat)
        assert server.connections == 1


async def test_what_a_newer_server_says_is_logged_by_name_and_survived(server, bench, caplog):
    async with bench.running():
        await server.next(wire.Hello)
        assert server._socket is not None
        await server._socket.send('{"type": "poem", "url": "x"}')
        await server._socket.send('{"type": "ack", "seq": 1, "colour": "red"}')
        await server.unlock("u", 1)
        await server.next(wire.Received, id="u")
        assert "Invalid value 'poem'" in caplog.text
        assert "unknown field `colour`" in caplog.text
        assert server.connections == 1


async def test_a_refused_token_is_tried_again_with_what_the_file_says_then(server, bench, caplog):
    bench.token = "stale-token"
    async with bench.running():
        await server.until(lambda: server.connections >= 2, "a second try")
        bench.token = "secret-token"
        await server.next(wire.Hello)
    assert "refused the device token (4401)" in caplog.text


@dataclass(frozen=True)
class WatchedBackoff(Backoff):
    """Tells the test after how many failures a pause was asked for."""

    asked: asyncio.Queue[int] = field(default_factory=asyncio.Queue)

    def pause(self, failures: int, random: Random) -> float:
        self.asked.put_nowait(failures)
        return 0.01


@pytest.mark.parametrize("code", [4401, 4403, 4409])
async def test_a_refusal_is_tried_again_after_the_longest_pause_only(server, bench, code):
    backoff = bench.link._backoff = WatchedBackoff()
    async with bench.running():
        await server.next(wire.Hello)
        assert server._socket is not None
        await server._socket.close(code)
        assert await asyncio.wait_for(backoff.asked.get(), DEADLINE) == 16


async def test_a_server_that_takes_us_and_drops_us_again_and_again_meets_longer_pauses(server, bench):
    backoff = bench.link._backoff = WatchedBackoff()
    async with bench.running():
        for failures in range(4):
            await server.next(wire.Hello)
            await server.drop()
            assert await asyncio.wait_for(backoff.asked.get(), DEADLINE) == failures


async def test_a_token_that_cannot_be_read_is_tried_again(server, bench):
    tries = []

    def missing_then_there() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise ConfigError("device_token_file: no such file")
        return "secret-token"

    bench.read_token = missing_then_there
    async with bench.running():
        await server.next(wire.Hello)


async def test_the_token_is_never_logged_and_down_and_up_are_said_once(server, bench, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("websockets").setLevel(logging.INFO)
    async with bench.running():
        await server.next(wire.Hello)
        await server.close()
        await server.open()
        await server.next(wire.Hello)
        bench.report(1)
        await server.next(wire.Report)
    assert "secret-token" not in caplog.text
    said = [record.getMessage() for record in caplog.records if record.name == "devices.link"]
    assert len([line for line in said if line.startswith("link down")]) == 1
    assert len([line for line in said if line.startswith("link up")]) == 2


def test_pauses_double_up_to_the_longest_and_are_jittered():
    backoff, random = Backoff(0.5, 30.0), Random(1)
    pauses = [backoff.pause(failures, random) for failures in range(20)]
    assert all(full / 2 <= pause <= full for pause, full in zip(pauses, [0.5, 1, 2, 4, 8, 16], strict=False))
    assert all(15 <= pause <= 30 for pause in pauses[6:])
    assert len({backoff.pause(3, random) for _ in range(50)}) == 50
