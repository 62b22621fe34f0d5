"""Reports on their way to the actors: a few commands at a time, the devices in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from actors.kit.decider import Look
from actors.messages.device import Report, Reports, SlotChanged, SlotReading
from actors.runtime.address import Address
from core.entities import ENTITIES
from realtime.devices.reports import BURST, MOST, DeviceReports, ReportScheduler
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.conftest import World
from tests.realtime.devices.test_devices import NOW, Pi, _slot, pi

DEVICE = ENTITIES["device"].codec


class Pending:
    """A reply to come, as the gateway gives it."""

    def __init__(self, device: str, command: Reports) -> None:
        self.device = device
        self.seqs = [report.seq for report in command.reports]
        self._callback: Callable[[Any], object]

    def add_done_callback(self, callback: Callable[[Any], object]) -> None:
        self._callback = callback

    def answer(self) -> None:
        self._callback(self)


class Desk:
    """Devices that share one scheduler, what was asked for them and what they heard."""

    def __init__(self, at_once: int) -> None:
        self._scheduler = ReportScheduler(at_once)
        self.asked: list[Pending] = []
        self.heard: list[tuple[str, list[int]]] = []
        self.durable = True

    def device(self, name: str) -> DeviceReports:
        def ask(command: Reports) -> Pending:
            self.asked.append(Pending(name, command))
            return self.asked[-1]

        def settled(reports: Sequence[Report], pending: Any) -> bool:
            self.heard.append((name, [report.seq for report in reports]))
            return self.durable

        return DeviceReports(self._scheduler, ask, settled)

    async def next(self) -> list[tuple[str, list[int]]]:
        """Return what has been asked since, once the loop has gone round."""
        before = len(self.asked)
        for _ in range(3):
            await asyncio.sleep(0)
        return [(each.device, each.seqs) for each in self.asked[before:]]


def report(seq: int) -> Report:
    return Report(seq, SlotReading(1, "open", True, float(seq)))


async def test_reports_that_are_read_together_are_one_command() -> None:
    desk = Desk(at_once=2)
    device = desk.device("a")
    for seq in (1, 2, 3):
        device.put(report(seq))
    assert await desk.next() == [("a", [1, 2, 3])]
    desk.asked[0].answer()
    assert desk.heard == [("a", [1, 2, 3])]


async def test_a_device_has_one_command_under_way_and_the_next_takes_along_what_came_meanwhile() -> None:
    desk = Desk(at_once=8)
    device = desk.device("a")
    device.put(report(1))
    assert await desk.next() == [("a", [1])]
    for seq in (2, 3):
        device.put(report(seq))
        assert await desk.next() == []
    desk.asked[0].answer()
    assert await desk.next() == [("a", [2, 3])]


async def test_a_flood_from_one_device_does_not_slow_the_others() -> None:
    desk = Desk(at_once=1)
    flood, others = desk.device("flood"), [desk.device(name) for name in "abc"]
    for seq in range(1, MOST):
        flood.put(report(seq))
    assert await desk.next() == [("flood", list(range(1, BURST + 1)))]
    for other in others:
        other.put(report(1))
    for turn in range(3):
        desk.asked[turn].answer()
        assert await desk.next() == [("abc"[turn], [1])]
    desk.asked[3].answer()
    assert await desk.next() == [("flood", list(range(BURST + 1, 2 * BURST + 1)))]


async def test_no_more_commands_are_under_way_than_may_be() -> None:
    desk = Desk(at_once=2)
    for name in "abcd":
        desk.device(name).put(report(1))
    assert await desk.next() == [("a", [1]), ("b", [1])]
    desk.asked[1].answer()
    assert await desk.next() == [("c", [1])]


async def test_what_is_pushed_goes_at_once_and_its_turn_is_given_on() -> None:
    desk = Desk(at_once=1)
    first, second = desk.device("a"), desk.device("b")
    first.put(report(1))
    second.put(report(1))
    first.flush()
    assert [each.device for each in desk.asked] == ["a"]
    assert await desk.next() == [("b", [1])]
    first.put(report(2))
    for each in desk.asked[:2]:
        each.answer()
    assert await desk.next() == [("a", [2])]


async def test_a_link_with_too_many_waiting_reports_is_read_no_further_until_there_is_room() -> None:
    desk = Desk(at_once=1)
    device = desk.device("a")
    for seq in range(1, MOST + BURST + 1):
        device.put(report(seq))
    await desk.next()
    reading = asyncio.ensure_future(device.wait_for_room())
    await desk.next()
    assert not reading.done()
    desk.asked[0].answer()
    await desk.next()
    assert reading.done()


async def test_what_waits_behind_reports_that_were_lost_is_not_sent() -> None:
    desk = Desk(at_once=1)
    device = desk.device("a")
    device.put(report(1))
    await desk.next()
    device.put(report(2))
    desk.durable = False
    desk.asked[0].answer()
    assert await desk.next() == []


async def test_every_report_of_a_burst_is_acknowledged_in_order_before_the_result_behind_it(
    world: World, server: Server
) -> None:
    token = await asyncio.to_thread(world.token)
    async with pi(server, world) as device, trolley_client(server, token) as phone:
        await device.hello([_slot(0), _slot(1)])
        await phone.command("session.start", trolley_id=world.trolleys[0])
        order = await device.take("command")
        for seq in range(1, 101):
            await device.send(
                "report", seq=seq, slot=1, hook=("closed", "open")[seq % 2], present=True, at=NOW
            )
        await device.send("result", seq=101, id=order["id"], outcome="not_opened")
        assert [(await device.take("ack"))["seq"] for _ in range(101)] == list(range(1, 102))
        desk = (await server.owner()).host
        assert desk is not None
        looked = await desk.system.ask(Address("device", str(world.device.pk)), Look())
        assert (looked.state.last_seq, looked.state.slots[1].hook) == (100, "closed")


async def test_reports_that_are_sent_again_after_a_broken_link_are_in_the_journal_once_and_in_order(
    world: World, server: Server
) -> None:
    numbers = range(1, 151)

    async def send(device: Pi) -> None:
        for number in numbers:
            await device.send("report", seq=number, slot=number, hook="open", present=False, at=NOW)

    async with pi(server, world) as device:
        await device.hello()
        await send(device)
        assert (await device.take("ack"))["seq"] == 1
    async with pi(server, world) as device:
        await device.hello()
        await send(device)
        assert [(await device.take("ack"))["seq"] for _ in numbers] == list(numbers)
    host = (await server.owner()).host
    assert host is not None
    address = Address("device", str(world.device.pk))
    kept = await asyncio.to_thread(host.journal.read, address, 0)
    events = [DEVICE.decode_event(each.name, each.version, each.data) for each in kept]
    changes = [event for event in events if isinstance(event, SlotChanged)]
    assert [seen.slot for change in changes for seen in change.seen] == list(numbers)
    assert all(change.seq == change.seen[-1].slot for change in changes)
