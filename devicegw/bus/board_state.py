"""What is known of one board's slots, and what of it is news."""

from __future__ import annotations

from collections.abc import Container

from devicegw.bus.boards import BoardStatus
from devicegw.bus.boards.config import BoardConfig
from devicegw.bus.config import Timings
from devicegw.bus.health import BoardHealth
from devicegw.bus.messages import SlotReading
from devicegw.clock import Clock
from devicegw.wire import Hook, slot_number


class BoardState:
    """One board with its locks, as last read.

    A change is believed once it has lasted (``hook_settle_s``, ``present_settle_s``):
    a hook chatters on its spring, a hand crosses a light barrier. Until then the
    board is ``unsettled`` and should be asked again soon.
    """

    def __init__(self, bus: int, config: BoardConfig, timings: Timings, clock: Clock) -> None:
        self.address = config.address
        self.locks = config.locks
        self.health = BoardHealth()
        self.due_at = 0.0
        self.asked_at = 0.0
        self.known = False
        """Whether it was heard, or found dead, at least once."""
        self.dead = False
        self._bus = bus
        self._config = config
        self._timings = timings
        self._clock = clock
        self._heard_at = 0.0
        self._told: dict[int, tuple[Hook, bool]] = {}
        self._raw: dict[int, tuple[Hook, bool]] = {}
        self._changed_at: dict[tuple[int, str], float] = {}
        """When a change was first seen that is not believed yet, by lock and signal."""

    @property
    def unsettled(self) -> bool:
        """Tell whether a change waits to be believed."""
        return bool(self._changed_at)

    def channel(self, lock: int) -> int:
        """Return the board's channel of a lock, as wired."""
        return self._config.channels[lock] if self._config.channels else lock

    def take(self, status: BoardStatus, opening: Container[int] = ()) -> list[SlotReading]:
        """Take an answer; return the slots that changed. Locks that are ``opening`` may open at once."""
        fresh = self.dead or not self.known
        self.known, self.dead = True, False
        now = self._clock.monotonic()
        self._raw = {lock: self._meaning(status, lock) for lock in range(self.locks)}
        if fresh:
            self._changed_at.clear()
            return self._news(self._raw)
        return self._news({lock: self._settled(lock, lock in opening, now) for lock in self._raw})

    def die(self) -> list[SlotReading]:
        """Give the board up until it answers: every hook unknown, presence as last seen."""
        self.known, self.dead = True, True
        self._raw.clear()
        self._changed_at.clear()
        return self._news({lock: ("unknown", self._presence(lock)) for lock in range(self.locks)})

    def everything(self) -> list[SlotReading]:
        """Return every slot's last reading, at the time its board last answered (or was given up)."""
        at = self._heard_at
        return [self._reading(lock, hook, present, at) for lock, (hook, present) in self._told.items()]

    def hook(self, lock: int) -> Hook:
        """Return the lock's hook as the last answer showed it, settled or not."""
        return self._raw[lock][0] if lock in self._raw else "unknown"

    def _presence(self, lock: int) -> bool:
        return self._told[lock][1] if lock in self._told else False

    def _meaning(self, status: BoardStatus, lock: int) -> tuple[Hook, bool]:
        channel = self.channel(lock)
        is_open = status.hooks >> channel & 1 == self._config.hook_open_level
        present = status.sensors >> channel & 1 == self._config.present_level
        return ("open" if is_open else "closed"), present

    def _settled(self, lock: int, opening: bool, now: float) -> tuple[Hook, bool]:
        """Return what is believed of a lock now."""
        (hook, present), (told_hook, told_present) = self._raw[lock], self._told[lock]
        hook_lasts = 0.0 if opening and hook == "open" else self._timings.hook_settle_s
        if not self._believed((lock, "hook"), hook != told_hook, hook_lasts, now):
            hook = told_hook
        # A latch that has caught a trolley bears the sensor out; a hand does not close it.
        latched = present and self._raw[lock][0] == "closed"
        present_lasts = self._timings.hook_settle_s if latched else self._timings.present_settle_s
        if not self._believed((lock, "present"), present != told_present, present_lasts, now):
            present = told_present
        return hook, present

    def _believed(self, signal: tuple[int, str], changed: bool, lasts: float, now: float) -> bool:
        """Tell whether a signal's new level has lasted long enough; one that fell back is forgotten."""
        if not changed:
            if self._changed_at.pop(signal, None) is not None:
                self.health.bounces += 1
            return True
        if now - self._changed_at.setdefault(signal, now) < lasts:
            return False
        del self._changed_at[signal]
        return True

    def _news(self, heard: dict[int, tuple[Hook, bool]]) -> list[SlotReading]:
        now = self._heard_at = self._clock.now()
        news = [
            self._reading(lock, *reading, now)
            for lock, reading in heard.items()
            if self._told.get(lock) != reading
        ]
        self._told.update(heard)
        return news

    def _reading(self, lock: int, hook: Hook, present: bool, at: float) -> SlotReading:
        return SlotReading(slot_number(self._bus, self.address, lock), hook, present, at)
