"""Messages of ``branch/<code>`` and ``chain/<slug>``: volatile aggregates fed by hints.

Nothing here is journalled. At activation their state is loaded from the read
models, and each note carries the journal place it comes from, so an old one is
ignored. The events below live in the aggregate's bounded history and on the wire.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from actors.messages.alarms import Alarm
from actors.messages.trolley import LockState, Place

Phase = Literal["available", "claiming", "held"]
Custody = Literal["docked", "out", "unknown"]


class TrolleyCard(msgspec.Struct, frozen=True):
    """All that the map shows of a trolley."""

    trolley_id: str
    cart_number: int
    seq: int
    """Journal seq of the trolley that this card shows."""
    phase: Phase = "available"
    custody: Custody = "unknown"
    is_active: bool = True
    maintenance: bool = False
    maintenance_notes: str = ""
    session_id: str | None = None
    user_id: str | None = None
    since: float | None = None
    lock: LockState = LockState()
    lock_fault: str = ""
    """Outcome of the last unlock if it failed, else empty."""
    place: Place | None = None
    cart_total: Decimal = Decimal(0)
    cart_units: int = 0
    missing: bool = False
    staff_id: str | None = None
    """Who of the staff has it in hand, though it has no session."""
    staff_until: float | None = None
    """Until when it may be out of its slot for that."""


class DeviceCard(msgspec.Struct, frozen=True):
    device_id: str
    online: bool
    firmware: str
    seq: int
    last_seen: float | None = None
    silent: tuple[int, ...] = ()
    """Boards that do not answer."""

    def hears(self, slot: int) -> bool:
        """Whether reports of the slot's hardware arrive."""
        return self.online and slot >> 4 not in self.silent


Standing = Literal["available", "held", "maintenance", "faults", "stray", "unreachable", "missing"]
"""What an active trolley counts as: free to take; somebody's, or on the way to be; out of service; its lock
failed; out without a session, and not in the hands of staff; in a slot that nobody hears; not to be found."""


class Counters(msgspec.Struct, frozen=True):
    """Of a branch's active trolleys: each counts once, so the others sum to total."""

    total: int = 0
    available: int = 0
    held: int = 0
    maintenance: int = 0
    faults: int = 0
    stray: int = 0
    unreachable: int = 0
    missing: int = 0


# --- commands -------------------------------------------------------------


class NoteTrolley(msgspec.Struct, frozen=True, tag="NoteTrolley"):
    """``name`` is the trolley's event that made the change, e.g. TrolleyAssigned."""

    name: str
    card: TrolleyCard


class NoteCart(msgspec.Struct, frozen=True, tag="NoteCart"):
    """A cart's total changed; shown at most once a second a trolley."""

    trolley_id: str
    session_id: str
    total: Decimal
    units: int


class NoteDevice(msgspec.Struct, frozen=True, tag="NoteDevice"):
    name: str
    card: DeviceCard
    gone: bool = False


class NoteAlarm(msgspec.Struct, frozen=True, tag="NoteAlarm"):
    """``name`` is the alarms' event that made the change, ``seq`` its place in their journal."""

    name: str
    alarm: Alarm
    seq: int
    gone: bool = False


class NoteEdit(msgspec.Struct, frozen=True, tag="NoteEdit"):
    """Reference data may have changed; ``trolleys`` are the codes of those that the branch has now."""

    trolleys: tuple[str, ...]


class NoteBranch(msgspec.Struct, frozen=True, tag="NoteBranch"):
    """To ``chain/<slug>``: a branch's counters changed."""

    code: str
    counters: Counters


# --- events ---------------------------------------------------------------


class TrolleyNoted(msgspec.Struct, frozen=True, tag="TrolleyNoted"):
    name: str
    card: TrolleyCard
    counters: Counters


class CartTotalChanged(msgspec.Struct, frozen=True, tag="CartTotalChanged"):
    """A cart's total, as the map shows it from ``at`` on."""

    trolley_id: str
    total: Decimal
    units: int
    at: float


class DeviceNoted(msgspec.Struct, frozen=True, tag="DeviceNoted"):
    name: str
    card: DeviceCard
    counters: Counters
    gone: bool = False


class AlarmNoted(msgspec.Struct, frozen=True, tag="AlarmNoted"):
    name: str
    alarm: Alarm
    seq: int
    gone: bool


class BranchEdited(msgspec.Struct, frozen=True, tag="BranchEdited"):
    """What is shown of the branch is read anew; the trolleys ``gone`` are another's now."""

    gone: tuple[str, ...]
    counters: Counters


class BranchNoted(msgspec.Struct, frozen=True, tag="BranchNoted"):
    code: str
    counters: Counters


Command = NoteTrolley | NoteCart | NoteDevice | NoteAlarm | NoteEdit | NoteBranch
Event = TrolleyNoted | CartTotalChanged | DeviceNoted | AlarmNoted | BranchEdited | BranchNoted
