"""Read models of trolleys and devices, made from their events and the state after them alone.

A trolley's row exists as reference data; the projection only updates its projected
columns and skips a trolley that the fleet no longer has. A session or rental that
began in an earlier commit is closed by an update, one of the same commit in its row.
"""

from __future__ import annotations

from typing import Any

from actors import device, trolley
from actors.messages.device import (
    BoardAnswered,
    BoardSilent,
    DeviceConnected,
    DeviceDisconnected,
    DeviceExpected,
    DeviceRetired,
    SlotChanged,
    SlotReading,
    SlotsAssigned,
)
from actors.messages.trolley import (
    RentalClosed,
    RentalExtended,
    RentalNoted,
    SessionEnded,
    SessionExpired,
    SessionResumed,
    TrolleyAssigned,
    TrolleyFound,
    TrolleyLeft,
    TrolleyMissing,
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
    missing: bool = False
    missing_reason: str = ""
    staff_id: Uuid | None = None
    staff_until: Posix | None = None


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


class SessionOverRow(Row, table="fleet_session", key="session_id", mode="update"):
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
    notes: str = ""


class RentalReturned(
    Row, table="fleet_rental", key="trolley_code", mode="update", while_null="actual_return"
):
    """The trolley whose rental of an earlier commit is still open is back."""

    trolley_code: str
    actual_return: Posix
    status: str


class RentalLost(Row, table="fleet_rental", key="trolley_code", mode="update", while_null="actual_return"):
    """The trolley whose rental of an earlier commit is still open is missing."""

    trolley_code: str
    status: str


class RentalOverRow(Row, table="fleet_rental", key="id", mode="update", while_null="actual_return"):
    """The session of a trolley that has no slot ended, and with it the rental."""

    id: Uuid
    actual_return: Posix
    status: str


class RentalResumed(Row, table="fleet_rental", key="id", mode="update"):
    """The session of a trolley that has no slot goes on, and with it the rental."""

    id: Uuid
    actual_return: Posix | None
    status: str


class RentalDue(Row, table="fleet_rental", key="id", mode="update"):
    """A rental is expected to end at another time."""

    id: Uuid
    expected_return: Posix


class RentalNotes(Row, table="fleet_rental", key="id", mode="update"):
    """What staff noted about a rental."""

    id: Uuid
    notes: str


class DeviceRow(Row, table="fleet_device_shadow", key="device_id", mode="upsert"):
    """A device's link."""

    device_id: Uuid
    online: bool
    boot_id: str
    firmware: str
    connected_at: Posix | None
    silent_boards: int
    seq: int
    """Of the last event that changed the link, or which boards answer."""


class SlotRow(Row, table="fleet_slot_shadow", key="id", mode="upsert"):
    """The last report of a slot by its hardware."""

    id: str
    device_id: Uuid
    slot: int
    hook: str
    present: bool
    at: Posix
    trolley_code: str | None


_LINK = (DeviceExpected, DeviceConnected, DeviceDisconnected, DeviceRetired, BoardSilent, BoardAnswered)
_BOOT_ID, _FIRMWARE = 80, 40
"""Columns' lengths: what a Pi says of itself is cut, not refused."""


def trolley_rows(write: Write) -> list[Row]:
    """Return the trolley's row, and the sessions and rentals that began, changed or ended."""
    rows: list[Row] = [_trolley(write)]
    sessions: dict[str, SessionRow] = {}
    code = write.address.key
    branch = write.state.ref.branch if write.state.ref is not None else ""
    for event in write.decoded:
        kind = type(event)
        if kind is TrolleyAssigned or kind is SessionResumed:
            sessions[event.session_id] = SessionRow(
                session_id=event.session_id,
                trolley_code=code,
                branch_code=branch,
                user_id=event.user_id,
                started_at=event.at if kind is TrolleyAssigned else event.since,
            )
        elif kind is SessionEnded or kind is SessionExpired:
            rows += _session_over(event, sessions)
    rentals = RentalRows(code, branch)
    for place, event in enumerate(write.decoded):
        rentals.take(write, place, event)
    return [*rows, *sessions.values(), *rentals.rows()]


class RentalRows:
    """The rows of a trolley's rentals after one write."""

    def __init__(self, code: str, branch: str) -> None:
        self._code = code
        self._branch = branch
        self._begun: dict[str, RentalRow] = {}
        self._out: RentalRow | None = None
        self._changed: dict[Any, Row] = {}
        """Of rentals of earlier commits, by type and key."""
        self._found = False

    def rows(self) -> list[Row]:
        """Return the rows that the events have changed."""
        return [*self._changed.values(), *self._begun.values()]

    def take(self, write: Write, place: int, event: Any) -> None:
        """Follow one event."""
        match event:
            case TrolleyLeft():
                self._out = self._begin(
                    _rental_id(write, place, event), event.user_id, event.at, event.due_at
                )
            case TrolleyReturned():
                self._end(event.at, "found" if self._found else "returned")
            case RentalClosed():
                self._end(event.at, event.status)
            case TrolleyFound():
                self._found = True
            case TrolleyMissing() if self._out is not None:
                self._out.status = "lost"
            case TrolleyMissing():
                self._change(RentalLost(trolley_code=self._code, status="lost"), self._code)
            case RentalExtended():
                self._extend(event)
            case RentalNoted():
                self._note(event)
            case TrolleyAssigned() if event.due_at is not None:
                rental_id = trolley.rental_of_session(event.session_id)
                self._begin(rental_id, event.user_id, event.at, event.due_at)
            case SessionEnded() | SessionExpired():
                self._session_over(trolley.rental_of_session(event.session_id), event.at)
            case SessionResumed():
                rental_id = trolley.rental_of_session(event.session_id)
                self._change(RentalResumed(id=rental_id, actual_return=None, status="active"), rental_id)

    def _session_over(self, rental_id: str, at: float) -> None:
        """End the rental that ends with its session; of a trolley that has a slot there is none."""
        row = self._begun.get(rental_id)
        if row is None:
            self._change(RentalOverRow(id=rental_id, actual_return=at, status="returned"), rental_id)
        else:
            row.actual_return, row.status = at, "returned"

    def _begin(self, rental_id: str, user_id: str | None, at: float, due: float | None) -> RentalRow:
        row = self._begun[rental_id] = RentalRow(
            id=rental_id,
            trolley_code=self._code,
            branch_code=self._branch,
            user_id=user_id,
            start_time=at,
            expected_return=due,
        )
        return row

    def _end(self, at: float, status: str) -> None:
        if self._out is not None:
            self._out.actual_return, self._out.status, self._out = at, status, None
        else:
            self._change(RentalReturned(trolley_code=self._code, actual_return=at, status=status), self._code)
        self._found = False

    def _extend(self, event: RentalExtended) -> None:
        if event.rental_id in self._begun:
            self._begun[event.rental_id].expected_return = event.due_at
        else:
            self._change(RentalDue(id=event.rental_id, expected_return=event.due_at), event.rental_id)

    def _note(self, event: RentalNoted) -> None:
        if event.rental_id in self._begun:
            self._begun[event.rental_id].notes = event.notes
        else:
            self._change(RentalNotes(id=event.rental_id, notes=event.notes), event.rental_id)

    def _change(self, row: Row, key: str) -> None:
        self._changed[type(row), key] = row


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
        missing=state.missing,
        missing_reason=state.missing_reason,
        staff_id=None if state.staff is None else state.staff.user_id,
        staff_until=None if state.staff is None else state.staff.until,
    )


def _session_over(event: SessionEnded | SessionExpired, begun: dict[str, SessionRow]) -> list[Row]:
    """Close the session in its row if it began in this commit, else return the update that does."""
    outcome = event.outcome if isinstance(event, SessionEnded) else "expired"
    row = begun.get(event.session_id)
    if row is None:
        return [
            SessionOverRow(session_id=event.session_id, ended_at=event.at, outcome=outcome, is_active=False)
        ]
    row.ended_at, row.outcome, row.is_active = event.at, outcome, False
    return []


def _rental_id(write: Write, place: int, event: TrolleyLeft) -> str:
    """Return the id of the session under which the trolley left, or one of its own without a session."""
    session_id = None if event.user_id is None else _session_at(write, place)
    if session_id is not None:
        return session_id
    return trolley.rental_without_session(write.address.key, write.events[place].seq)


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
    """Return the slots whose reading changed, and the device's link if it or a board went up or down."""
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
        silent_boards=sum(1 << board for board in state.silent),
        seq=seq,
    )
