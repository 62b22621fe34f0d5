"""What a branch's map shows in addition to trolleys and alarms: its counters and its devices."""

from __future__ import annotations

from actors.messages.branch import Counters, DeviceCard
from realtime.views.base import View
from realtime.wire import maybe_time


class CountersView(View, frozen=True):
    """Of a branch's active trolleys, each counted once: the others sum to total."""

    total: int
    available: int
    """Free to take."""
    held: int
    """With somebody, or being claimed."""
    maintenance: int
    faults: int
    """Their lock was told to open and did not."""
    stray: int
    """Out without a session."""
    unreachable: int
    """In a slot of which nothing is heard: its Pi is offline, or its board silent."""
    missing: int


class DeviceView(View, frozen=True):
    """A Pi, as the map shows it."""

    device_id: str
    online: bool
    firmware: str
    last_seen: str | None
    silent_boards: tuple[int, ...]
    """Addresses of the lock boards that do not answer."""


def counters_view(counters: Counters) -> CountersView:
    """Return a branch's counters."""
    return CountersView(
        total=counters.total,
        available=counters.available,
        held=counters.held,
        maintenance=counters.maintenance,
        faults=counters.faults,
        stray=counters.stray,
        unreachable=counters.unreachable,
        missing=counters.missing,
    )


def device_view(card: DeviceCard) -> DeviceView:
    """Return a device's card."""
    return DeviceView(
        device_id=card.device_id,
        online=card.online,
        firmware=card.firmware,
        last_seen=maybe_time(card.last_seen),
        silent_boards=card.silent,
    )
