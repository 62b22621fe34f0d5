"""Rentals that have begun: staff notes something about one, expects it back later, or ends it by hand."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from actors.messages.trolley import ChangeRental, CloseRental, RentalKept, RentalOver, TrolleyRef
from actors.trolley import State as TrolleyState
from core.fleet.rentals.sessions import find_rental
from core.rest.fields import local_moment
from realtime.commands.assignments import Text
from realtime.commands.returns import end_session
from realtime.commands.sessions import trolley_place
from realtime.pipeline.asking import Accepted, in_database
from realtime.pipeline.row import Ask, Call, Command, CommandPlace, Route, in_branch
from realtime.problems import invalid, not_found
from realtime.views.base import View
from realtime.wire import FEW_LINES, ONE_LINE, Body, Uuid, maybe_time, rfc3339


class TrolleyCloseRental(Body):
    """Say that a trolley is back which no slot has seen come; the reason is kept."""

    trolley_id: Text
    reason: Annotated[str, Meta(min_length=1, max_length=300, extra=ONE_LINE)]


class RentalChange(Body):
    """Note something about a rental, or expect its trolley back at another time (RFC 3339)."""

    branch: Text
    rental_id: Uuid
    notes: Annotated[str, Meta(max_length=2000, extra=FEW_LINES)] | None = None
    expected_return: Text | None = None


class RentalEnded(View, frozen=True):
    """``status``: returned, or found if it was missing."""

    trolley_id: str
    status: Literal["returned", "found"]
    at: str


class RentalChanged(View, frozen=True):
    """What was changed; null is as it was."""

    id: str
    trolley_id: str
    notes: str | None
    expected_return: str | None


def _out_at(call: Call) -> CommandPlace:
    return trolley_place(call.services.fleet.trolley(call.body.trolley_id))


async def _state(call: Call) -> TrolleyState:
    found = await call.services.asking.look("trolley", call.place.thing.trolley_id, call.who)
    state: TrolleyState = found.state
    return state


def _close(call: Call, state: TrolleyState) -> Ask:
    ref: TrolleyRef = call.place.thing
    return Ask("trolley", ref.trolley_id, CloseRental(ref, call.body.reason))


async def _closed(call: Call, state: TrolleyState, outcome: Accepted[RentalOver]) -> RentalEnded:
    if state.phase == "held":
        await end_session(call, state)
    over = outcome.answer
    return RentalEnded(trolley_id=over.trolley_id, status=over.status, at=rfc3339(over.at))


async def _refer_rental(call: Call) -> TrolleyRef:
    code = await in_database(find_rental, call.body.rental_id, str(call.place.branch))
    ref = None if code is None else call.services.fleet.directory.trolley(code)
    if ref is None:
        raise not_found("rental_not_found", "There is no such rental in this branch.")
    return ref


def _change(call: Call, ref: TrolleyRef) -> Ask:
    body: RentalChange = call.body
    try:
        due = None if body.expected_return is None else local_moment(body.expected_return).timestamp()
    except ValueError as error:
        raise invalid("expected_return", str(error)) from None
    return Ask("trolley", ref.trolley_id, ChangeRental(ref, body.rental_id.lower(), body.notes, due))


def _changed(call: Call, ref: TrolleyRef, outcome: Accepted[RentalKept]) -> RentalChanged:
    kept = outcome.answer
    return RentalChanged(
        id=kept.rental_id,
        trolley_id=ref.trolley_id,
        notes=kept.notes,
        expected_return=maybe_time(kept.due_at),
    )


ROWS = (
    Command(
        name="trolley.close_rental",
        body=TrolleyCloseRental,
        answer=RentalEnded,
        permission="trolley.operate",
        where=_out_at,
        refer=_state,
        command=_close,
        show=_closed,
        routes=(Route("POST", "/branches/{branch_id}/carts/{cart_number}/close-rental", by_number=True),),
        refusals=("trolley_not_found", "reason_required", "not_out"),
    ),
    Command(
        name="rental.change",
        body=RentalChange,
        answer=RentalChanged,
        permission="trolley.operate",
        where=in_branch,
        refer=_refer_rental,
        command=_change,
        show=_changed,
        routes=(Route("PATCH", "/branches/{branch_id}/rentals/{rental_id}"),),
        refusals=("invalid", "branch_not_found", "rental_not_found", "rental_over"),
    ),
)
