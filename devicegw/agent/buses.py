"""All buses of one device, and the crossing between their threads and the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pykka

from devicegw import wire
from devicegw.agent.config import AgentBus, AgentConfig
from devicegw.agent.protocols import driver_of, port_of
from devicegw.bus.actor import BusHandle
from devicegw.bus.bus import Bus
from devicegw.bus.messages import BusEvent, SlotReading, UnlockCommand, UnlockDone
from devicegw.bus.port import OpenPort
from devicegw.bus.tap import Passed
from devicegw.clock import Clock
from devicegw.link.queue import OutboxQueue

_log = logging.getLogger("devices.buses")

SURVEY_S = 10.0
INSPECT_S = 0.25
FRAMES_A_MESSAGE = 100
"""A hundred frames and their meanings stay well below the wire's 64 KiB."""


class Buses:
    """Starts the buses, hands them unlocks and turns what they tell into messages for the queue."""

    def __init__(
        self,
        config: AgentConfig,
        queue: OutboxQueue,
        clock: Clock,
        boot_id: str,
        firmware: str,
        failed: Callable[[BaseException], None],
        open_port: Callable[[AgentBus], OpenPort] = port_of,
    ) -> None:
        self._config = config
        self._queue = queue
        self._clock = clock
        self._boot_id = boot_id
        self.firmware = firmware
        """What hello says."""
        self._failed = failed
        self._open_port = open_port
        self._loop = asyncio.get_running_loop()
        self._buses: list[BusHandle] = []
        self._slots = frozenset(
            wire.slot_number(index, board.address, lock)
            for index, bus in enumerate(config.buses)
            for board in bus.boards
            for lock in range(board.locks)
        )
        self._readings: dict[int, SlotReading] = {}
        """The latest of each slot."""
        self._untold = frozenset[int]()
        """Slots that the last hello went without."""
        self._surveyed = asyncio.Event()

    def start(self) -> None:
        """Give every bus its thread. Does not wait for the ports."""
        for index, config in enumerate(self._config.buses):
            bus = Bus(index, config, driver_of(config), self._open_port(config), self._clock, self._listen)
            self._buses.append(BusHandle(bus, self._bus_died))

    async def stop(self) -> None:
        """End every unlock with a result and close the ports; every report has been delivered on return."""
        for bus in self._buses:
            await asyncio.to_thread(bus.stop)
        # What the buses told last stands in the loop's queue before this callback.
        told = asyncio.Event()
        self._loop.call_soon(told.set)
        await told.wait()

    async def hello(self) -> wire.Hello:
        """Return the hello with the current readings, once every board has answered or was given up."""
        try:
            await asyncio.wait_for(self._surveyed.wait(), SURVEY_S)
        except TimeoutError:
            _log.error("the survey is not complete after %g s; hello goes without it", SURVEY_S)
        readings: list[SlotReading] = []
        for bus in self._buses:
            readings += await self._ask(bus.survey()) or []
        self._untold = self._slots - {each.slot for each in readings}
        for slot in sorted(self._untold & self._readings.keys()):
            self._report(self._readings[slot])
        return wire.Hello(
            device_id=self._config.device_id,
            boot_id=self._boot_id,
            firmware=self.firmware,
            buses=tuple(
                wire.BusInfo(
                    port=bus.port, protocol=bus.protocol, boards=tuple(b.address for b in bus.boards)
                )
                for bus in self._config.buses
            ),
            slots=tuple(
                wire.SlotState(slot=r.slot, hook=r.hook, present=r.present, at=wire.utc(r.at))
                for r in readings
            ),
        )

    async def silent(self) -> list[int]:
        """Return the slots that do not answer now."""
        return [each.slot for each in (await self.hello()).slots if each.hook == "unknown"]

    def unlock(self, command_id: str, slot: int, received: float, expires: float) -> None:
        """Hand an unlock to the bus of its slot."""
        bus, board, lock = wire.slot_place(slot)
        if bus >= len(self._buses):
            detail = f"no bus {bus} is configured"
            self._queue.put(wire.Result(seq=0, id=command_id, outcome="unsupported", detail=detail))
            return
        try:
            self._buses[bus].unlock(UnlockCommand(command_id, board, lock, received, expires))
        except pykka.ActorDeadError:
            detail = "the bus has stopped"
            self._queue.put(wire.Result(seq=0, id=command_id, outcome="bus_error", detail=detail))

    def inspect(self, bus: int, seconds: float) -> AsyncIterator[wire.Frames]:
        """Look at a bus from now on; return what passes, a few times a second. Nothing if there is none."""
        if bus < len(self._buses):
            self._buses[bus].tap(seconds)
        return self._frames(bus)

    async def _frames(self, bus: int) -> AsyncIterator[wire.Frames]:
        while bus < len(self._buses):
            await asyncio.sleep(INSPECT_S)
            passed = await self._ask(self._buses[bus].passed())
            if passed is None:
                return
            dropped, frames = passed
            for begin in range(0, len(frames), FRAMES_A_MESSAGE):
                some = frames[begin : begin + FRAMES_A_MESSAGE]
                yield wire.Frames(bus=bus, dropped=dropped, frames=tuple(map(_frame, some)))
                dropped = 0

    @property
    def steps(self) -> tuple[int, ...]:
        """Return a number a bus that grows while its thread makes progress."""
        return tuple(bus.steps for bus in self._buses)

    async def telemetry(self) -> dict[str, Any]:
        """Return the health of every bus and the size of the outbox."""
        buses = [await self._ask(bus.health()) for bus in self._buses]
        return {"buses": buses, "outbox": len(self._queue)}

    async def _ask(self, future: pykka.Future[Any]) -> Any:
        return await asyncio.to_thread(future.get, timeout=SURVEY_S)

    # --- from the buses' threads ----------------------------------------------

    def _listen(self, event: BusEvent) -> None:
        self._loop.call_soon_threadsafe(self._take, event)

    def _bus_died(self, error: BaseException) -> None:
        self._loop.call_soon_threadsafe(self._failed, error)

    # --- on the loop ----------------------------------------------------------

    def _take(self, event: BusEvent) -> None:
        match event:
            case SlotReading():
                self._take_reading(event)
            case UnlockDone():
                self._take_end(event)

    def _take_reading(self, reading: SlotReading) -> None:
        """Report a change. A slot's first reading is none where hello carries it.

        A report that an earlier run could not send is sent after hello, so what has become of the slot
        meanwhile is reported behind it.
        """
        slot, first = reading.slot, reading.slot not in self._readings
        self._readings[slot] = reading
        if first and self._slots <= self._readings.keys():
            self._surveyed.set()
        if not first or slot in self._untold or slot in self._queue.slots_left_over:
            self._report(reading)

    def _report(self, reading: SlotReading) -> None:
        at = wire.utc(reading.at)
        self._queue.put(
            wire.Report(seq=0, slot=reading.slot, hook=reading.hook, present=reading.present, at=at)
        )

    def _take_end(self, done: UnlockDone) -> None:
        first_byte = None if done.first_byte_s is None else round(done.first_byte_s * 1000, 2)
        _log.info(
            "unlock %s",
            done.outcome,
            extra={
                "command_id": done.command_id,
                "outcome": done.outcome,
                "detail": done.detail,
                "tries": done.tries,
                "first_byte_ms": first_byte,
                "total_ms": round(done.total_s * 1000, 2),
            },
        )
        self._queue.put(
            wire.Result(seq=0, id=done.command_id, outcome=done.outcome, detail=done.detail[:500])
        )


def _frame(passed: Passed) -> wire.Frame:
    return wire.Frame(
        at=wire.utc_exact(passed.at),
        dir=passed.direction,
        hex=passed.data.hex(" ")[:200],
        meaning=passed.meaning[:200],
        board=passed.board,
        fault=passed.fault,
    )
