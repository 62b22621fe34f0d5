"""An alarm as staff sees it."""

from __future__ import annotations

from collections.abc import Callable

from actors.messages.alarms import ENDS_ITSELF, Alarm
from realtime.views.base import View
from realtime.wire import maybe_time, rfc3339


class AlarmView(View, frozen=True):
    """Something in the branch that somebody should look at; people by name."""

    alarm_id: str
    kind: str
    severity: str
    subject: str
    trolley_id: str | None
    device_id: str | None
    slot: int | None
    shopper: str | None
    product: str | None
    """What runs out, with its variant; of an alarm about a SKU."""
    detail: str
    raised_at: str
    acknowledged_at: str | None
    acknowledged_by: str | None
    assignee: str | None
    note: str
    """What was said to the assignee."""
    snoozed_until: str | None
    """Until then it may wait."""
    snoozed_by: str | None
    snooze_reason: str
    ends_itself: bool
    """Whether it is over only when its cause goes; what a person alone can judge, somebody may clear."""


def alarm_view(alarm: Alarm, display: Callable[[str], str], goods: Callable[[str], str]) -> AlarmView:
    """Return an alarm; ``display`` gives the shown name of a user id, or an empty text, ``goods`` a SKU's."""

    def name(user_id: str | None) -> str | None:
        return None if user_id is None else display(user_id) or "—"

    about = alarm.about
    return AlarmView(
        alarm_id=alarm.alarm_id,
        kind=alarm.kind,
        severity=alarm.severity,
        subject=about.subject,
        trolley_id=about.trolley_id,
        device_id=about.device_id,
        slot=about.slot,
        shopper=name(about.user_id),
        product=goods(about.subject[4:]) or "—" if about.subject.startswith("sku/") else None,
        detail=about.detail,
        raised_at=rfc3339(alarm.raised_at),
        acknowledged_at=maybe_time(alarm.acknowledged_at),
        acknowledged_by=name(alarm.acknowledged_by),
        assignee=name(alarm.assignee),
        note=alarm.note,
        snoozed_until=maybe_time(alarm.snoozed_until),
        snoozed_by=name(alarm.snoozed_by),
        snooze_reason=alarm.snooze_reason,
        ends_itself=alarm.kind in ENDS_ITSELF,
    )
