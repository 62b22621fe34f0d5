"""A bus on a thread of its own, behind an actor's inbox."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, cast

import pykka

from devicegw.bus.bus import Bus
from devicegw.bus.messages import SlotReading, UnlockCommand
from devicegw.bus.tap import Passed

_log = logging.getLogger("devices.bus")


@dataclass(frozen=True, slots=True)
class _Step:
    """The actor to itself: go on with the bus."""


@dataclass(frozen=True, slots=True)
class _Survey:
    """Answer: the readings, None until every board has answered."""


@dataclass(frozen=True, slots=True)
class _Tap:
    """Keep the frames that pass, for so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class _Passed:
    """Answer: dropped and frames since the last time, None once the tap is over."""


@dataclass(frozen=True, slots=True)
class _Health:
    """Answer: the counters for telemetry."""


@dataclass(slots=True)
class _Progress:
    """Written by the bus's thread, read by the watchdog."""

    steps: int = 0


class _BusActor(pykka.ThreadingActor):
    """Turns the inbox into calls on the bus. Between two messages it holds the port for one exchange at most.

    After each step it tells itself the next one, so whatever came in meanwhile is
    ahead of it in the inbox.
    """

    use_daemon_thread = True

    def __init__(
        self,
        bus: Bus,
        wake: threading.Event,
        progress: _Progress,
        died: Callable[[BaseException], None],
    ) -> None:
        super().__init__()
        self._progress = progress
        self._bus = bus
        self._wake = wake
        self._died = died

    def on_start(self) -> None:
        """Begin to step."""
        self.actor_ref.tell(_Step())

    def on_receive(self, message: Any) -> Any:
        """Take an unlock, a question or the next step."""
        match message:
            case _Step():
                self._step()
            case UnlockCommand():
                self._bus.submit(message)
            case _Survey():
                return self._bus.survey()
            case _Health():
                return self._bus.health()
            case _Tap(seconds):
                self._bus.tap(seconds)
            case _Passed():
                return self._bus.passed()
            case _:
                raise TypeError(f"expected a bus message, got {message!r}")
        return None

    def on_stop(self) -> None:
        """Close the port; unlocks left end in bus_error."""
        self._bus.close()

    def on_failure(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End every unlock by name, then say that the bus is dead: a defect of ours."""
        _log.critical("the bus actor failed", exc_info=exception_value)
        self._bus.close("the bus failed")
        self._died(exception_value or RuntimeError("the bus actor failed"))

    def _step(self) -> None:
        self._wake.clear()
        self._progress.steps += 1
        idle = self._bus.step() if self.actor_inbox.empty() else 0.0
        if idle > 0:
            self._wake.wait(idle)
        self.actor_ref.tell(_Step())


class BusHandle:
    """What others hold of a running bus. Thread-safe; nothing here blocks but ``stop``."""

    def __init__(self, bus: Bus, died: Callable[[BaseException], None]) -> None:
        self._wake = threading.Event()
        self._progress = _Progress()
        self._ref = _BusActor.start(bus, self._wake, self._progress, died)

    def unlock(self, command: UnlockCommand) -> None:
        """Hand over an unlock. Raises pykka.ActorDeadError after ``stop``."""
        self._tell(command)

    def survey(self) -> pykka.Future[list[SlotReading] | None]:
        """Request every slot's reading; None until every board has answered or was given up."""
        future = self._ref.ask(_Survey(), block=False)
        self._wake.set()
        return cast("pykka.Future[list[SlotReading] | None]", future)

    def health(self) -> pykka.Future[dict[str, Any]]:
        """Ask for the counters."""
        future = self._ref.ask(_Health(), block=False)
        self._wake.set()
        return cast("pykka.Future[dict[str, Any]]", future)

    def tap(self, seconds: float) -> None:
        """Keep the frames that pass from now on, for so long."""
        self._tell(_Tap(seconds))

    def passed(self) -> pykka.Future[tuple[int, list[Passed]] | None]:
        """Fetch what passed since the last time (dropped, frames); None once the tap is over."""
        future = self._ref.ask(_Passed(), block=False)
        self._wake.set()
        return cast("pykka.Future[tuple[int, list[Passed]] | None]", future)

    @property
    def steps(self) -> int:
        """Return a number that grows while the bus's thread makes progress."""
        return self._progress.steps

    def stop(self, timeout: float = 5.0) -> None:
        """Carry out what is in the inbox, end every unlock and close the port."""
        future = self._ref.stop(block=False)
        self._wake.set()
        future.get(timeout=timeout)

    def _tell(self, message: Any) -> None:
        self._ref.tell(message)
        self._wake.set()
