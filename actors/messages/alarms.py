"""Messages of ``alarms/<branch code>``: what needs attention in a branch."""

from __future__ import annotations

from typing import Literal

import msgspec

from actors.kit.command import Command as Asked

AlarmKind = Literal[
    "device_offline",
    "bus_fault",
    "lock_failed",
    "slot_unknown",
    "stray",
    "overdue",
    "help_wanted",
    "low_stock",
    "many_claims",
    "refund_failed",
    "payment_disputed",
    "age_check",
    "tag_check",
    "weighing",
    "unpaid",
]
"""A Pi is silent; a lock board does not answer; a lock did not open; a slot holds a trolley and nobody
knows which; a trolley left without a session; a rental is over its time; a shopper waits for somebody;
few units of a product are left; somebody claims more trolleys than a shopper needs; a bank did not take a
refund; a buyer's bank wants money back; goods in a cart wait for somebody who looks how old the shopper is,
takes a security tag off, or weighs them; a trolley is out after a session whose goods nobody has paid."""
Severity = Literal["critical", "major", "minor", "warning"]

SEVERITY: dict[AlarmKind, Severity] = {
    "device_offline": "critical",
    "stray": "critical",
    "unpaid": "critical",
    "bus_fault": "major",
    "lock_failed": "major",
    "help_wanted": "major",
    "many_claims": "major",
    "refund_failed": "major",
    "payment_disputed": "major",
    "age_check": "major",
    "tag_check": "major",
    "weighing": "major",
    "slot_unknown": "minor",
    "overdue": "warning",
    "low_stock": "warning",
}


ENDS_ITSELF: frozenset[AlarmKind] = frozenset(
    (
        "device_offline",
        "bus_fault",
        "lock_failed",
        "slot_unknown",
        "overdue",
        "low_stock",
        "age_check",
        "tag_check",
        "weighing",
    )
)
"""Whose cause is known here: such an alarm is over when that goes, and not because somebody says so."""


class About(msgspec.Struct, frozen=True):
    """What an alarm is about; ids only, the edge finds the names."""

    subject: str
    """What there is at most one alarm of a kind of, e.g. ``trolley/TROLLEY_01``."""
    trolley_id: str | None = None
    device_id: str | None = None
    slot: int | None = None
    """Of a slot; of a board its first one."""
    user_id: str | None = None
    """The shopper it concerns."""
    detail: str = ""
    """A code or a human's own words."""


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm, from when it is raised until it is cleared."""

    alarm_id: str
    kind: AlarmKind
    severity: Severity
    about: About
    raised_at: float
    acknowledged_at: float | None = None
    acknowledged_by: str | None = None
    """User id."""
    assignee: str | None = None
    """User id of whoever sees to it."""
    snoozed_until: float | None = None
    """Until then it is not among what needs somebody."""
    snoozed_by: str | None = None
    """User id."""
    snooze_reason: str = ""
    note: str = ""
    """What whoever gave it to the assignee said to that."""


# --- commands -------------------------------------------------------------


class RaiseAlarm(msgspec.Struct, frozen=True, tag="RaiseAlarm"):
    """From an entity: there is a cause. Nothing happens while it is raised already."""

    kind: AlarmKind
    about: About
    due: float
    """When it is raised, unless its cause goes before; a time that has passed: at once."""
    seq: int
    """Journal place of the cause at its entity; an older word than the last one heard changes nothing."""


class ClearAlarm(msgspec.Struct, frozen=True, tag="ClearAlarm"):
    """From an entity: the causes no longer exist."""

    kinds: tuple[AlarmKind, ...]
    subject: str
    seq: int


class CallForHelp(msgspec.Struct, Asked["AlarmStands"], frozen=True, tag="CallForHelp"):
    """A shopper wants somebody to come. Answer: AlarmStands."""

    session_id: str
    trolley_id: str
    user_id: str
    words: str = ""


class AcknowledgeAlarm(msgspec.Struct, Asked["AlarmStands"], frozen=True, tag="AcknowledgeAlarm"):
    """Somebody has seen it; ``assignee`` sees to it. Answer: AlarmStands."""

    alarm_id: str
    by: str
    assignee: str
    note: str = ""


class ReleaseAlarm(msgspec.Struct, Asked["AlarmStands"], frozen=True, tag="ReleaseAlarm"):
    """Whoever saw to it cannot: nobody does any more. Answer: AlarmStands."""

    alarm_id: str
    by: str


class SnoozeAlarm(msgspec.Struct, Asked["AlarmStands"], frozen=True, tag="SnoozeAlarm"):
    """It may wait for ``seconds``, and why. Answer: AlarmStands."""

    alarm_id: str
    by: str
    seconds: float
    reason: str


class DismissAlarm(msgspec.Struct, Asked["AlarmGone"], frozen=True, tag="DismissAlarm"):
    """Somebody says that it is done with; refused where the cause itself tells. Answer: AlarmGone."""

    alarm_id: str
    by: str


# --- answers --------------------------------------------------------------


class AlarmStands(msgspec.Struct, frozen=True, tag="AlarmStands"):
    alarm: Alarm


class AlarmGone(msgspec.Struct, frozen=True, tag="AlarmGone"):
    alarm_id: str


# --- events ---------------------------------------------------------------


class AlarmWatched(msgspec.Struct, frozen=True, tag="AlarmWatched"):
    """There is a cause; the alarm is raised at ``due`` unless it goes before."""

    kind: AlarmKind
    about: About
    due: float
    at: float


class AlarmForgone(msgspec.Struct, frozen=True, tag="AlarmForgone"):
    """The cause went before the alarm was due."""

    kind: AlarmKind
    subject: str
    at: float


class AlarmRaised(msgspec.Struct, frozen=True, tag="AlarmRaised"):
    alarm: Alarm


class AlarmAcknowledged(msgspec.Struct, frozen=True, tag="AlarmAcknowledged"):
    alarm_id: str
    by: str
    assignee: str
    at: float
    note: str = ""


class AlarmReleased(msgspec.Struct, frozen=True, tag="AlarmReleased"):
    """It stands, and nobody sees to it."""

    alarm_id: str
    by: str
    at: float


class AlarmSnoozed(msgspec.Struct, frozen=True, tag="AlarmSnoozed"):
    """It stands, and waits until then."""

    alarm_id: str
    by: str
    until: float
    reason: str
    at: float


class AlarmCleared(msgspec.Struct, frozen=True, tag="AlarmCleared"):
    alarm: Alarm
    """As it was at the end."""
    by: str | None
    """User id; None: its cause went."""
    at: float


Command = RaiseAlarm | ClearAlarm | CallForHelp | AcknowledgeAlarm | ReleaseAlarm | SnoozeAlarm | DismissAlarm
Answer = AlarmStands | AlarmGone
Event = (
    AlarmWatched
    | AlarmForgone
    | AlarmRaised
    | AlarmAcknowledged
    | AlarmReleased
    | AlarmSnoozed
    | AlarmCleared
)
