"""Modbus boards: the frames, the maps, and a whole bus against pymodbus' own server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymodbus.framer import FramerRTU

from devicegw.bus.actor import BusHandle
from devicegw.bus.boards import Acknowledged, BadFrame, BoardRefused, BoardStatus
from devicegw.bus.boards.config import BoardConfig, ModbusBoard, ModbusInputs, ModbusRelays
from devicegw.bus.boards.modbus import ModbusDriver, pulse, reads
from devicegw.bus.bus import Bus
from devicegw.bus.config import BusConfig, Timings
from devicegw.bus.messages import BusEvent, SlotReading, UnlockCommand, UnlockDone
from devicegw.clock import SystemClock
from tests.devicegw.modbus_peer import MasterEnd, Peer, board

DEADLINE = 60.0


def sealed(text: str) -> bytes:
    body = bytes.fromhex(text)
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


def test_a_flash_is_the_frame_that_the_makers_print():
    assert pulse(ModbusRelays(unit=1, ms=700), 0) == bytes.fromhex("01 05 02 00 00 07 8D B0")


@pytest.mark.parametrize(
    ("relays", "channel", "frame"),
    [
        (ModbusRelays(unit=3, kind="flash", start=0x300, ms=100), 2, "03 05 03 02 00 01"),
        (ModbusRelays(unit=3, kind="register", start=1, value=0x0600), 2, "03 06 00 03 06 00"),
        (ModbusRelays(unit=3, kind="coil"), 2, "03 05 00 02 ff 00"),
        (ModbusRelays(unit=3, kind="coil", relays=(7, 6, 5)), 2, "03 05 00 05 ff 00"),
    ],
)
def test_a_pulse_is_asked_for_as_configured(relays, channel, frame):
    assert pulse(relays, channel) == sealed(frame)


def test_hooks_and_sensors_close_together_are_one_read():
    (read,) = reads(board(0, 1).modbus, 8)
    assert read.request == sealed("01 02 00 00 00 10")


def test_hooks_and_sensors_of_two_units_are_two_reads():
    modbus = ModbusBoard(
        ModbusRelays(1), ModbusInputs(1, inputs=(3, 1)), ModbusInputs(2, kind="input", start=7)
    )
    first, second = reads(modbus, 2)
    assert first.request == sealed("01 02 00 01 00 03")
    assert second.request == sealed("02 04 00 07 00 01")


def ask(driver: ModbusDriver, answers: list[bytes]) -> Any:
    """Have the whole status of board 0 answered; return what the last answer means."""
    found: list[Any] = []
    for request, answer in zip(driver.status(0), answers, strict=True):
        driver.expect(0, request)
        found = list(driver.receive(answer))
    return found[-1]


def test_a_map_brings_every_input_to_its_lock():
    modbus = ModbusBoard(
        ModbusRelays(1), ModbusInputs(1, inputs=(9, 2, 4)), ModbusInputs(2, kind="holding", inputs=(17, 0, 1))
    )
    driver = ModbusDriver([BoardConfig(0, locks=3, modbus=modbus)])
    hooks, sensors = sealed("01 02 01 81"), sealed("02 03 04 00 01 00 02")
    assert ask(driver, [hooks, sensors]) == BoardStatus(0, hooks=0b011, sensors=0b011)


@pytest.mark.parametrize(
    ("hook_open", "level", "sensors"), [(0, 1, 0b01), (1, 1, 0b10), (0, 0, 0b10), (1, 0, 0b01)]
)
def test_without_sensors_a_closed_hook_holds_a_trolley(hook_open, level, sensors):
    modbus = ModbusBoard(ModbusRelays(1), ModbusInputs(1))
    config = BoardConfig(0, locks=2, hook_open_level=hook_open, present_level=level, modbus=modbus)
    assert ask(ModbusDriver([config]), [sealed("01 02 01 01")]) == BoardStatus(0, 0b01, sensors)


@pytest.fixture
def driver():
    driver = ModbusDriver([board(0, 1)])
    driver.expect(0, driver.status(0)[0])
    return driver


ANSWER = sealed("01 02 02 ff 0f")


def test_an_answer_is_found_a_byte_at_a_time(driver):
    found = [heard for byte in ANSWER for heard in driver.receive(bytes((byte,)))]
    assert found == [BoardStatus(0, 0xFF, 0x0F)]


@pytest.mark.parametrize("noise", ["ff", "01 02", "01", "00 00 01 82", "02 03 04 05 06"])
def test_an_answer_behind_noise_is_found(driver, noise):
    found = driver.receive(bytes.fromhex(noise) + ANSWER)
    assert found[-1] == BoardStatus(0, 0xFF, 0x0F)
    assert all(isinstance(heard, BadFrame) for heard in found[:-1])


def test_a_wrong_sum_is_named(driver):
    bad = ANSWER[:-1] + bytes((ANSWER[-1] ^ 1,))
    assert driver.receive(bad)[0] == BadFrame("checksum", bad)


def test_an_exception_is_a_refusal(driver):
    assert driver.receive(sealed("01 82 02")) == [BoardRefused(0, "exception 2")]


def test_a_pulse_is_acknowledged_by_its_repetition(driver):
    request = driver.unlock(0, 3)
    assert driver.mirrors(request)
    driver.expect(0, request)
    assert driver.receive(request) == [Acknowledged(0)]


# --- against pymodbus' server ---------------------------------------------------


class Rig:
    """A bus actor on the peer's pty."""

    def __init__(self, peer: Peer, boards: tuple[BoardConfig, ...], timings: Timings) -> None:
        loop = asyncio.get_running_loop()
        self.told: asyncio.Queue[BusEvent] = asyncio.Queue()
        self.deaths: list[BaseException] = []
        config = BusConfig(port="pty", boards=boards, protocol="modbus", timings=timings)
        driver = ModbusDriver(boards)

        def listen(event: BusEvent) -> None:
            loop.call_soon_threadsafe(self.told.put_nowait, event)

        bus = Bus(0, config, driver, lambda: MasterEnd(peer.master), SystemClock(), listen)
        self.handle = BusHandle(bus, self.deaths.append)

    def submit(self, slot: int, name: str = "u") -> None:
        now = time.monotonic()
        self.handle.unlock(UnlockCommand(name, slot >> 4, slot & 15, now, now + 10))

    async def next(self, kind: type[Any], **fields: Any) -> Any:
        while True:
            event = await asyncio.wait_for(self.told.get(), DEADLINE)
            if isinstance(event, kind) and all(getattr(event, k) == v for k, v in fields.items()):
                return event


@asynccontextmanager
async def rig(peer: Peer, *boards: BoardConfig, timings: Timings | None = None) -> AsyncIterator[Rig]:
    async with peer.serving():
        # On a busy machine an answer may arrive in pieces; that is not what is tried here.
        patient = Timings(poll_s=0.01, open_s=0.3, answer_s=0.5, gap_s=0.3, retry_s=0.01)
        found = Rig(peer, boards, timings or patient)
        try:
            yield found
        finally:
            await asyncio.to_thread(found.handle.stop)
        assert found.deaths == []


async def test_a_flash_opens_a_lock_and_the_trolley_leaves_and_returns():
    peer = Peer((1, 2))
    async with rig(peer, board(0, 1), board(1, 2)) as shop:
        await shop.next(SlotReading, slot=0x15, hook="closed", present=True)
        shop.submit(0x15)
        assert (await shop.next(UnlockDone)).outcome == "opened"
        assert peer.pulses == [sealed("02 05 02 05 00 07")]
        peer.absent[2].add(5)
        await shop.next(SlotReading, slot=0x15, hook="open", present=False)
        peer.absent[2].clear()
        peer.opened[2].clear()
        await shop.next(SlotReading, slot=0x15, hook="closed", present=True)


async def test_a_lock_that_does_not_move_is_not_opened_after_every_try():
    peer = Peer((1,))
    peer.stuck = True
    async with rig(peer, board(0, 1)) as shop:
        shop.submit(3)
        done = await shop.next(UnlockDone)
        assert (done.outcome, done.tries) == ("not_opened", 3)
        assert peer.pulses == [sealed("01 05 02 03 00 07")] * 3


async def test_a_board_that_refuses_says_so_in_the_outcome():
    peer = Peer((1,))
    peer.refusing = True
    async with rig(peer, board(0, 1)) as shop:
        shop.submit(3)
        done = await shop.next(UnlockDone)
        assert (done.outcome, done.detail) == ("bus_error", "the board refused the pulse: exception 2")
        health = await asyncio.to_thread(shop.handle.health().get, timeout=DEADLINE)
        assert health["boards"]["0"]["refused"] == 3
        assert health["boards"]["0"]["answers"] > 3


async def test_a_unit_that_is_not_there_is_given_up_and_its_neighbour_opens():
    peer = Peer((1,))
    timings = Timings(poll_s=0.01, open_s=0.2, answer_s=0.05, retry_s=0.01)
    async with rig(peer, board(0, 1), board(1, 9), timings=timings) as shop:
        await shop.next(SlotReading, slot=0x10, hook="unknown")
        shop.submit(0x10, "dead")
        shop.submit(0x00, "alive")
        assert (await shop.next(UnlockDone, command_id="alive")).outcome == "opened"
        assert (await shop.next(UnlockDone, command_id="dead")).outcome == "bus_error"


async def test_hooks_in_registers_and_sensors_in_inputs_are_read_in_two_parts():
    peer = Peer((1,))
    modbus = ModbusBoard(
        ModbusRelays(1, kind="register", start=0x20), ModbusInputs(1, "input"), ModbusInputs(1, start=8)
    )
    async with rig(peer, board(0, 1, modbus=modbus)) as shop:
        await shop.next(SlotReading, slot=7, hook="closed", present=True)
        shop.submit(7)
        assert (await shop.next(UnlockDone)).outcome == "opened"
        assert peer.pulses == [sealed("01 06 00 27 00 01")]
        assert {frame[1] for frame in peer.reads} == {2, 4}
