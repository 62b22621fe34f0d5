"""Rows that the fleet's projections write; a field is a column."""

from __future__ import annotations

from core.journal.tables import Form, Row


class TrolleyRow(Row):
    """The projected columns of a trolley."""

    form = Form(
        "fleet_trolley",
        "update",
        ("trolley_id",),
        {
            "trolley_id": "text",
            "phase": "text",
            "custody": "text",
            "maintenance": "boolean",
            "maintenance_notes": "text",
            "session_id": "uuid",
            "assigned_to_id": "uuid",
            "assigned_at": "time",
            "lock_desired": "text",
            "lock_reported": "text",
            "lock_at": "time",
            "lock_fault": "text",
            "last_seen": "time",
            "seq": "bigint",
            "at_device": "uuid",
            "at_slot": "bigint",
        },
    )
    trolley_id: str
    phase: str = "available"
    custody: str = "unknown"
    maintenance: bool = False
    maintenance_notes: str = ""
    session_id: str | None = None
    assigned_to_id: str | None = None
    assigned_at: float | None = None
    lock_desired: str = "unknown"
    lock_reported: str = "unknown"
    lock_at: float | None = None
    lock_fault: str = ""
    last_seen: float | None = None
    """Of the last event; signs of life in between are in memory only."""
    seq: int = 0
    at_device: str | None = None
    at_slot: int | None = None


class SessionRow(Row):
    """A session, as it began."""

    form = Form(
        "fleet_session",
        "upsert",
        ("session_id",),
        {
            "session_id": "uuid",
            "trolley_code": "text",
            "branch_code": "text",
            "user_id": "uuid",
            "started_at": "time",
            "ended_at": "time",
            "outcome": "text",
            "items_cleared": "bigint",
            "is_active": "boolean",
        },
    )
    session_id: str
    trolley_code: str
    branch_code: str
    user_id: str
    started_at: float
    ended_at: float | None = None
    outcome: str | None = None
    items_cleared: int | None = None
    is_active: bool = True


class SessionOver(Row):
    """How a session of an earlier commit ended."""

    form = Form(
        "fleet_session",
        "update",
        ("session_id",),
        {"session_id": "uuid", "ended_at": "time", "outcome": "text", "is_active": "boolean"},
    )
    session_id: str
    ended_at: float
    outcome: str
    is_active: bool


class SessionCleared(Row):
    """How many lines the end of a session took out of the cart."""

    form = Form("fleet_session", "update", ("session_id",), {"session_id": "uuid", "items_cleared": "bigint"})
    session_id: str
    items_cleared: int


class RentalRow(Row):
    """Custody of a trolley, from when it left its slot."""

    form = Form(
        "fleet_rental",
        "upsert",
        ("id",),
        {
            "id": "uuid",
            "trolley_code": "text",
            "branch_code": "text",
            "user_id": "uuid",
            "start_time": "time",
            "expected_return": "time",
            "actual_return": "time",
            "status": "text",
        },
    )
    id: str
    trolley_code: str
    branch_code: str
    user_id: str | None
    start_time: float
    expected_return: float | None = None
    actual_return: float | None = None
    status: str = "active"


class RentalReturned(Row):
    """The trolley whose rental of an earlier commit is still open is back."""

    form = Form(
        "fleet_rental",
        "update",
        ("trolley_code",),
        {"trolley_code": "text", "actual_return": "time", "status": "text"},
        while_null="actual_return",
    )
    trolley_code: str
    actual_return: float
    status: str


class DeviceRow(Row):
    """A device's link."""

    form = Form(
        "fleet_device_shadow",
        "upsert",
        ("device_id",),
        {
            "device_id": "uuid",
            "online": "boolean",
            "boot_id": "text",
            "firmware": "text",
            "connected_at": "time",
            "seq": "bigint",
        },
    )
    device_id: str
    online: bool
    boot_id: str
    firmware: str
    connected_at: float | None
    seq: int
    """Of the last event that changed the link."""


class SlotRow(Row):
    """What the hardware last said of a slot."""

    form = Form(
        "fleet_slot_shadow",
        "upsert",
        ("id",),
        {
            "id": "text",
            "device_id": "uuid",
            "slot": "bigint",
            "hook": "text",
            "present": "boolean",
            "at": "time",
            "trolley_code": "text",
        },
    )
    id: str
    device_id: str
    slot: int
    hook: str
    present: bool
    at: float
    trolley_code: str | None
