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
from core.fleet.rows import DeviceRow, RentalReturned, RentalRow, SessionOver, SessionRow, SlotRow, TrolleyRow
from core.journal.tables import Row

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
            sessions[event.session_id] = SessionRow(event.session_id, code, branch, event.user_id, event.at)
        elif kind is SessionResumed:
            sessions[event.session_id] = SessionRow(
                event.session_id, code, branch, event.user_id, event.since
            )
        elif kind is SessionEnded or kind is SessionExpired:
            rows += _session_over(event, sessions)
        elif kind is TrolleyLeft:
            rental_id = _rental_id(write, place, event)
            out = rentals[rental_id] = RentalRow(
                rental_id, code, branch, event.user_id, event.at, event.due_at
            )
        elif kind is TrolleyReturned and out is not None:
            out.actual_return, out.status, out = event.at, "returned", None
        elif kind is TrolleyReturned:
            rows.append(RentalReturned(code, event.at, "returned"))
    return [*rows, *sessions.values(), *rentals.values()]


def _trolley(write: Write) -> TrolleyRow:
    state: trolley.State = write.state
    last = write.events[-1]
    home = None if state.ref is None else state.ref.place
    place = trolley.stands(state)
    if place == home:
        place = None
    return TrolleyRow(
        write.address.key,
        state.phase,
        state.custody,
        state.maintenance,
        state.maintenance_notes,
        state.session_id,
        state.user_id,
        state.since,
        state.lock.desired,
        state.lock.reported,
        state.lock.at,
        state.lock_fault,
        last.at,
        last.seq,
        None if place is None else place.device_id,
        None if place is None else place.slot,
    )


def _session_over(event: SessionEnded | SessionExpired, begun: dict[str, SessionRow]) -> list[Row]:
    """Close the session in its row if it began in this commit, else return the update that does."""
    outcome = event.outcome if isinstance(event, SessionEnded) else "expired"
    row = begun.get(event.session_id)
    if row is None:
        return [SessionOver(event.session_id, event.at, outcome, False)]
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
        key, device_id, reading.slot, reading.hook, reading.present, reading.at, reading.trolley_id
    )


def _link(device_id: str, state: device.State, seq: int) -> Row:
    boot_id, firmware = state.boot_id[:_BOOT_ID], state.firmware[:_FIRMWARE]
    return DeviceRow(device_id, state.online, boot_id, firmware, state.connected_at, seq)
