"""Messages of ``notify/<user_id>``: a user's notifications, volatile and fed by hints."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["info", "warning", "critical", "major", "minor"]


class Notice(msgspec.Struct, frozen=True):
    """Something the user should be notified of; codes and ids only, the edge adds the text."""

    kind: str
    """The trolley's event, e.g. SessionExpired."""
    severity: Severity
    trolley_id: str
    at: float
    alarm: str = ""
    """Kind of the alarm, for AlarmRaised."""
    branch: str = ""
    """Code of the alarm's branch."""
    notification: str = ""
    """Id of the notification, for NotificationPosted."""


class Notify(msgspec.Struct, frozen=True, tag="Notify"):
    """Tell the user."""

    notice: Notice


class Notified(msgspec.Struct, frozen=True, tag="Notified"):
    """The user's topic shows the notice."""

    notice: Notice


Command = Notify
Event = Notified
