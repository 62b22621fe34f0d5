"""Assignments: staff lets a trolley to a person, a named one or the branch's next free one."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from msgspec import Meta

from actors.messages.trolley import Claim, Claimed, TrolleyRef
from core.fleet.rentals import by_phone
from core.fleet.trolleys.out import free_in
from realtime.commands.sessions import (
    HELD,
    known_here,
    name_holder,
    rental_of,
    resume_of,
    trolley_place,
    unpaid_of,
)
from realtime.pipeline.asking import Accepted, in_database, new_id
from realtime.pipeline.row import Ask, Call, Command, CommandPlace, Route, in_branch
from realtime.pipeline.timed import LATE, Timed
from realtime.problems import Problem, invalid, not_found
from realtime.views.base import View
from realtime.views.trolley import LockView, lock_view
from realtime.wire import Uuid, rfc3339

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


def named_trolley(call: Call) -> TrolleyRef:
    """Return the trolley named by its code, or by its number in the branch.

    The body has trolley_id, cart_number and branch, each perhaps None. Raises the 404, and a 400.
    """
    body = call.body
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


class _Letting(NamedTuple):
    ref: TrolleyRef
    user_id: str
    name: str
    rental_s: float
    is_new: bool
    """Whether the account was made for this, of a phone number."""


def _let_at(call: Call) -> CommandPlace:
    body: TrolleyAssign = call.body
    if body.trolley_id is None and body.cart_number is None and body.branch is not None:
        return in_branch(call)
    return trolley_place(named_trolley(call))


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


async def _by_phone(call: Call, phone: str) -> by_phone.PhoneOwner:
    try:
        return await in_database(by_phone.find_or_make, phone, call.place.chain)
    except ValueError as error:
        raise invalid("user_phone", str(error)) from None


async def _another(call: Call, letting: _Letting, problem: Problem) -> _Letting | None:
    """Return the next free trolley if none was named, and another request took the first."""
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
            unpaid_s=unpaid_of(call.services, ref),
        ),
    )


async def _assigned(call: Call, letting: _Letting, outcome: Accepted[Claimed]) -> Assigned:
    ref, claimed = letting.ref, outcome.answer
    if letting.is_new:
        await in_database(by_phone.send_link, letting.user_id, ref.trolley_id, claimed.session_id)
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
        refusals=("invalid", *HELD, "which_trolley", "no_trolley_free", "user_not_found", *LATE),
    ),
)
