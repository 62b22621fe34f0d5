"""The read model of alarms, made from their events and the state after them alone."""

from __future__ import annotations

from actors import alarms
from actors.messages.alarms import Alarm, AlarmAcknowledged, AlarmCleared, AlarmRaised
from actors.runtime.journal import Write
from core.journal.tables import Form, Row

_DETAIL = 500


class AlarmRow(Row):
    """One alarm."""

    form = Form(
        "alarms_alarm",
        "upsert",
        ("alarm_id",),
        {
            "alarm_id": "uuid",
            "branch_code": "text",
            "kind": "text",
            "severity": "text",
            "subject": "text",
            "trolley_code": "text",
            "device_id": "uuid",
            "slot": "bigint",
            "user_id": "uuid",
            "detail": "text",
            "raised_at": "time",
            "acknowledged_at": "time",
            "acknowledged_by": "uuid",
            "assignee": "uuid",
            "cleared_at": "time",
            "cleared_by": "uuid",
            "seq": "bigint",
        },
    )
    alarm_id: str
    branch_code: str
    kind: str
    severity: str
    subject: str
    trolley_code: str | None
    device_id: str | None
    slot: int | None
    user_id: str | None
    detail: str
    raised_at: float
    acknowledged_at: float | None
    acknowledged_by: str | None
    assignee: str | None
    cleared_at: float | None
    cleared_by: str | None
    seq: int


def alarm_rows(write: Write) -> list[Row]:
    """Return the row of every alarm that changed, as it is after the write."""
    rows: dict[str, Row] = {}
    for recorded, event in zip(write.events, write.decoded, strict=True):
        kind = type(event)
        if kind is AlarmRaised:
            rows[event.alarm.alarm_id] = _row(write.address.key, event.alarm, recorded.seq)
        elif kind is AlarmCleared:
            rows[event.alarm.alarm_id] = _row(write.address.key, event.alarm, recorded.seq, event)
        elif kind is AlarmAcknowledged:
            # One that is cleared in the same write has its last state in that event.
            alarm = alarms.find(write.state, event.alarm_id)
            if alarm is not None:
                rows[alarm.alarm_id] = _row(write.address.key, alarm, recorded.seq)
    return list(rows.values())


def _row(branch: str, alarm: Alarm, seq: int, cleared: AlarmCleared | None = None) -> AlarmRow:
    about = alarm.about
    return AlarmRow(
        alarm.alarm_id,
        branch,
        alarm.kind,
        alarm.severity,
        about.subject,
        about.trolley_id,
        about.device_id,
        about.slot,
        about.user_id,
        about.detail[:_DETAIL],
        alarm.raised_at,
        alarm.acknowledged_at,
        alarm.acknowledged_by,
        alarm.assignee,
        None if cleared is None else cleared.at,
        None if cleared is None else cleared.by,
        seq,
    )
