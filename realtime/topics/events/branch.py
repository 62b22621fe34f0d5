"""Snapshot and events of the topic ``branch:{code}``, the map of one store."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from realtime.views.alarm import AlarmView
from realtime.views.base import View
from realtime.views.branch import CountersView, DeviceView
from realtime.views.trolley import TrolleyView


class BranchFacts(View, frozen=True):
    """What is known of a branch."""

    code: str
    name: str
    city: str
    chain: str
    """Slug."""
    currency: str
    timezone: str
    """IANA name: the zone in which its times are told. UTC when unknown."""
    session_timeout_s: float | None
    floor_plan: dict[str, Any] | None
    """In metres, as it was saved."""


class BranchSnapshot(View, frozen=True):
    """The map of one store."""

    branch: BranchFacts
    trolleys: tuple[TrolleyView, ...]
    devices: tuple[DeviceView, ...]
    counters: CountersView
    alarms: tuple[AlarmView, ...]
    """Those that stand."""


class _TrolleyEvent(View, frozen=True):
    trolley: TrolleyView
    """As it is now."""
    counters: CountersView


class TrolleyChanged(_TrolleyEvent, frozen=True):
    """Something about a trolley that has no event of its own, or an administrator edited it."""


class TrolleyAssigned(_TrolleyEvent, frozen=True):
    """A session has begun."""


class SessionResumed(_TrolleyEvent, frozen=True):
    """A session that had run out goes on, with the same trolley."""


class SessionEnded(_TrolleyEvent, frozen=True):
    """A session was ended."""


class SessionExpired(_TrolleyEvent, frozen=True):
    """A session ended without a sign of life."""


class UnlockRequested(_TrolleyEvent, frozen=True):
    """Staff told the lock to open."""


class StaffHoldEnded(_TrolleyEvent, frozen=True):
    """The time is over for which staff may have a trolley out of its slot."""


class LockOpened(_TrolleyEvent, frozen=True):
    """The hardware says that the lock is open."""


class LockClosed(_TrolleyEvent, frozen=True):
    """The hardware says that the lock is shut."""


class LockFailed(_TrolleyEvent, frozen=True):
    """The lock was told to open and did not."""


class TrolleyLeft(_TrolleyEvent, frozen=True):
    """The trolley left its slot."""


class TrolleyReturned(_TrolleyEvent, frozen=True):
    """The trolley is back in a slot."""


class TrolleyPlaced(_TrolleyEvent, frozen=True):
    """The trolley belongs to, or stands in, another slot."""


class MaintenanceStarted(_TrolleyEvent, frozen=True):
    """The trolley was taken out of use."""


class TrolleyMissing(_TrolleyEvent, frozen=True):
    """Nobody knows where it is."""


class TrolleyFound(_TrolleyEvent, frozen=True):
    """It is not missing any more."""


class RentalClosed(_TrolleyEvent, frozen=True):
    """Staff has it back, though no slot has seen it."""


class MaintenanceEnded(_TrolleyEvent, frozen=True):
    """The trolley may be used again."""


class CartTotalChanged(View, frozen=True):
    """What a trolley's shopper has in it; at most once a second a trolley."""

    trolley_id: str
    cart_total: Decimal
    cart_units: int


class BranchChanged(View, frozen=True):
    """What is known of the branch, after an administrator may have changed it."""

    branch: BranchFacts
    gone: tuple[str, ...]
    """Codes of trolleys that are another branch's now."""
    counters: CountersView


class _DeviceEvent(View, frozen=True):
    device: DeviceView
    counters: CountersView


class DeviceChanged(_DeviceEvent, frozen=True):
    """Something about a Pi that has no event of its own, e.g. its firmware."""


class DeviceConnected(_DeviceEvent, frozen=True):
    """A Pi is online."""


class DeviceDisconnected(_DeviceEvent, frozen=True):
    """A Pi is offline."""


class DeviceRetired(_DeviceEvent, frozen=True):
    """The branch no longer has this Pi."""


class _AlarmEvent(View, frozen=True):
    alarm: AlarmView


class AlarmRaised(_AlarmEvent, frozen=True):
    """An alarm stands."""


class AlarmAcknowledged(_AlarmEvent, frozen=True):
    """Somebody looks after the alarm."""


class AlarmReleased(_AlarmEvent, frozen=True):
    """Whoever looked after the alarm gave it back; it stands."""


class AlarmSnoozed(_AlarmEvent, frozen=True):
    """Somebody lets an alarm wait for a time; it stands."""


class AlarmCleared(_AlarmEvent, frozen=True):
    """The alarm is over; as it was."""


TrolleyEvent = (
    TrolleyChanged
    | TrolleyAssigned
    | SessionResumed
    | SessionEnded
    | SessionExpired
    | UnlockRequested
    | StaffHoldEnded
    | LockOpened
    | LockClosed
    | LockFailed
    | TrolleyLeft
    | TrolleyReturned
    | TrolleyPlaced
    | MaintenanceStarted
    | MaintenanceEnded
    | TrolleyMissing
    | TrolleyFound
    | RentalClosed
)
DeviceEvent = DeviceChanged | DeviceConnected | DeviceDisconnected | DeviceRetired
AlarmEvent = AlarmRaised | AlarmAcknowledged | AlarmReleased | AlarmSnoozed | AlarmCleared
Event = TrolleyEvent | BranchChanged | CartTotalChanged | DeviceEvent | AlarmEvent
