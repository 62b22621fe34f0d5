"""Recipients of a trolley's events: carts, lock hardware, the map, the user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.kit.decider import Tell
from actors.messages.alarms import About, AlarmKind, ClearAlarm, RaiseAlarm
from actors.messages.branch import NoteTrolley
from actors.messages.cart import CloseSession, OpenSession
from actors.messages.device import Occupy, UnlockSlot, Vacate
from actors.messages.notify import Notice, Notify, Severity
from actors.messages.returns import NoteCustody
from actors.messages.trolley import (
    ClaimDenied,
    ClaimLapsed,
    ClaimRequested,
    LockClosed,
    LockFailed,
    LockOpened,
    Outcome,
    RentalClosed,
    RentalExtended,
    SessionEnded,
    SessionExpired,
    SessionResumed,
    TrolleyAssigned,
    TrolleyLeft,
    TrolleyMissing,
    TrolleyPlaced,
    TrolleyReturned,
    UnlockRequested,
    UnpaidNoted,
)
from actors.trolley.state import State, card, slotless, stands


def tells(state: State, event: Any) -> tuple[Tell, ...]:
    """Return the messages that the event sends: durable ones first, then hints for the map and the user."""
    effects = _EFFECTS.get(type(event))
    told = effects(state, event) if effects is not None else ()
    shown = card(state)
    if shown is None or state.ref is None or type(event) is ClaimLapsed:
        return told
    return (*told, Tell("branch", state.ref.branch, NoteTrolley(type(event).__name__, shown), durable=False))


def _open_session(state: State, event: ClaimRequested) -> tuple[Tell, ...]:
    ref = event.ref
    command = OpenSession(
        session_id=event.session_id,
        trolley_id=ref.trolley_id,
        branch=ref.branch,
        chain=ref.chain,
        currency=ref.currency,
        exclusive=ref.one_per_user,
        restore_s=ref.restore_s,
    )
    return (Tell("cart", event.user_id, command),)


def _open_again(state: State, event: SessionResumed) -> tuple[Tell, ...]:
    """The rental has gone on all the time; the cart brings the lines back."""
    ref = state.ref
    if ref is None:
        return ()
    command = OpenSession(
        session_id=event.session_id,
        trolley_id=ref.trolley_id,
        branch=ref.branch,
        chain=ref.chain,
        currency=ref.currency,
        exclusive=ref.one_per_user,
        restore_s=ref.restore_s,
        resumed=True,
    )
    alarms = (*_due_without_a_slot(state), *_held_again(state))
    return (Tell("cart", event.user_id, command), *alarms, *_custody(state))


def _close(user_id: str, session_id: str, outcome: Outcome) -> Tell:
    return Tell("cart", user_id, CloseSession(session_id, outcome))


def _close_denied(state: State, event: ClaimDenied) -> tuple[Tell, ...]:
    if event.reason == "user_has_trolley":
        return ()
    return (_close(event.user_id, event.session_id, "abandoned"),)


def _close_lapsed(state: State, event: ClaimLapsed) -> tuple[Tell, ...]:
    return (_close(event.user_id, event.session_id, "abandoned"),)


def _close_ended(state: State, event: SessionEnded) -> tuple[Tell, ...]:
    closed = _close(event.user_id, event.session_id, event.outcome)
    return (closed, *_nobody_waits(state, event.session_id), *_over_without_a_slot(state), *_custody(state))


def _close_expired(state: State, event: SessionExpired) -> tuple[Tell, ...]:
    notice = _notice(state, event.user_id, event, "warning")
    closed = _close(event.user_id, event.session_id, "expired")
    over = (*_nobody_waits(state, event.session_id), *_over_without_a_slot(state))
    return (closed, *over, *_custody(state), notice)


def _assigned(state: State, event: TrolleyAssigned) -> tuple[Tell, ...]:
    """A trolley that is taken over outside of its slot has a fresh rental."""
    if state.custody != "out":
        return (*_open_lock(state, event), *_due_without_a_slot(state))
    due = event.at + state.rental_s
    alarms = (*_clear(state, "stray", "overdue", "unpaid"), *_raise(state, "overdue", due, event.user_id))
    return (*alarms, *_custody(state))


def _held_again(state: State) -> tuple[Tell, ...]:
    """Whoever goes on may still pay for what lies in it."""
    return _clear(state, "unpaid") if state.custody == "out" and state.unpaid_s else ()


def _unpaid(state: State, event: UnpaidNoted) -> tuple[Tell, ...]:
    return _raise(state, "unpaid", event.at + state.unpaid_s, event.user_id)


def _due_without_a_slot(state: State) -> tuple[Tell, ...]:
    """A trolley that no slot will see leave is due from the beginning of its session."""
    if state.due_at is None or state.custody == "out":
        return ()
    return _raise(state, "overdue", state.due_at, state.user_id)


def _over_without_a_slot(state: State) -> tuple[Tell, ...]:
    """The rental of a trolley that no slot sees ends with its session."""
    return _clear(state, "overdue") if slotless(state) else ()


def _open_lock(state: State, event: TrolleyAssigned | UnlockRequested) -> tuple[Tell, ...]:
    ref = state.ref
    place = stands(state)
    if event.unlock_id is None or ref is None or place is None:
        return ()
    until = event.at + ref.unlock_ttl_ms / 1000
    return (
        Tell(
            "device",
            place.device_id,
            UnlockSlot(event.unlock_id, place.slot, ref.trolley_id, until, ref.branch),
        ),
    )


def _failed(state: State, event: LockFailed) -> tuple[Tell, ...]:
    user_id = state.user_id if state.phase == "held" else None
    alarm = _raise(state, "lock_failed", event.at, user_id, event.outcome)
    return (*alarm, _notice(state, user_id, event, "warning")) if user_id else alarm


def _opened(state: State, event: LockOpened) -> tuple[Tell, ...]:
    taken_back = _clear(state, "lock_failed") if state.lock_alarm == "over" else ()
    return (*taken_back, *_closed(state, event))


def _closed(state: State, event: LockOpened | LockClosed) -> tuple[Tell, ...]:
    """The first report of all may say that the trolley is out."""
    return () if event.present else _custody(state)


def _left(state: State, event: TrolleyLeft) -> tuple[Tell, ...]:
    gone = _custody(state)
    if event.due_at is not None:
        return (*_raise(state, "overdue", event.due_at, event.user_id), *gone)
    if event.user_id is not None or state.maintenance:
        return gone
    due = event.at if state.staff is None else state.staff.until
    return (*_raise(state, "stray", due), *gone)


def _returned(state: State, event: TrolleyReturned) -> tuple[Tell, ...]:
    back = (*_clear(state, "stray", "overdue", "unpaid"), *_custody(state, back=True))
    return (*back, _notice(state, event.user_id, event, "info")) if event.user_id else back


def _rental_closed(state: State, event: RentalClosed) -> tuple[Tell, ...]:
    return (*_clear(state, "stray", "overdue", "unpaid"), *_custody(state, back=True))


def _missing(state: State, event: TrolleyMissing) -> tuple[Tell, ...]:
    """Clear the alarms of a trolley that is away: staff has dealt with them."""
    return _clear(state, "stray", "overdue", "unpaid")


def _extended(state: State, event: RentalExtended) -> tuple[Tell, ...]:
    raised = _raise(state, "overdue", event.due_at, state.taken_by or state.user_id)
    return (*_clear(state, "overdue"), *raised)


def _placed(state: State, event: TrolleyPlaced) -> tuple[Tell, ...]:
    """The slots' devices must know who stands there; the old one first."""
    branch = "" if state.ref is None else state.ref.branch
    taken = Tell("device", event.place.device_id, Occupy(event.place.slot, state.trolley_id, branch))
    if event.before is None or event.before == event.place:
        return (taken,)
    left = Tell("device", event.before.device_id, Vacate(event.before.slot, state.trolley_id, branch))
    return (left, taken)


def _custody(state: State, back: bool = False) -> tuple[Tell, ...]:
    """What the branch's returns should know of a trolley that is out, or back."""
    if state.ref is None or (state.custody != "out" and not back):
        return ()
    holder = state.user_id if state.phase == "held" else None
    note = NoteCustody(
        trolley_id=state.trolley_id, seq=state.seq, out=not back, holder=holder, taken_by=state.taken_by
    )
    return (Tell("yard", state.ref.branch, note),)


def _raise(
    state: State, kind: AlarmKind, due: float, user_id: str | None = None, detail: str = ""
) -> tuple[Tell, ...]:
    ref = state.ref
    if ref is None:
        return ()
    place = stands(state)
    device_id, slot = (place.device_id, place.slot) if place is not None else (None, None)
    about = About(f"trolley/{state.trolley_id}", state.trolley_id, device_id, slot, user_id, detail)
    return (Tell("alarms", ref.branch, RaiseAlarm(kind, about, due, state.seq)),)


def _clear(state: State, *kinds: AlarmKind) -> tuple[Tell, ...]:
    if state.ref is None:
        return ()
    command = ClearAlarm(kinds, f"trolley/{state.trolley_id}", state.seq)
    return (Tell("alarms", state.ref.branch, command),)


def _nobody_waits(state: State, session_id: str) -> tuple[Tell, ...]:
    """Clear the call for help: the session is over."""
    if state.ref is None:
        return ()
    command = ClearAlarm(("help_wanted",), f"session/{session_id}", state.seq)
    return (Tell("alarms", state.ref.branch, command),)


def _notice(state: State, user_id: str, event: Any, severity: Severity) -> Tell:
    notice = Notice(type(event).__name__, severity, state.trolley_id, event.at)
    return Tell("notify", user_id, Notify(notice), durable=False)


_EFFECTS: dict[type, Callable[[State, Any], tuple[Tell, ...]]] = {
    ClaimRequested: _open_session,
    ClaimDenied: _close_denied,
    ClaimLapsed: _close_lapsed,
    TrolleyAssigned: _assigned,
    UnlockRequested: _open_lock,
    SessionEnded: _close_ended,
    SessionExpired: _close_expired,
    SessionResumed: _open_again,
    LockFailed: _failed,
    LockOpened: _opened,
    TrolleyLeft: _left,
    LockClosed: _closed,
    TrolleyReturned: _returned,
    TrolleyPlaced: _placed,
    RentalClosed: _rental_closed,
    RentalExtended: _extended,
    TrolleyMissing: _missing,
    UnpaidNoted: _unpaid,
}
