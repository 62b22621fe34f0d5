"""The state of a trolley, and how its events change it.

Three things about a trolley are independent of each other: its phase (who may use
it), its custody (where it is) and maintenance. Each has its own table; the lock is
a shadow beside them (what is desired, what the hardware reported).
"""

from __future__ import annotations

import uuid
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from actors.kit.decider import Events, Move, UnexpectedEvent
from actors.messages.branch import Custody, Phase, TrolleyCard
from actors.messages.trolley import (
    ClaimDenied,
    ClaimLapsed,
    ClaimRequested,
    Hook,
    LockClosed,
    LockFailed,
    LockOpened,
    LockState,
    MaintenanceEnded,
    MaintenanceStarted,
    Place,
    RentalClosed,
    RentalExtended,
    RentalNoted,
    SessionEnded,
    SessionExpired,
    SessionResumed,
    StaffHoldEnded,
    TermsChanged,
    TrolleyAssigned,
    TrolleyFound,
    TrolleyLeft,
    TrolleyMissing,
    TrolleyPlaced,
    TrolleyRef,
    TrolleyReturned,
    UnlockRequested,
    UnpaidNoted,
)


class Lapsed(msgspec.Struct, frozen=True):
    """A session that expired, and goes on with a sign of life of its shopper."""

    session_id: str
    user_id: str
    since: float
    until: float
    """No longer than this."""
    due_at: float | None = None
    """When the rental that ended with it was expected to; None for one that a slot ends."""


class StaffHold(msgspec.Struct, frozen=True):
    """Staff opened the lock of a trolley without a session, and may keep it for a while."""

    user_id: str
    until: float


class State(msgspec.Struct, frozen=True):
    """One trolley. ``ref`` is the reference data that came with the latest event that had some."""

    trolley_id: str
    seq: int = 0
    """Events so far; the journal's seq."""
    phase: Phase = "available"
    ref: TrolleyRef | None = None
    session_id: str | None = None
    user_id: str | None = None
    since: float | None = None
    """When it was claimed; once held, when it was assigned."""
    claim_id: str = ""
    """The command that the confirmation settles."""
    rental_s: float = 7200.0
    """How long the present or last session may keep the trolley out."""
    resume_s: float = 0.0
    """How long after its end by silence the present or last session goes on with a sign of life."""
    unpaid_s: float = 0.0
    """How long after that session it may be out with goods that nobody has paid; 0: for ever."""
    lapsed: Lapsed | None = None
    """The last session if it expired, and neither anybody else nor its slot has had the trolley since."""
    custody: Custody = "unknown"
    place: Place | None = None
    """The slot that it was last put into, if that was ever said."""
    home: Place | None = None
    """The slot that it belonged to when ``place`` was said."""
    taken_by: str | None = None
    """Who held it when it left its slot, until it is back."""
    maintenance: bool = False
    maintenance_notes: str = ""
    missing: bool = False
    missing_reason: str = ""
    staff: StaffHold | None = None
    """Who of the staff has it in hand, until it is back, somebody's, or the time is over."""
    rental_id: str | None = None
    """Of the rental that goes on; None while the trolley is not out of its slot."""
    due_at: float | None = None
    """When that rental is expected to end."""
    lock: LockState = LockState()
    lock_fault: str = ""
    """Outcome of the last unlock if it failed, else empty."""
    lock_alarm: Literal["", "raised", "over"] = ""
    """``raised`` from a failed unlock to the next opening, which is the one that takes the alarm back."""
    unlock_id: str | None = None
    """The last unlock that was told, until it is known to have failed."""
    heard_at: float = 0.0
    """Last sign of life of the claim or session (memory only)."""
    joiners: tuple[str, ...] = ()
    """Further claims by the same user that wait for the same confirmation (memory only)."""


def _beside_the_phase(before: State, event: Any, after: State) -> State:
    custody = _custody(before.custody, event)
    return replace(
        after,
        seq=before.seq + 1,
        custody=custody,
        staff=_staff(before, event),
        lock=LockState(_desired(before, after, custody, event), after.lock.reported, after.lock.at),
    )


def stands(state: State, ref: TrolleyRef | None = None) -> Place | None:
    """Return the slot that the trolley stands in or left last; None without lock hardware.

    Reference data that gives it another slot outweighs where it was put before.
    """
    ref = ref or state.ref
    if state.place is not None and (ref is None or ref.place == state.home):
        return state.place
    return None if ref is None else ref.place


def slotless(state: State) -> bool:
    """Return whether no slot will see the trolley leave and come back: its rental is its session's."""
    return stands(state) is None and state.custody == "unknown"


def card(state: State) -> TrolleyCard | None:
    """Return the trolley as the map shows it; None while its branch is unknown."""
    ref = state.ref
    if ref is None:
        return None
    return TrolleyCard(
        trolley_id=state.trolley_id,
        cart_number=ref.cart_number,
        seq=state.seq,
        phase=state.phase,
        custody=state.custody,
        is_active=ref.is_active,
        maintenance=state.maintenance,
        maintenance_notes=state.maintenance_notes,
        missing=state.missing,
        staff_id=None if state.staff is None else state.staff.user_id,
        staff_until=None if state.staff is None else state.staff.until,
        session_id=state.session_id,
        user_id=state.user_id,
        since=state.since,
        lock=state.lock,
        lock_fault=state.lock_fault,
        place=stands(state),
    )


# --- phase ------------------------------------------------------------------


def _claimed(state: State, event: ClaimRequested) -> State:
    return replace(
        state,
        phase="claiming",
        ref=event.ref,
        session_id=event.session_id,
        user_id=event.user_id,
        since=event.at,
        claim_id=event.claim_id,
        heard_at=event.at,
        joiners=(),
        rental_s=event.rental_s,
        resume_s=event.resume_s,
        unpaid_s=event.unpaid_s,
    )


def _assigned(state: State, event: TrolleyAssigned) -> State:
    told = event.unlock_id is not None
    return replace(
        state,
        phase="held",
        since=event.at,
        claim_id="",
        heard_at=event.at,
        joiners=(),
        unlock_id=event.unlock_id if told else state.unlock_id,
        lock_fault="" if told else state.lock_fault,
        lapsed=None,
        rental_id=state.rental_id if event.due_at is None else rental_of_session(event.session_id),
        due_at=state.due_at if event.due_at is None else event.due_at,
    )


def _expired(state: State, event: SessionExpired) -> State:
    lapsed = None
    if state.resume_s > 0 and state.since is not None:
        until = event.at + state.resume_s
        due_at = state.due_at if slotless(state) else None
        lapsed = Lapsed(event.session_id, event.user_id, state.since, until, due_at)
    return replace(_freed(state, event), lapsed=lapsed)


def _resumed(state: State, event: SessionResumed) -> State:
    """The rental goes on: that of a trolley without a slot had ended with the session."""
    due_at = None if state.lapsed is None else state.lapsed.due_at
    return replace(
        state,
        phase="held",
        session_id=event.session_id,
        user_id=event.user_id,
        since=event.since,
        heard_at=event.at,
        lapsed=None,
        rental_id=state.rental_id if due_at is None else rental_of_session(event.session_id),
        due_at=state.due_at if due_at is None else due_at,
    )


def _freed(state: State, event: ClaimDenied | SessionEnded | SessionExpired) -> State:
    out = state.custody == "out"
    return replace(
        state,
        rental_id=state.rental_id if out else None,
        due_at=state.due_at if out else None,
        phase="available",
        session_id=None,
        user_id=None,
        since=None,
        claim_id="",
        heard_at=0.0,
        joiners=(),
    )


# --- beside the phase ---------------------------------------------------------


def _same(state: State, event: Any) -> State:
    return state


def _unlock_requested(state: State, event: UnlockRequested) -> State:
    return replace(state, ref=event.ref, unlock_id=event.unlock_id, lock_fault="")


def _opened(state: State, event: LockOpened) -> State:
    over: Literal["over", ""] = "over" if state.lock_alarm == "raised" else ""
    return replace(_reported(state, event, "open"), lock_fault="", lock_alarm=over)


def _closed(state: State, event: LockClosed) -> State:
    return _reported(state, event, "closed")


def _reported(state: State, event: LockOpened | LockClosed, hook: Hook) -> State:
    return replace(
        state,
        ref=event.ref or state.ref,
        lock=LockState(state.lock.desired, hook, event.at),
        heard_at=_heard(state, event.at),
    )


def _failed(state: State, event: LockFailed) -> State:
    return replace(state, unlock_id=None, lock_fault=event.outcome, lock_alarm="raised")


def _left(state: State, event: TrolleyLeft) -> State:
    session_id = None if event.user_id is None else state.session_id
    rental_id = session_id or rental_without_session(state.trolley_id, state.seq + 1)
    return replace(_seen(state, event.at), taken_by=event.user_id, rental_id=rental_id, due_at=event.due_at)


def rental_of_session(session_id: str) -> str:
    """Return the id of the rental of a trolley that has no slot."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"rental:{session_id}"))


def rental_without_session(trolley_id: str, seq: int) -> str:
    """Return the id of a rental that began with event ``seq``; with a session it has the session's id."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"rental:{trolley_id}:{seq}"))


def _returned(state: State, event: TrolleyReturned) -> State:
    seen = _seen(state, event.at)
    return replace(seen, taken_by=None, lapsed=None, rental_id=None, due_at=None)


def _rental_closed(state: State, event: RentalClosed) -> State:
    return replace(state, taken_by=None, lapsed=None, rental_id=None, due_at=None)


def _extended(state: State, event: RentalExtended) -> State:
    return replace(state, due_at=event.due_at)


def _lost(state: State, event: TrolleyMissing) -> State:
    return replace(state, ref=event.ref, missing=True, missing_reason=event.reason)


def _found(state: State, event: TrolleyFound) -> State:
    return replace(state, missing=False, missing_reason="")


def _terms(state: State, event: TermsChanged) -> State:
    return replace(state, ref=event.ref)


def _placed(state: State, event: TrolleyPlaced) -> State:
    return replace(state, place=event.place, home=event.home)


def _seen(state: State, at: float) -> State:
    lock = LockState(state.lock.desired, state.lock.reported, at)
    return replace(state, lock=lock, heard_at=_heard(state, at))


def _heard(state: State, at: float) -> float:
    """A report is a sign of life of the session; a claim waits for nothing but its confirmation."""
    return max(state.heard_at, at) if state.phase == "held" else state.heard_at


def _maintained(state: State, event: MaintenanceStarted) -> State:
    return replace(state, ref=event.ref, maintenance=True, maintenance_notes=event.notes)


def _serviced(state: State, event: MaintenanceEnded) -> State:
    return replace(state, maintenance=False, maintenance_notes="")


def _beside(phase: Phase) -> dict[type, Move]:
    """Events that any phase may meet and none changes by."""
    to = (phase,)
    return {
        ClaimLapsed: Move(_same, to),
        UnlockRequested: Move(_unlock_requested, to),
        StaffHoldEnded: Move(_same, to),
        LockOpened: Move(_opened, to),
        LockClosed: Move(_closed, to),
        LockFailed: Move(_failed, to),
        TrolleyLeft: Move(_left, to),
        TrolleyReturned: Move(_returned, to),
        TrolleyPlaced: Move(_placed, to),
        MaintenanceStarted: Move(_maintained, to),
        MaintenanceEnded: Move(_serviced, to),
        TermsChanged: Move(_terms, to),
        RentalClosed: Move(_rental_closed, to),
        RentalNoted: Move(_same, to),
        RentalExtended: Move(_extended, to),
        UnpaidNoted: Move(_same, to),
        TrolleyMissing: Move(_lost, to),
        TrolleyFound: Move(_found, to),
    }


EVENTS = Events[State](
    {
        "available": {
            ClaimRequested: Move(_claimed, ("claiming",)),
            SessionResumed: Move(_resumed, ("held",)),
            **_beside("available"),
        },
        "claiming": {
            TrolleyAssigned: Move(_assigned, ("held",)),
            ClaimDenied: Move(_freed, ("available",)),
            **_beside("claiming"),
        },
        "held": {
            SessionEnded: Move(_freed, ("available",)),
            SessionExpired: Move(_expired, ("available",)),
            **_beside("held"),
        },
    },
    _beside_the_phase,
)
evolve = EVENTS.evolve

MAINTENANCE: dict[tuple[str, type], str] = {
    ("in_service", MaintenanceStarted): "maintenance",
    ("maintenance", MaintenanceStarted): "maintenance",
    ("maintenance", MaintenanceEnded): "in_service",
}
"""For the diagram; the flag itself is set by the moves above."""


# --- custody and the lock's shadow --------------------------------------------

CUSTODY: dict[tuple[Custody, type, bool | None], Custody] = {
    ("unknown", LockOpened, True): "docked",
    ("unknown", LockClosed, True): "docked",
    ("unknown", LockOpened, False): "out",
    ("unknown", LockClosed, False): "out",
    ("docked", TrolleyLeft, None): "out",
    ("out", TrolleyReturned, None): "docked",
    ("out", RentalClosed, None): "unknown",
}
"""Custody, event and the event's ``present`` (None: it has none) -> custody after it."""


def _custody(custody: Custody, event: Any) -> Custody:
    kind = type(event)
    if kind is LockOpened or kind is LockClosed:
        return CUSTODY.get((custody, kind, event.present), custody)
    if kind is TrolleyLeft or kind is TrolleyReturned or kind is RentalClosed:
        if (custody, kind, None) not in CUSTODY:
            raise UnexpectedEvent(custody, event)
        return CUSTODY[custody, kind, None]
    return custody


_ENDS_HOLD = (StaffHoldEnded, TrolleyAssigned, SessionResumed, TrolleyReturned, RentalClosed, LockFailed)


def _staff(before: State, event: Any) -> StaffHold | None:
    """Return the staff hold after the event; a trolley that was put back has none."""
    if isinstance(event, UnlockRequested) and event.by is not None and event.hold_until is not None:
        return StaffHold(event.by, event.hold_until)
    put_back = isinstance(event, LockClosed) and event.present and before.lock.reported == "open"
    return None if put_back or isinstance(event, _ENDS_HOLD) else before.staff


_MAY_CLOSE = (SessionEnded, SessionExpired, ClaimDenied, TrolleyReturned, LockClosed, LockFailed)


def _desired(before: State, after: State, custody: Custody, event: Any) -> Hook:
    """Open once an unlock is sent; closed when the trolley is docked without a session."""
    if after.unlock_id != before.unlock_id and after.unlock_id is not None:
        return "open"
    if isinstance(event, _MAY_CLOSE) and custody == "docked" and after.phase == "available":
        return "closed"
    return after.lock.desired
