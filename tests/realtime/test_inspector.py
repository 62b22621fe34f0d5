"""The bus inspector: frames go to the socket that asked, for its time, and to nobody else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from devicegw import wire
from realtime.hub import Outbox
from realtime.inspection import BEHIND_BYTES, Inspection
from realtime.problems import Problem
from realtime.server import Server
from realtime.testing import Refused, trolley_client
from tests.realtime.conftest import World
from tests.realtime.test_devices import NOW, pi

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
        with pytest.raises(Refused) as offline:
            await desk.command("device.inspect", device_id=device_id, bus=0, seconds=20)
        assert offline.value.code == "device_offline"
        async with pi(server, world) as device:
            await device.hello()
            with pytest.raises(Refused) as forbidden:
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


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _outbox(sent: list[Any], waiting: int = 0) -> Outbox:
    async def send(message: Any) -> None:
        sent.append(message)

    outbox = Outbox(send, 1_000_000, lambda: None)
    outbox.waiting = waiting
    return outbox


FRAMES = wire.Frames(bus=0, dropped=0, frames=())


def test_nothing_is_shown_after_the_time_is_over_or_to_a_socket_that_left() -> None:
    clock, orders, sent = _Clock(), [], []  # type: ignore[var-annotated]
    inspection = Inspection("d", orders.append, clock)
    outbox = _outbox(sent)
    inspection.watch(outbox, 0, 10.0)
    inspection.relay(FRAMES)
    clock.now = 10.0
    inspection.relay(FRAMES)
    assert len(sent) == 1
    inspection.watch(outbox, 0, 10.0)
    inspection.leave(outbox)
    inspection.relay(FRAMES)
    assert len(sent) == 1
    assert [order.seconds for order in orders] == [10.0, 10.0]


def test_a_socket_that_is_behind_is_shown_how_many_it_missed() -> None:
    sent: list[Any] = []
    inspection = Inspection("d", lambda order: None, _Clock())
    outbox = _outbox(sent, BEHIND_BYTES + 1)
    inspection.watch(outbox, 0, 10.0)
    inspection.relay(wire.Frames(bus=0, dropped=3, frames=()))
    outbox.waiting = 0
    inspection.relay(wire.Frames(bus=0, dropped=1, frames=()))
    assert len(sent) == 1
    assert '"dropped":4' in sent[0]["text"]


def test_only_so_many_look_at_one_device() -> None:
    inspection = Inspection("d", lambda order: None, _Clock())
    outboxes = [_outbox([]) for _ in range(5)]
    for outbox in outboxes[:4]:
        inspection.watch(outbox, 0, 10.0)
    with pytest.raises(Problem) as refused:
        inspection.watch(outboxes[4], 0, 10.0)
    assert refused.value.status == 429
    inspection.watch(outboxes[0], 1, 10.0)
