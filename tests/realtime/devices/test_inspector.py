"""The bus inspector: frames go to the socket that asked, for its time, and to nobody else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from devicegw import wire
from realtime.devices.inspection import BEHIND_BYTES, HERE, Inspections, TappedFrames, Taps
from realtime.problems import Problem
from realtime.server import Server
from realtime.testing import CommandRefused, trolley_client
from realtime.topics.hub import SendQueue
from tests.realtime.conftest import World
from tests.realtime.devices.test_devices import NOW, pi

FRAME = {"at": NOW, "dir": "out", "hex": "02003103 36", "meaning": "unlock 0"}


async def test_frames_reach_the_manager_who_asked_and_no_other_socket(world: World, server: Server) -> None:
    manager = await asyncio.to_thread(world.staff, "boss", "manager")
    staff = await asyncio.to_thread(world.staff)
    device_id = str(world.device.pk)
    async with (
        trolley_client(server, manager) as desk,
        trolley_client(server, manager) as other,
        trolley_client(server, staff) as floor,
    ):
        with pytest.raises(CommandRefused) as offline:
            await desk.command("device.inspect", device_id=device_id, bus=0, seconds=20)
        assert offline.value.code == "device_offline"
        async with pi(server, world) as device:
            await device.hello()
            with pytest.raises(CommandRefused) as forbidden:
                await floor.command("device.inspect", device_id=device_id)
            assert forbidden.value.status == 404
            await desk.command("device.inspect", device_id=device_id, bus=0, seconds=20)
            order = await device.take("inspect")
            assert (order["bus"], 19 < order["seconds"] <= 20) == (0, True)
            await device.send("frames", bus=1, dropped=0, frames=[FRAME])
            await device.send("frames", bus=0, dropped=2, frames=[FRAME])
            got = await desk.next(lambda frame: frame["type"] == "frames")
            assert (got["bus"], got["dropped"], got["frames"][0]["meaning"]) == (0, 2, "unlock 0")
            await other.command("ping")
            assert not other.kept


async def test_a_device_that_goes_ends_the_look_by_name_and_no_seconds_end_it_at_once(
    world: World, server: Server
) -> None:
    manager = await asyncio.to_thread(world.staff, "boss", "manager")
    device_id = str(world.device.pk)
    async with trolley_client(server, manager) as desk:
        async with pi(server, world) as device:
            await device.hello()
            await desk.command("device.inspect", device_id=device_id, bus=0, seconds=20)
            await device.take("inspect")
            await desk.command("device.inspect", device_id=device_id, bus=0, seconds=0)
            assert (await device.take("inspect"))["seconds"] == 0
            await desk.command("device.inspect", device_id=device_id, bus=1, seconds=20)
            await device.take("inspect")
        gone = await desk.next(lambda frame: frame["type"] == "inspection_ended")
        assert (gone["device_id"], gone["bus"], gone["reason"]) == (device_id, 1, "offline")


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class _Bench:
    """A device's socket and people who look at it, in one process, on a clock of the test."""

    def __init__(self, *, here: bool = True) -> None:
        self.clock = _Clock()
        self.orders: list[wire.Inspect] = []
        self.here = here
        self.inspections = Inspections(self._tap, self.clock)
        self.taps = Taps("d", self.orders.append, self._show, self.clock)

    async def _tap(self, device_id: str, bus: int, seconds: float) -> bool:
        if self.here:
            self.taps.set(HERE, bus, seconds)
        return self.here

    def _show(self, viewer: str, shown: TappedFrames) -> None:
        self.inspections.take(shown)


def _outbox(sent: list[Any], waiting: int = 0) -> SendQueue:
    async def send(message: Any) -> None:
        sent.append(message)

    outbox = SendQueue(send, 1_000_000, lambda: None)
    outbox.waiting = waiting
    return outbox


FRAMES = wire.Frames(bus=0, dropped=0, frames=())


async def test_nothing_is_shown_after_the_time_is_over_or_to_a_socket_that_left() -> None:
    bench, sent = _Bench(), []  # type: ignore[var-annotated]
    outbox = _outbox(sent)
    await bench.inspections.watch(outbox, "d", 0, 10.0)
    bench.taps.relay(FRAMES)
    bench.clock.now = 10.0
    bench.taps.relay(FRAMES)
    assert len(sent) == 1
    await bench.inspections.watch(outbox, "d", 0, 10.0)
    bench.inspections.leave(outbox)
    bench.taps.relay(FRAMES)
    assert len(sent) == 1
    await asyncio.sleep(0)
    assert [order.seconds for order in bench.orders] == [10.0, 10.0, 0.0]


async def test_who_leaves_does_not_shorten_the_look_of_those_who_stay() -> None:
    bench, sent = _Bench(), []  # type: ignore[var-annotated]
    short, long = _outbox([]), _outbox(sent)
    await bench.inspections.watch(long, "d", 0, 100.0)
    await bench.inspections.watch(short, "d", 0, 10.0)
    bench.inspections.leave(short)
    await asyncio.sleep(0)
    assert [order.seconds for order in bench.orders] == [100.0, 100.0, 100.0]
    bench.taps.relay(FRAMES)
    assert len(sent) == 1


async def test_a_socket_that_is_behind_is_shown_how_many_it_missed() -> None:
    bench, sent = _Bench(), []  # type: ignore[var-annotated]
    outbox = _outbox(sent, BEHIND_BYTES + 1)
    await bench.inspections.watch(outbox, "d", 0, 10.0)
    bench.taps.relay(wire.Frames(bus=0, dropped=3, frames=()))
    outbox.waiting = 0
    bench.taps.relay(wire.Frames(bus=0, dropped=1, frames=()))
    assert len(sent) == 1
    assert '"dropped":4' in sent[0]["text"]


async def test_only_so_many_look_at_one_device_and_a_refused_look_leaves_nothing() -> None:
    bench = _Bench()
    outboxes = [_outbox([]) for _ in range(5)]
    for outbox in outboxes[:4]:
        await bench.inspections.watch(outbox, "d", 0, 10.0)
    with pytest.raises(Problem) as refused:
        await bench.inspections.watch(outboxes[4], "d", 0, 10.0)
    assert refused.value.status == 429
    await bench.inspections.watch(outboxes[0], "d", 1, 10.0)
    bench.here = False
    with pytest.raises(Problem) as away:
        await bench.inspections.watch(outboxes[4], "other", 0, 10.0)
    assert away.value.code == "device_offline"
