"""Snapshot and events of the topic ``notifications``. Each event is one notice."""

from __future__ import annotations

import msgspec

from realtime.views.base import View


class NoticeView(View, frozen=True):
    """Something that one person should know."""

    kind: str
    severity: str
    trolley_id: str
    at: str
    alarm: str | msgspec.UnsetType = msgspec.UNSET
    """Kind of the alarm, to those who run the branch."""
    branch: str | msgspec.UnsetType = msgspec.UNSET
    """Code of the alarm's branch."""
    notification: str | msgspec.UnsetType = msgspec.UNSET
    """Id of what is new in ``/api/notifications``."""


class NotificationsSnapshot(View, frozen=True):
    """The latest notices, oldest first."""

    notices: tuple[NoticeView, ...]


class SessionExpired(NoticeView, frozen=True):
    """The session ended without a sign of life."""


class LockFailed(NoticeView, frozen=True):
    """A lock did not open."""


class TrolleyReturned(NoticeView, frozen=True):
    """The trolley is back in a slot."""


class HelpAnswered(NoticeView, frozen=True):
    """Somebody of the staff is coming."""


class HelpDone(NoticeView, frozen=True):
    """The call for help is over."""


class ScanWanted(NoticeView, frozen=True):
    """A slot has taken a trolley in and does not know which: was it this one?"""


class RentalOverdue(NoticeView, frozen=True):
    """The trolley is expected back by now."""


class AlarmRaised(NoticeView, frozen=True):
    """Something in the branch needs somebody; to those who run it. ``alarm`` and ``branch`` are set."""


class NotificationPosted(NoticeView, frozen=True):
    """Something new is in ``/api/notifications``. ``notification`` is set, ``trolley_id`` is empty."""


class PricesChanged(NoticeView, frozen=True):
    """Promotions of the shop have changed: read the cart again. ``trolley_id`` is empty."""


Event = (
    SessionExpired
    | LockFailed
    | TrolleyReturned
    | HelpAnswered
    | HelpDone
    | ScanWanted
    | RentalOverdue
    | AlarmRaised
    | NotificationPosted
    | PricesChanged
)
