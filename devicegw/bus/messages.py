"""Messages of a bus to its listener, which is called on the bus's thread and must not block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from devicegw.wire import Hook, Outcome


@dataclass(frozen=True, slots=True)
class UnlockCommand:
    """Open one lock, but never start to after ``expires`` (monotonic seconds)."""

    command_id: str
    board: int
    lock: int
    received: float
    expires: float


@dataclass(frozen=True, slots=True)
class SlotReading:
    """A slot differs from the last report; ``hook`` is unknown while its board is dead."""

    slot: int
    hook: Hook
    present: bool
    at: float
    """POSIX seconds."""


@dataclass(frozen=True, slots=True)
class UnlockDone:
    """An unlock has ended; exactly one for each that was submitted."""

    command_id: str
    outcome: Outcome
    detail: str
    first_byte_s: float | None = None
    """From receipt to the first byte of the first try; None if none was written."""
    total_s: float = 0.0
    tries: int = 0


BusEvent = SlotReading | UnlockDone
Listener = Callable[[BusEvent], None]
