"""The alarms that a branch's map begins with."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Max

from actors.messages import alarms as on_alarms
from core.alarms.models import Alarm


def standing(branch: str) -> tuple[list[on_alarms.Alarm], int]:
    """Return the branch's alarms that stand, and the journal seq of the last change. Blocking."""
    # The seq first: what is cleared in between is then shown as cleared by the hint that follows.
    seq = Alarm.objects.filter(branch_code=branch).aggregate(last=Max("seq"))["last"] or 0
    rows = Alarm.objects.filter(branch_code=branch, cleared_at=None).order_by("raised_at")
    return [_alarm(row) for row in rows], seq


def _alarm(row: Alarm) -> on_alarms.Alarm:
    about = on_alarms.About(
        row.subject, row.trolley_code, _text(row.device_id), row.slot, _text(row.user_id), row.detail
    )
    return on_alarms.Alarm(
        alarm_id=str(row.alarm_id),
        kind=cast(on_alarms.AlarmKind, row.kind),
        severity=cast(on_alarms.Severity, row.severity),
        about=about,
        raised_at=row.raised_at.timestamp(),
        acknowledged_at=None if row.acknowledged_at is None else row.acknowledged_at.timestamp(),
        acknowledged_by=_text(row.acknowledged_by),
        assignee=_text(row.assignee),
        snoozed_until=None if row.snoozed_until is None else row.snoozed_until.timestamp(),
        snoozed_by=_text(row.snoozed_by),
        snooze_reason=row.snooze_reason,
        note=row.note,
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
