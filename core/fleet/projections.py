"""Read models of trolleys and devices, made from their events and the state after them alone.

A trolley's row exists as reference data; the projection only updates its projected
columns and skips a trolley that the fleet no longer has. A session or rental that
began in an earlier commit is closed by an update, one of the same commit in its row.
"""

from __future__ import annotations

import uuid
from typing import Any

from actors import device, trolley
from actors.messages.device import (
    DeviceConnected,
    DeviceDisconnected,
    DeviceRetired,
    SlotChanged,
    SlotReading,
    SlotsAssigned,
)
from actors.messages.trolley import (
    SessionEnded,
    SessionExpired,
    SessionResumed,
    TrolleyAssigned,
    TrolleyLeft,
    TrolleyReturned,
)
from actors.runtime.journal import Write
from core.journal.tables import Posix, Row, Uuid


class TrolleyRow(Row, table="fleet_trolley", key="trolley_id", mode="update"):
    """The projected columns of a trolley."""

    trolley_id: str
    phase: str = "available"
    custody: str = "unknown"
    maintenance: bool = False
    maintenance_notes: str = ""
    session_id: Uuid | None = None
    assigned_to_id: Uuid | None = None
    assigned_at: Posix | None = None
    lock_desired: str = "unknown"
    lock_reported: str = "unknown"
    lock_at: Posix | None = None
    lock_fault: str = ""
    last_seen: Posix | None = None
    """Of the last event; signs of life in between are in memory only."""
    seq: int = 0
    at_device: Uuid | None = None
    at_slot: int | None = None


class SessionRow(Row, table="fleet_session", key="session_id", mode="upsert"):
    """A session, as it began."""

    session_id: Uuid
    trolley_code: str
    branch_code: str
    user_id: Uuid
    started_at: Posix
    ended_at: Posix | None = None
    outcome: str | None = None
    items_cleared: int | None = None
    is_active: bool = True


class SessionOver(Row, table="fleet_session", key="session_id", mode="update"):
    """How a session of an earlier commit ended."""

    session_id: Uuid
    ended_at: Posix
    outcome: str
    is_active: bool


class SessionCleared(Row, table="fleet_session", key="session_id", mode="update"):
    """How many lines the end of a session took out of the cart."""

    session_id: Uuid
    items_cleared: int


class RentalRow(Row, table="fleet_rental", key="id", mode="upsert"):
    """Custody of a trolley, from when it left its slot."""

    id: Uuid
    trolley_code: str
    branch_code: str
    user_id: Uuid | None
    start_time: Posix
    expected_return: Posix | None = None
    actual_return: Posix | None = None
    status: str = "active"


class RentalReturned(
    Row, table="fleet_rental", key="trolley_code", mode="update", while_null="actual_return"
):
    """The trolley whose rental of an earlier commit is still open is back."""

    trolley_code: str
    actual_return: Posix
    status: str


class DeviceRow(Row, table="fleet_device_shadow", key="device_id", mode="upsert"):
    """A device's link."""

    device_id: Uuid
    online: bool
    boot_id: str
    firmware: str
    connected_at: Posix | None
    seq: int
    """Of the last event that changed the link."""


class SlotRow(Row, table="fleet_slot_shadow", key="id", mode="upsert"):
    """What the hardware last said of a slot."""

    id: str
    device_id: Uuid
    slot: int
    hook: str
    present: bool
    at: Posix
    trolley_code: str | None


_LINK = (DeviceConnected, DeviceDisconnected, DeviceRetired)
_BOOT_ID, _FIRMWARE = 80, 40
"""Columns' lengths: what a Pi says of itself is cut, not refused."""


def trolley_rows(write: Write) -> list[Row]:
    """Return the trolley's row, and the sessions and rentals that began or ended."""
    rows: list[Row] = [_trolley(write)]
    sessions: dict[str, SessionRow] = {}
    rentals: dict[str, RentalRow] = {}
    out: RentalRow | None = None
    code = write.address.key
    branch = write.state.ref.branch if write.state.ref is not None else ""
    for place, event in enumerate(write.decoded):
        kind = type(event)
        if kind is TrolleyAssigned:
            sessions[event.session_id] = SessionRow(
                session_id=event.session_id,
                trolley_code=code,
                branch_code=branch,
                user_id=event.user_id,
                started_at=event.at,
            )
        elif kind is SessionResumed:
            sessions[event.session_id] = SessionRow(
                session_id=event.session_id,
                trolley_code=code,
                branch_code=branch,
                user_id=event.user_id,
                started_at=event.since,
            )
        elif kind is SessionEnded or kind is SessionExpired:
            rows += _session_over(event, sessions)
        elif kind is TrolleyLeft:
            rental_id = _rental_id(write, place, event)
            out = rentals[rental_id] = RentalRow(
                id=rental_id,
                trolley_code=code,
                branch_code=branch,
                user_id=event.user_id,
                start_time=event.at,
                expected_return=event.due_at,
            )
        elif kind is TrolleyReturned and out is not None:
            out.actual_return, out.status, out = event.at, "returned", None
        elif kind is TrolleyReturned:
            rows.append(RentalReturned(trolley_code=code, actual_return=event.at, status="returned"))
    return [*rows, *sessions.values(), *rentals.values()]


def _trolley(write: Write) -> TrolleyRow:
    state: trolley.State = write.state
    last = write.events[-1]
    home = None if state.ref is None else state.ref.place
    place = trolley.stands(state)
    if place == home:
        place = None
    return TrolleyRow(
        trolley_id=write.address.key,
        phase=state.phase,
        custody=state.custody,
        maintenance=state.maintenance,
        maintenance_notes=state.maintenance_notes,
        session_id=state.session_id,
        assigned_to_id=state.user_id,
        assigned_at=state.since,
        lock_desired=state.lock.desired,
        lock_reported=state.lock.reported,
        lock_at=state.lock.at,
        lock_fault=state.lock_fault,
        last_seen=last.at,
        seq=last.seq,
        at_device=None if place is None else place.device_id,
        at_slot=None if place is None else place.slot,
    )


def _session_over(event: SessionEnded | SessionExpired, begun: dict[str, SessionRow]) -> list[Row]:
    """Close the session in its row if it began in this commit, else return the update that does."""
    outcome = event.outcome if isinstance(event, SessionEnded) else "expired"
    row = begun.get(event.session_id)
    if row is None:
        return [SessionOver(session_id=event.session_id, ended_at=event.at, outcome=outcome, is_active=False)]
    row.ended_at, row.outcome, row.is_active = event.at, outcome, False
    return []


def _rental_id(write: Write, place: int, event: TrolleyLeft) -> str:
    """Return the id of the session under which the trolley left, or one of its own without a session."""
    session_id = None if event.user_id is None else _session_at(write, place)
    if session_id is not None:
        return session_id
    seq = write.events[place].seq
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"rental:{write.address.key}:{seq}"))


def _session_at(write: Write, place: int) -> str | None:
    """Return the session that held the trolley at an event: begun before it, or ended after it."""
    events: list[Any] = list(write.decoded)
    for event in reversed(events[:place]):
        if isinstance(event, TrolleyAssigned):
            return event.session_id
    for event in events[place:]:
        if isinstance(event, SessionEnded | SessionExpired):
            return event.session_id
    session_id: str | None = write.state.session_id
    return session_id


def device_rows(write: Write) -> list[Row]:
    """Return the slots whose reading changed, and the device's link if it went up or down."""
    state: device.State = write.state
    device_id = write.address.key
    link: int | None = None
    changed: dict[int, None] = {}
    for record, event in zip(write.events, write.decoded, strict=True):
        kind = type(event)
        if kind is SlotChanged:
            changed |= dict.fromkeys(seen.slot for seen in event.seen)
        elif kind is SlotsAssigned:
            changed |= dict.fromkeys(owner.slot for owner in event.owners)
        elif kind in _LINK:
            link = record.seq
    rows = [_slot(device_id, state.slots[slot]) for slot in changed]
    return rows if link is None else [_link(device_id, state, link), *rows]


def _slot(device_id: str, reading: SlotReading) -> Row:
    key = f"{device_id}:{reading.slot}"
    return SlotRow(
        id=key,
        device_id=device_id,
        slot=reading.slot,
        hook=reading.hook,
        present=reading.present,
        at=reading.at,
        trolley_code=reading.trolley_id,
    )


def _link(device_id: str, state: device.State, seq: int) -> Row:
    boot_id, firmware = state.boot_id[:_BOOT_ID], state.firmware[:_FIRMWARE]
    return DeviceRow(
        device_id=device_id,
        online=state.online,
        boot_id=boot_id,
        firmware=firmware,
        connected_at=state.connected_at,
        seq=seq,
    )
