"""The read model of alarms, made from their events and the state after them alone."""

from __future__ import annotations

from actors import alarms
from actors.messages.alarms import (
    Alarm,
    AlarmAcknowledged,
    AlarmCleared,
    AlarmRaised,
    AlarmReleased,
    AlarmSnoozed,
)
from actors.runtime.journal import Write
from core.journal.tables import Posix, Row, Uuid

_DETAIL = 500
_REASON = 300


class AlarmRow(Row, table="alarms_alarm", key="alarm_id", mode="upsert"):
    """One alarm."""

    alarm_id: Uuid
    branch_code: str
    kind: str
    severity: str
    subject: str
    trolley_code: str | None
    device_id: Uuid | None
    slot: int | None
    user_id: Uuid | None
    detail: str
    raised_at: Posix
    acknowledged_at: Posix | None
    acknowledged_by: Uuid | None
    assignee: Uuid | None
    snoozed_until: Posix | None
    snoozed_by: Uuid | None
    snooze_reason: str
    note: str
    cleared_at: Posix | None
    cleared_by: Uuid | None
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
        elif kind in (AlarmAcknowledged, AlarmReleased, AlarmSnoozed):
            # One that is cleared in the same write has its last state in that event.
            alarm = alarms.find(write.state, event.alarm_id)
            if alarm is not None:
                rows[alarm.alarm_id] = _row(write.address.key, alarm, recorded.seq)
    return list(rows.values())


def _row(branch: str, alarm: Alarm, seq: int, cleared: AlarmCleared | None = None) -> AlarmRow:
    about = alarm.about
    return AlarmRow(
        alarm_id=alarm.alarm_id,
        branch_code=branch,
        kind=alarm.kind,
        severity=alarm.severity,
        subject=about.subject,
        trolley_code=about.trolley_id,
        device_id=about.device_id,
        slot=about.slot,
        user_id=about.user_id,
        detail=about.detail[:_DETAIL],
        raised_at=alarm.raised_at,
        acknowledged_at=alarm.acknowledged_at,
        acknowledged_by=alarm.acknowledged_by,
        assignee=alarm.assignee,
        snoozed_until=alarm.snoozed_until,
        snoozed_by=alarm.snoozed_by,
        snooze_reason=alarm.snooze_reason[:_REASON],
        note=alarm.note[:_REASON],
        cleared_at=None if cleared is None else cleared.at,
        cleared_by=None if cleared is None else cleared.by,
        seq=seq,
    )
