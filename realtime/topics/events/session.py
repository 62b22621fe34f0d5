"""Snapshot and events of the topic ``session``. Each event carries the whole session after it."""

from __future__ import annotations

from typing import Literal

from realtime.views.base import View
from realtime.views.trolley import SessionView


class SessionSnapshot(View, frozen=True):
    """The caller's session; null without one."""

    session: SessionView | None


class _SessionEvent(View, frozen=True):
    session: SessionView | None
    """As it is now; null while there is none."""


class SessionChanged(_SessionEvent, frozen=True):
    """Something about the session or its trolley that has no event of its own."""


class TrolleyAssigned(_SessionEvent, frozen=True):
    """The session has begun."""


class SessionResumed(_SessionEvent, frozen=True):
    """A session that had run out goes on, with the same trolley."""


class SessionEnded(_SessionEvent, frozen=True):
    """The session was ended."""

    outcome: Literal["paid", "abandoned", "expired"]


class SessionExpired(_SessionEvent, frozen=True):
    """The session ended by itself, without a sign of life."""

    outcome: Literal["expired"]


class LockOpened(_SessionEvent, frozen=True):
    """The hardware says that the lock is open."""


class LockClosed(_SessionEvent, frozen=True):
    """The hardware says that the lock is shut."""


class LockFailed(_SessionEvent, frozen=True):
    """The lock was told to open and did not."""


class TrolleyLeft(_SessionEvent, frozen=True):
    """The trolley left its slot."""


class TrolleyReturned(_SessionEvent, frozen=True):
    """The trolley is back in a slot."""


Event = (
    SessionChanged
    | TrolleyAssigned
    | SessionResumed
    | SessionEnded
    | SessionExpired
    | LockOpened
    | LockClosed
    | LockFailed
    | TrolleyLeft
    | TrolleyReturned
)
