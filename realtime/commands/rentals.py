"""Rentals: staff assigns a trolley, ends its rental, and reports which trolley came back into which slot."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from actors.messages.cart import EndSession
from actors.messages.returns import ReturnPlaced, ReturnScanned
from actors.messages.trolley import (
    ChangeRental,
    Claim,
    Claimed,
    CloseRental,
    RentalKept,
    RentalOver,
    TrolleyRef,
)
from actors.messages.trolley import Place as Slot
from actors.trolley import State as TrolleyState
from core.accounts.principals import may
from core.fleet.rentals import by_phone
from core.fleet.rentals.sessions import find_rental
from core.fleet.trolleys.out import free_in
from core.rest.fields import moment
from realtime.commands.sessions import HELD, known_here, name_holder, rental_of, resume_of, trolley_place
from realtime.pipeline.asking import Accepted, in_database, new_id
from realtime.pipeline.lookups import QR
from realtime.pipeline.row import Ask, Call, Command, Place, Route, in_branch
from realtime.pipeline.timed import LATE, Timed
from realtime.problems import Problem, invalid, not_found
from realtime.views.base import View
from realtime.views.trolley import LockView, lock_view
from realtime.wire import Body, Uuid, maybe_time, rfc3339

Text = Annotated[str, Meta(min_length=1, max_length=300)]
Number = Annotated[int, Meta(ge=1)]


TAKEN = frozenset({"trolley_in_use", "trolley_inactive", "trolley_maintenance", "trolley_missing"})
"""Refusals of a trolley that another would not give."""


class TrolleyAssign(Timed, kw_only=True):
    """Let a trolley to somebody, named by ``user_id`` or ``user_phone``, for ``minutes``.

    Without ``trolley_id`` and ``cart_number`` it is the branch's next that is free.
    """

    branch: Text | None = None
    """Where ``cart_number`` counts, or the next free one is taken."""
    trolley_id: Text | None = None
    cart_number: Number | None = None
    user_id: Uuid | None = None
    user_phone: Text | None = None
    minutes: Annotated[int, Meta(ge=1, le=7 * 24 * 60)] | None = None


class TrolleyReturn(Body):
    """Say which trolley came back. ``slot`` (with ``device_id``) if more than one slot asks."""

    branch: Text | None = None
    trolley_id: Text | None = None
    cart_number: Number | None = None
    device_id: Uuid | None = None
    slot: Annotated[int, Meta(ge=0, le=0xFFFF)] | None = None


class TrolleyCloseRental(Body):
    """Say that a trolley is back which no slot has seen come; the reason is kept."""

    trolley_id: Text
    reason: Text


class RentalChange(Body):
    """Note something about a rental, or expect its trolley back at another time (RFC 3339)."""

    branch: Text
    rental_id: Uuid
    notes: Annotated[str, Meta(max_length=2000)] | None = None
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


class Assigned(View, frozen=True):
    """The trolley is the user's."""

    session_id: str
    trolley_id: str
    cart_number: int
    assigned_to: str
    assigned_at: str
    minutes: int
    lock: LockView
    created: bool


class PlaceView(View, frozen=True):
    """A lock slot."""

    device_id: str
    slot: int


class Returned(View, frozen=True):
    """``place``: the slot that it stands in, null without lock hardware."""

    trolley_id: str
    returned: Literal[True]
    place: PlaceView | None


# --- which trolley ------------------------------------------------------------------


def _trolley(call: Call) -> TrolleyRef:
    """Return the trolley named by its code, or by its number in the branch."""
    body: TrolleyAssign | TrolleyReturn = call.body
    fleet = call.services.fleet
    if body.trolley_id is None:
        if body.cart_number is None or body.branch is None:
            sentence = "Name the trolley, or the branch and the cart_number."
            raise invalid("trolley_id", sentence, code="which_trolley")
        return fleet.trolley_in(body.branch, str(body.cart_number))
    ref = fleet.trolley(body.trolley_id)
    if body.branch is not None:
        branch = fleet.directory.find_branch(body.branch)
        if branch is None or branch.code != ref.branch:
            raise not_found("trolley_not_found", "There is no such trolley in this branch.")
    return ref


# --- trolley.assign -------------------------------------------------------------------


class _Letting(NamedTuple):
    ref: TrolleyRef
    user_id: str
    name: str
    rental_s: float
    is_new: bool
    """Whether the account was made for this, of a phone number."""


def _let_at(call: Call) -> Place:
    body: TrolleyAssign = call.body
    if body.trolley_id is None and body.cart_number is None and body.branch is not None:
        return in_branch(call)
    return trolley_place(_trolley(call))


async def _next_free(call: Call, user_id: str) -> TrolleyRef:
    """Return the trolley that the person has here already, else the next free one. Raises the 409."""
    services, code = call.services, str(call.place.branch)
    cart = (await services.asking.look("cart", user_id, call.who)).state
    held = next((each.trolley_id for each in cart.sessions if each.branch == code), None)
    if held is not None:
        return services.fleet.trolley(held)
    found = services.fleet.pick(await in_database(free_in, code), services.now())
    if found is None:
        raise Problem(409, "no_trolley_free", "No trolley of this branch is free.")
    return found


async def _refer_assign(call: Call) -> _Letting:
    body: TrolleyAssign = call.body
    if (body.user_id is None) == (body.user_phone is None):
        raise invalid("user_id", "Name the user by user_id or by user_phone.")
    found = await _by_phone(call, body.user_phone) if body.user_phone is not None else None
    user_id = await known_here(call, body.user_id if found is None else found.user_id)
    name = await call.services.names.of(user_id)
    thing = call.place.thing
    ref = thing if isinstance(thing, TrolleyRef) else await _next_free(call, user_id)
    rental_s = rental_of(call.services, ref) if body.minutes is None else body.minutes * 60.0
    return _Letting(ref, user_id, name, rental_s, found is not None and found.is_new)


async def _by_phone(call: Call, phone: str) -> by_phone.Found:
    try:
        return await in_database(by_phone.find_or_make, phone, call.place.chain)
    except ValueError as error:
        raise invalid("user_phone", str(error)) from None


async def _another(call: Call, letting: _Letting, problem: Problem) -> _Letting | None:
    """Return the next trolley if anyone would do, and somebody else, perhaps at another edge, was faster."""
    if isinstance(call.place.thing, TrolleyRef) or problem.code not in TAKEN:
        return None
    ref = await _next_free(call, letting.user_id)
    rental_s = letting.rental_s if call.body.minutes else rental_of(call.services, ref)
    return letting._replace(ref=ref, rental_s=rental_s)


def _assign(call: Call, letting: _Letting) -> Ask:
    ref = letting.ref
    return Ask(
        "trolley",
        ref.trolley_id,
        Claim(
            ref=ref,
            user_id=letting.user_id,
            session_id=new_id(),
            rental_s=letting.rental_s,
            resume_s=resume_of(call.services, ref),
        ),
    )


async def _assigned(call: Call, letting: _Letting, outcome: Accepted[Claimed]) -> Assigned:
    ref, claimed = letting.ref, outcome.answer
    if letting.is_new:
        await in_database(by_phone.tell, letting.user_id, ref.trolley_id, claimed.session_id)
    call.services.places.remember(letting.user_id, ref.chain, ref.branch, ref.trolley_id)
    return Assigned(
        session_id=claimed.session_id,
        trolley_id=ref.trolley_id,
        cart_number=ref.cart_number,
        assigned_to=letting.name,
        assigned_at=rfc3339(claimed.assigned_at),
        minutes=round(letting.rental_s / 60),
        lock=lock_view(claimed.lock),
        created=claimed.created,
    )


# --- trolley.return -------------------------------------------------------------------


class _Returning(NamedTuple):
    state: TrolleyState
    slot: Slot | None
    staff: bool

    @property
    def held(self) -> bool:
        """Whether staff ends a session with it."""
        return self.staff and self.state.phase == "held"


def _returned_at(call: Call) -> Place:
    """Return the trolley's branch: staff there ends the session with it.

    A shopper only says which trolley it was; whether it was theirs is known where returns are matched.
    """
    shopper = call.who.kind == "user" and not call.who.grants
    return trolley_place(_trolley(call), call.who.id if shopper else "")


async def _refer_return(call: Call) -> _Returning:
    who, ref = call.who, call.place.thing
    slot = _slot(call, ref)
    state: TrolleyState = (await call.services.asking.look("trolley", ref.trolley_id, who)).state
    return _Returning(state, slot, may(who, "trolley.operate", ref.chain, ref.branch))


def _slot(call: Call, ref: TrolleyRef) -> Slot | None:
    body: TrolleyReturn = call.body
    if body.slot is None:
        return None
    device_id = body.device_id or (None if ref.place is None else ref.place.device_id)
    info = None if device_id is None else call.services.fleet.directory.device(device_id)
    if device_id is None or info is None or info.branch != ref.branch:
        raise invalid("device_id", "Name the device of the slot, one of this branch.")
    return Slot(device_id, body.slot)


def _return(call: Call, returning: _Returning) -> Ask | None:
    ref: TrolleyRef = call.place.thing
    if returning.held and returning.state.custody != "out" and returning.slot is None:
        return None  # It never left its slot: there is only the session to end.
    command = ReturnScanned(ref.trolley_id, returning.slot, call.who.id, returning.staff)
    return Ask("yard", ref.branch, command)


async def _returned(call: Call, returning: _Returning, outcome: Accepted[ReturnPlaced] | None) -> Returned:
    answer = None if outcome is None else outcome.answer
    if returning.held:
        await _end_session(call, returning.state)
    placed = None if answer is None else answer.place
    shown = None if placed is None else PlaceView(device_id=placed.device_id, slot=placed.slot)
    return Returned(trolley_id=call.place.thing.trolley_id, returned=True, place=shown)


# --- trolley.close_rental, rental.change ------------------------------------------------


def _out_at(call: Call) -> Place:
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
        await _end_session(call, state)
    over = outcome.answer
    return RentalEnded(trolley_id=over.trolley_id, status=over.status, at=rfc3339(over.at))


async def _end_session(call: Call, state: TrolleyState) -> None:
    asking = call.services.asking
    end = EndSession(state.session_id or "", "abandoned")
    await asking.outcome(asking.ask("cart", state.user_id or "", end, call.who, f"{call.key}:end"))


async def _refer_rental(call: Call) -> TrolleyRef:
    code = await in_database(find_rental, call.body.rental_id, str(call.place.branch))
    ref = None if code is None else call.services.fleet.directory.trolley(code)
    if ref is None:
        raise not_found("rental_not_found", "There is no such rental in this branch.")
    return ref


def _change(call: Call, ref: TrolleyRef) -> Ask:
    body: RentalChange = call.body
    try:
        due = None if body.expected_return is None else moment(body.expected_return).timestamp()
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
        name="trolley.assign",
        body=TrolleyAssign,
        answer=Assigned,
        permission="session.for_others",
        where=_let_at,
        refer=_refer_assign,
        command=_assign,
        show=_assigned,
        instead=_another,
        explain=name_holder,
        routes=(Route("POST", "/branches/{branch_id}/carts/assign", 201),),
        refusals=(*HELD, "which_trolley", "no_trolley_free", "user_not_found", *LATE),
    ),
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
        refusals=("branch_not_found", "rental_not_found", "rental_over"),
    ),
    Command(
        name="trolley.return",
        body=TrolleyReturn,
        answer=Returned,
        permission="trolley.operate",
        where=_returned_at,
        for_owner=True,
        refer=_refer_return,
        command=_return,
        show=_returned,
        routes=(Route("POST", "/branches/{branch_id}/carts/return"),),
        refusals=(
            "trolley_not_found",
            "which_trolley",
            *QR,
            "not_your_trolley",
            "no_slot_waits",
            "which_slot",
            "not_out",
        ),
    ),
)
