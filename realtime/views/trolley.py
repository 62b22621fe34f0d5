"""A trolley, its lock and the session that holds it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from actors.messages.branch import TrolleyCard
from actors.messages.trolley import LockState, Place
from actors.trolley import State as TrolleyState
from actors.trolley import expires_at
from realtime.views.base import View
from realtime.wire import maybe_time, rfc3339


class LockView(View, frozen=True):
    """Shadow of the lock: what is wanted and what the hardware last said."""

    desired: str
    reported: str
    at: str | None


class SessionView(View, frozen=True):
    """The session that holds a trolley, with the trolley's lock and place."""

    session_id: str
    trolley_id: str
    branch: str
    cart_number: int
    started_at: str
    expires_at: str
    timeout_s: float
    lock: LockView
    lock_fault: str
    custody: str


class StaffHoldView(View, frozen=True):
    """Who of the staff has a trolley in hand, though it has no session, and until when that is no alarm."""

    name: str
    until: str


class TrolleyView(View, frozen=True):
    """All that the map shows of a trolley."""

    trolley_id: str
    cart_number: int
    seq: int
    phase: str
    custody: str
    is_active: bool
    maintenance: bool
    maintenance_notes: str
    session_id: str | None
    assigned_to: str | None
    since: str | None
    lock: LockView
    lock_fault: str
    place: Place | None
    cart_total: Decimal
    cart_units: int
    missing: bool
    staff: StaffHoldView | None


def lock_view(lock: LockState) -> LockView:
    """Return the lock's shadow."""
    return LockView(desired=lock.desired, reported=lock.reported, at=maybe_time(lock.at))


def session_view(state: TrolleyState) -> SessionView | None:
    """Return the session that holds the trolley, or None."""
    ref = state.ref
    if state.phase != "held" or ref is None or state.session_id is None or state.since is None:
        return None
    return SessionView(
        session_id=state.session_id,
        trolley_id=state.trolley_id,
        branch=ref.branch,
        cart_number=ref.cart_number,
        started_at=rfc3339(state.since),
        expires_at=rfc3339(expires_at(state) or state.since),
        timeout_s=ref.session_timeout_s,
        lock=lock_view(state.lock),
        lock_fault=state.lock_fault,
        custody=state.custody,
    )


def trolley_view(card: TrolleyCard, name_of: Callable[[str], str]) -> TrolleyView:
    """Return a trolley's card; ``name_of`` gives the holder's shown name by user id."""
    return TrolleyView(
        trolley_id=card.trolley_id,
        cart_number=card.cart_number,
        seq=card.seq,
        phase=card.phase,
        custody=card.custody,
        is_active=card.is_active,
        maintenance=card.maintenance,
        maintenance_notes=card.maintenance_notes,
        session_id=card.session_id,
        assigned_to=None if card.user_id is None else name_of(card.user_id),
        since=maybe_time(card.since),
        lock=lock_view(card.lock),
        lock_fault=card.lock_fault,
        place=card.place,
        cart_total=card.cart_total,
        cart_units=card.cart_units,
        missing=card.missing,
        staff=_staff(card, name_of),
    )


def _staff(card: TrolleyCard, name_of: Callable[[str], str]) -> StaffHoldView | None:
    if card.staff_id is None or card.staff_until is None:
        return None
    return StaffHoldView(name=name_of(card.staff_id), until=rfc3339(card.staff_until))
