"""A bus, its boards and a manual clock on a null modem: a shop in virtual time, one thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from devicegw.bus.boards.config import BoardConfig
from devicegw.bus.boards.kerong import KerongDriver
from devicegw.bus.bus import Bus
from devicegw.bus.config import BusConfig, Timings
from devicegw.bus.messages import BusEvent, SlotReading, UnlockCommand, UnlockDone
from devicegw.bus.port import char_seconds
from devicegw.clock import ManualClock
from devicegw.simulator.boards import SimulatedBus
from devicegw.simulator.nullmodem import NullModem


class Shop:
    """Everything a bus test needs; ``run`` lets virtual time pass."""

    def __init__(
        self,
        boards: int = 2,
        *,
        level: int = 0,
        timings: Timings | None = None,
        channels: tuple[int, ...] = (),
        **mechanics: Any,
    ) -> None:
        self.clock = ManualClock()
        self.world = SimulatedBus(boards, hook_open_level=level, char_s=char_seconds(19200), **mechanics)
        self.modem = NullModem(self.world.receive, self.clock)
        self.events: list[BusEvent] = []
        config = BusConfig(
            port="null",
            boards=tuple(BoardConfig(n, hook_open_level=level, channels=channels) for n in range(boards)),
            timings=timings or Timings(),
        )
        self.bus = Bus(0, config, KerongDriver(), self.modem.open, self.clock, self.events.append)

    @property
    def now(self) -> float:
        return self.clock.monotonic()

    def run(self, seconds: float) -> None:
        self.run_until(lambda: False, seconds)

    def run_until(self, done: Callable[[], bool], seconds: float = 30.0) -> bool:
        """Step until ``done`` or until the virtual seconds have passed; return ``done()``."""
        end = self.now + seconds
        while not done() and self.now < end:
            self.clock.advance(min(self.bus.step(), max(0.0, end - self.now)))
        return done()

    def submit(self, slot: int, name: str = "c1", ttl: float = 10.0) -> None:
        self.bus.submit(UnlockCommand(name, slot >> 4, slot & 15, self.now, self.now + ttl))

    def done(self) -> dict[str, UnlockDone]:
        found = [event for event in self.events if isinstance(event, UnlockDone)]
        by_name = {event.command_id: event for event in found}
        assert len(by_name) == len(found), "an unlock ended twice"
        return by_name

    def unlock(self, slot: int, name: str = "c1", ttl: float = 10.0) -> UnlockDone:
        """Submit an unlock and let time pass until it has ended."""
        self.submit(slot, name, ttl)
        assert self.run_until(lambda: name in self.done()), "the unlock never ended"
        return self.done()[name]

    def readings(self, slot: int) -> list[tuple[str, bool]]:
        found = [event for event in self.events if isinstance(event, SlotReading)]
        return [(event.hook, event.present) for event in found if event.slot == slot]

    def pulses(self, slot: int) -> int:
        return self.world.slot(slot, self.now).pulses
