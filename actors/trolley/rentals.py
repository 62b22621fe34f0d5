"""Custody by decision of staff: rentals closed, changed and annotated; trolleys missing and found."""

from __future__ import annotations

from typing import Any, Literal

from msgspec.structs import replace

from actors.kit.decider import NOTHING, Context, Decision, Handler, refuse
from actors.messages.trolley import (
    ChangeRental,
    CloseRental,
    MissingSet,
    RentalClosed,
    RentalExtended,
    RentalKept,
    RentalNoted,
    RentalOver,
    SetMissing,
    TermsChanged,
    TrolleyFound,
    TrolleyMissing,
    UseTerms,
)
from actors.trolley.state import State


def _close(state: State, command: CloseRental, ctx: Context) -> Decision:
    if not command.reason.strip():
        return refuse(400, "reason_required", "Say why the rental is closed without a slot.")
    if state.custody != "out":
        return refuse(409, "not_out", "This trolley is not out.")
    status: Literal["found", "returned"] = "found" if state.missing else "returned"
    found = (TrolleyFound(command.reason, ctx.now),) if state.missing else ()
    closed = RentalClosed(status, command.reason, ctx.now)
    return Decision((*found, closed), answer=RentalOver(state.trolley_id, status, ctx.now))


def _missing(state: State, command: SetMissing, ctx: Context) -> Decision:
    """A trolley found by staff is in their hands: its rental is over, wherever it stands."""
    if not command.reason.strip():
        return refuse(400, "reason_required", "Say what is known of it.")
    answer = MissingSet(state.trolley_id, command.on, command.reason)
    if command.on and not (state.missing and state.missing_reason == command.reason):
        return Decision((TrolleyMissing(command.ref, command.reason, ctx.now),), answer=answer)
    if command.on or not state.missing:
        return Decision(answer=answer)
    events: list[Any] = [TrolleyFound(command.reason, ctx.now)]
    if state.custody == "out":
        events.append(RentalClosed("found", command.reason, ctx.now))
    return Decision(tuple(events), answer=answer)


def _change(state: State, command: ChangeRental, ctx: Context) -> Decision:
    answer = RentalKept(command.rental_id, command.notes, command.due_at)
    events: list[Any] = []
    if command.due_at is not None:
        if command.rental_id != state.rental_id:
            return refuse(409, "rental_over", "This rental is over, or has no slot to be expected back in.")
        if command.due_at != state.due_at:
            events.append(RentalExtended(command.rental_id, command.due_at, ctx.now))
    if command.notes is not None:
        events.append(RentalNoted(command.rental_id, command.notes, ctx.now))
    return Decision(tuple(events), answer=answer)


def _use_terms(state: State, command: UseTerms, ctx: Context) -> Decision:
    """Go by what the branch has decided since; where the trolley stands is for reports to say."""
    if state.ref is None:
        return NOTHING
    ref = replace(command.ref, place=state.ref.place)
    return NOTHING if ref == state.ref else Decision((TermsChanged(ref, ctx.now),))


RENTALS: dict[type, Handler] = {
    CloseRental: _close,
    SetMissing: _missing,
    ChangeRental: _change,
    UseTerms: _use_terms,
}
"""In every phase."""
