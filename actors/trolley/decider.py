"""The decider of ``trolley/<trolley_id>``: who may use a trolley, where it is, what its lock should do.

A claim is a conversation: the trolley keeps itself for the user and asks the user's
cart (OpenSession); the cart confirms or denies; only then is the trolley assigned
and its lock told to open. Each step is an event, so each survives a crash.
"""

from __future__ import annotations

import uuid
from typing import Any

from msgspec.structs import replace

from actors.kit.decider import (
    NOTHING,
    Commands,
    Context,
    Decider,
    Decision,
    Handler,
    Refusal,
    Tell,
    TimeReached,
    ignored,
    refuse,
)
from actors.messages.cart import NotResumed
from actors.messages.trolley import (
    Alive,
    Answer,
    Claim,
    ClaimDenied,
    Claimed,
    ClaimLapsed,
    ClaimRequested,
    Command,
    ConfirmClaim,
    DenyClaim,
    Dock,
    Event,
    Heartbeat,
    Lock,
    LockClosed,
    LockFailed,
    LockOpened,
    LockReported,
    MaintenanceEnded,
    MaintenanceSet,
    MaintenanceStarted,
    NoteUnpaid,
    Release,
    ResumeSession,
    SessionEnded,
    SessionExpired,
    SessionResumed,
    SetMaintenance,
    SignOfLife,
    StaffHoldEnded,
    TrolleyAssigned,
    TrolleyFound,
    TrolleyLeft,
    TrolleyPlaced,
    TrolleyReturned,
    Unlock,
    UnlockAccepted,
    UnlockFinished,
    UnlockRequested,
    UnpaidNoted,
)
from actors.trolley.rentals import RENTALS
from actors.trolley.state import EVENTS, State, evolve, slotless, stands
from actors.trolley.tells import tells

CLAIM_TIMEOUT_S = 10.0
"""How long a trolley waits for the user's side before it gives a claim up."""
STAFF_HOLD_S = 900.0
"""How long staff that opened a lock may have the trolley out of its slot before that is an alarm."""
MAX_JOINERS = 16
"""How many repeated claims of one user may wait for the same confirmation."""
_STEP_S = 0.001


def expires_at(state: State) -> float | None:
    """Return when the session ends (or the claim is given up) without a further sign of life."""
    return None if state.phase == "available" else deadline(state)


def deadline(state: State) -> float | None:
    """Return when time alone changes something: a claim, a session or the hold of staff is over."""
    if state.phase == "available":
        return None if state.staff is None else state.staff.until
    if state.ref is None:
        return None
    return state.heard_at + (state.ref.session_timeout_s if state.phase == "held" else CLAIM_TIMEOUT_S)


def awake(state: State, now: float) -> State:
    """Return the state after a load: a fresh timeout, and no pending request."""
    return replace(state, heard_at=now if state.phase != "available" else 0.0, joiners=())


# --- claims -------------------------------------------------------------------


def _claim(state: State, command: Claim, ctx: Context) -> Decision:
    if not command.ref.is_active:
        return refuse(409, "trolley_inactive", "This trolley is not in use.")
    if state.maintenance:
        return refuse(409, "trolley_maintenance", "This trolley is being serviced.")
    if state.missing:
        return refuse(409, "trolley_missing", "This trolley is missing; give it to the staff.")
    requested = ClaimRequested(
        ref=command.ref,
        user_id=command.user_id,
        session_id=command.session_id,
        claim_id=ctx.command_id,
        at=ctx.now,
        rental_s=command.rental_s,
        resume_s=command.resume_s,
        unpaid_s=command.unpaid_s,
    )
    return Decision((requested,), pending=True)


def _claim_again(state: State, command: Claim, ctx: Context) -> Decision:
    if command.user_id != state.user_id:
        return _in_use(state)
    if len(state.joiners) >= MAX_JOINERS:
        return refuse(409, "claim_pending", "This trolley is being assigned; wait for the first answer.")
    return Decision(pending=True, memory=replace(state, joiners=(*state.joiners, ctx.command_id)))


def _claim_held(state: State, command: Claim, ctx: Context) -> Decision:
    if command.user_id != state.user_id:
        return _in_use(state)
    alive = _alive(state, ctx.now)
    return Decision(answer=_claimed(alive, created=False), memory=alive)


def _in_use(state: State) -> Decision:
    return refuse(409, "trolley_in_use", "Trolley already in use", assigned_to=state.user_id)


def _claimed(held: State, created: bool, cart_revision: int = 0) -> Claimed:
    assert held.session_id
    assert held.user_id
    assert held.since is not None
    end = expires_at(held) or held.since
    return Claimed(
        session_id=held.session_id,
        trolley_id=held.trolley_id,
        user_id=held.user_id,
        assigned_at=held.since,
        expires_at=end,
        lock=held.lock,
        created=created,
        cart_revision=cart_revision,
    )


def _confirm(state: State, command: ConfirmClaim, ctx: Context) -> Decision:
    if command.session_id != state.session_id:
        return _lapse(state, command, ctx)
    has_lock = stands(state) is not None and state.custody != "out"
    unlock_id = command.session_id if has_lock else None
    due_at = ctx.now + state.rental_s if slotless(state) else None
    assigned = TrolleyAssigned(command.session_id, state.user_id or "", unlock_id, ctx.now, due_at)
    held = evolve(state, assigned)
    first = _claimed(held, True, command.cart_revision)
    again = _claimed(held, False, command.cart_revision)
    joined = tuple((each, again) for each in state.joiners)
    return Decision((assigned,), settles=((state.claim_id, first), *joined))


def _lapse(state: State, command: ConfirmClaim, ctx: Context) -> Decision:
    """The claim was given up before its confirmation came; the cart must not keep the session."""
    if command.session_id == state.session_id:
        return NOTHING
    return Decision((ClaimLapsed(command.session_id, command.user_id, ctx.now),))


def _deny(state: State, command: DenyClaim, ctx: Context) -> Decision:
    if command.session_id != state.session_id:
        return NOTHING
    refusal = Refusal(
        409,
        "user_has_trolley",
        "You already have a trolley.",
        {"held_trolley_id": command.held_trolley_id, "held_session_id": command.held_session_id},
    )
    return _give_up(
        state, ClaimDenied(command.session_id, state.user_id or "", "user_has_trolley", ctx.now), refusal
    )


def _claim_timeout(state: State, command: TimeReached, ctx: Context) -> Decision:
    if not _due(state, ctx):
        return NOTHING
    refusal = Refusal(503, "claim_timeout", "The trolley could not be assigned in time; try again.")
    return _give_up(
        state, ClaimDenied(state.session_id or "", state.user_id or "", "timeout", ctx.now), refusal
    )


def _release_claim(state: State, command: Release, ctx: Context) -> Decision:
    """The cart already ends the session whose confirmation is still on its way."""
    if command.session_id != state.session_id:
        return NOTHING
    refusal = Refusal(409, "session_ended", "The session was ended before it began.")
    return _give_up(state, ClaimDenied(command.session_id, state.user_id or "", "released", ctx.now), refusal)


def _give_up(state: State, denied: ClaimDenied, refusal: Refusal) -> Decision:
    return Decision((denied,), settles=tuple((each, refusal) for each in (state.claim_id, *state.joiners)))


# --- sessions -----------------------------------------------------------------


def _alive(state: State, now: float) -> State:
    return replace(state, heard_at=max(now, state.heard_at))


def _sign_of_life(state: State, command: SignOfLife, ctx: Context) -> Decision:
    if command.session_id is not None and command.session_id != state.session_id:
        return NOTHING
    return Decision(memory=_alive(state, ctx.now))


def _heartbeat(state: State, command: Heartbeat, ctx: Context) -> Decision:
    if command.session_id != state.session_id:
        return _over(state, command, ctx)
    alive = _alive(state, ctx.now) if state.phase == "held" else state
    end = expires_at(alive) or ctx.now
    return Decision(answer=Alive(command.session_id, end), memory=alive if alive is not state else None)


def _over(state: State, command: Heartbeat, ctx: Context) -> Decision:
    return refuse(409, "session_ended", "This session is over.", session_id=command.session_id)


def _release(state: State, command: Release, ctx: Context) -> Decision:
    if command.session_id != state.session_id:
        return NOTHING
    return Decision((SessionEnded(command.session_id, state.user_id or "", command.outcome, ctx.now),))


def _expire(state: State, command: TimeReached, ctx: Context) -> Decision:
    if not _due(state, ctx):
        return NOTHING
    return Decision((SessionExpired(state.session_id or "", state.user_id or "", ctx.now),))


def _resume(state: State, command: ResumeSession, ctx: Context) -> Decision:
    """Go on if the trolley is where its shopper left it, and nobody else has had it since."""
    lapsed = state.lapsed
    if lapsed is None or (lapsed.session_id, lapsed.user_id) != (command.session_id, command.user_id):
        return _not_resumed(state, command, ctx)
    if ctx.now > lapsed.until or state.custody == "docked" or state.maintenance or state.missing:
        return _not_resumed(state, command, ctx)
    if state.ref is None or not state.ref.is_active:
        return _not_resumed(state, command, ctx)
    return Decision((SessionResumed(lapsed.session_id, lapsed.user_id, lapsed.since, ctx.now),))


def _resume_held(state: State, command: ResumeSession, ctx: Context) -> Decision:
    if command.session_id != state.session_id:
        return _not_resumed(state, command, ctx)
    return Decision(memory=_alive(state, ctx.now))


def _not_resumed(state: State, command: ResumeSession, ctx: Context) -> Decision:
    return Decision(hints=(Tell("cart", command.user_id, NotResumed(command.session_id), durable=False),))


def _deny_resumed(state: State, command: DenyClaim, ctx: Context) -> Decision:
    """The user has another trolley by now."""
    if command.session_id != state.session_id:
        return NOTHING
    return Decision((SessionExpired(command.session_id, state.user_id or "", ctx.now),))


def _due(state: State, ctx: Context) -> bool:
    """A sign of life may have come while the timer's message waited in the mailbox."""
    end = expires_at(state)
    return end is not None and ctx.reached(end)


def _note_unpaid(state: State, command: NoteUnpaid, ctx: Context) -> Decision:
    """Only a slot tells that a trolley was not brought back; whoever holds it again may still pay."""
    if state.custody != "out" or state.missing or not state.unpaid_s:
        return NOTHING
    return Decision((UnpaidNoted(command.session_id, command.user_id, command.lines, ctx.now),))


# --- the lock, custody, maintenance -------------------------------------------


def _reported(state: State, command: LockReported, ctx: Context) -> Decision:
    ref = command.ref if command.ref is not None else state.ref
    if command.place is not None and stands(state, ref) not in (None, command.place):
        return NOTHING
    moved = state.ref is not None and ref is not None and ref.place != state.ref.place
    if not moved and state.lock.at is not None and command.at <= state.lock.at:
        return NOTHING
    at = min(command.at, ctx.now)
    moves: list[Any] = []
    if state.custody == "docked" and not command.present:
        moves.append(_left(state, at))
    elif state.custody == "out" and command.present and command.hook == "closed":
        moves += _back(state, at)
    # Without a move even the same hook is an event: its time makes a report that it overtook an older one.
    # So does a slot that is another than the one known.
    if command.hook != "unknown" and (command.hook != state.lock.reported or moved or not moves):
        seen = LockOpened if command.hook == "open" else LockClosed
        moves.insert(0, seen(command.present, at, ref if ref != state.ref else None))
    # Receiving a report is the sign of life, whatever the Pi's clock says.
    alive = _alive(state, ctx.now) if state.phase == "held" else None
    return Decision(tuple(moves), memory=alive)


def _dock(state: State, command: Dock, ctx: Context) -> Decision:
    """Each slot's times grow on their own; here they must grow for the trolley."""
    at = max(min(command.at, ctx.now), (state.lock.at or 0.0) + _STEP_S)
    home = None if state.ref is None else state.ref.place
    moves: list[Any] = [TrolleyPlaced(command.place, stands(state), home, at), LockClosed(True, at)]
    if state.custody == "out":
        moves += _back(state, at)
    return Decision(tuple(moves))


def _back(state: State, at: float) -> tuple[Any, ...]:
    returned = TrolleyReturned(state.taken_by, at)
    return (TrolleyFound("", at), returned) if state.missing else (returned,)


def _left(state: State, at: float) -> TrolleyLeft:
    if state.phase != "held":
        return TrolleyLeft(None, at)
    return TrolleyLeft(state.user_id, at, at + state.rental_s)


def _unlock_finished(state: State, command: UnlockFinished, ctx: Context) -> Decision:
    """Record a failure only: that the lock is open is reported by its hook (LockReported)."""
    if command.unlock_id != state.unlock_id or command.outcome == "opened":
        return NOTHING
    return Decision((LockFailed(command.unlock_id, command.outcome, command.detail, ctx.now),))


def _unlock(state: State, command: Unlock, ctx: Context) -> Decision:
    if not command.reason.strip():
        return refuse(400, "reason_required", "Say why the lock is opened.")
    if stands(state, command.ref) is None:
        return refuse(409, "unsupported", "This trolley's branch has no lock hardware.")
    unlock_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"unlock:{state.trolley_id}:{ctx.command_id}"))
    kind, _, user_id = ctx.principal.partition(":")
    holds = kind == "user" and state.phase == "available" and state.custody != "out"
    requested = UnlockRequested(
        ref=command.ref,
        unlock_id=unlock_id,
        reason=command.reason,
        at=ctx.now,
        by=user_id if kind == "user" else None,
        hold_until=ctx.now + STAFF_HOLD_S if holds else None,
    )
    after = evolve(state, requested)
    return Decision((requested,), answer=UnlockAccepted(state.trolley_id, unlock_id, after.lock))


def _end_staff_hold(state: State, command: TimeReached, ctx: Context) -> Decision:
    if state.staff is None or not ctx.reached(state.staff.until):
        return NOTHING
    return Decision((StaffHoldEnded(ctx.now),))


def _lock(state: State, command: Lock, ctx: Context) -> Decision:
    return refuse(409, "unsupported", "This lock latches by itself when the trolley is pushed in.")


def _maintenance(state: State, command: SetMaintenance, ctx: Context) -> Decision:
    answer = MaintenanceSet(state.trolley_id, command.on, command.notes)
    if command.on and not (state.maintenance and state.maintenance_notes == command.notes):
        return Decision((MaintenanceStarted(command.ref, command.notes, ctx.now),), answer=answer)
    if not command.on and state.maintenance:
        return Decision((MaintenanceEnded(ctx.now),), answer=answer)
    return Decision(answer=answer)


_ALWAYS: dict[type, Handler] = {
    LockReported: _reported,
    Dock: _dock,
    UnlockFinished: _unlock_finished,
    Unlock: _unlock,
    Lock: _lock,
    SetMaintenance: _maintenance,
    **RENTALS,
}

COMMANDS: Commands = {
    "available": {
        Claim: _claim,
        ConfirmClaim: _lapse,
        DenyClaim: ignored,
        Heartbeat: _over,
        SignOfLife: ignored,
        Release: ignored,
        NoteUnpaid: _note_unpaid,
        ResumeSession: _resume,
        TimeReached: _end_staff_hold,
        **_ALWAYS,
    },
    "claiming": {
        Claim: _claim_again,
        ConfirmClaim: _confirm,
        DenyClaim: _deny,
        Heartbeat: _heartbeat,
        SignOfLife: ignored,
        Release: _release_claim,
        NoteUnpaid: _note_unpaid,
        ResumeSession: _not_resumed,
        TimeReached: _claim_timeout,
        **_ALWAYS,
    },
    "held": {
        Claim: _claim_held,
        ConfirmClaim: _lapse,
        DenyClaim: _deny_resumed,
        Heartbeat: _heartbeat,
        SignOfLife: _sign_of_life,
        Release: _release,
        NoteUnpaid: ignored,
        ResumeSession: _resume_held,
        TimeReached: _expire,
        **_ALWAYS,
    },
}

DECIDER: Decider[State, Command, Event, Answer] = Decider(
    State,
    COMMANDS,
    EVENTS,
    tells,
    deadline=deadline,
    awake=awake,
    volatile=("heard_at", "joiners"),
    patient=(LockReported,),
    command=Command,
    event=Event,
    answer=Answer,
)
