"""Handlers of letting and giving back: staff lets a trolley; whoever knows says which came back."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Annotated, Any, Literal

from msgspec import Meta

from actors.messages.cart import EndSession
from actors.messages.returns import ReturnPlaced, ReturnScanned
from actors.messages.trolley import Claim, Claimed, Place, TrolleyRef
from actors.trolley.decider import State as TrolleyState
from core.accounts.people import find_by_phone
from core.accounts.principals import Principal, may
from realtime.commands.gateway import Answer, Gateway, new_id
from realtime.commands.sessions import rental_of
from realtime.problems import Problem, invalid, not_found
from realtime.views.base import View
from realtime.views.trolley import LockView, lock_view
from realtime.wire import Body, rfc3339

Text = Annotated[str, Meta(min_length=1, max_length=300)]
Number = Annotated[int, Meta(ge=1)]


class TrolleyAssign(Body):
    """Let a trolley to somebody, named by ``user_id`` or ``user_phone``, for ``minutes``."""

    branch: Text | None = None
    """Where ``cart_number`` counts."""
    trolley_id: Text | None = None
    cart_number: Number | None = None
    user_id: Text | None = None
    user_phone: Text | None = None
    minutes: Annotated[int, Meta(ge=1, le=7 * 24 * 60)] | None = None


class TrolleyReturn(Body):
    """Say which trolley came back. ``slot`` (with ``device_id``) if more than one slot asks."""

    branch: Text | None = None
    trolley_id: Text | None = None
    cart_number: Number | None = None
    device_id: Text | None = None
    slot: Annotated[int, Meta(ge=0, le=0xFFFF)] | None = None


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


def assign(gateway: Gateway, who: Principal, body: TrolleyAssign, key: str) -> Coroutine[Any, Any, Answer]:
    """Begin ``trolley.assign``."""
    ref = _trolley(gateway, body)
    gateway.require(who, "session.for_others", ref.chain, ref.branch, "trolley_not_found")
    if (body.user_id is None) == (body.user_phone is None):
        raise invalid("user_id", "Name the user by user_id or by user_phone.")
    return _assign(gateway, who, body, ref, key)


async def _assign(gateway: Gateway, who: Principal, body: TrolleyAssign, ref: TrolleyRef, key: str) -> Answer:
    user_id = body.user_id or await gateway.blocking(find_by_phone, body.user_phone)
    name = "" if user_id is None else await gateway.name_of(user_id)
    if user_id is None or not name:
        raise not_found("user_not_found", "There is no such user.")
    rental_s = rental_of(gateway, ref) if body.minutes is None else body.minutes * 60.0
    pending = gateway.ask("trolley", ref.trolley_id, Claim(ref, user_id, new_id(), rental_s), who, key)
    try:
        outcome = await gateway.outcome(pending)
    except Problem as problem:
        if "assigned_to" in problem.extra:
            problem.extra["assigned_to"] = await gateway.name_of(problem.extra["assigned_to"])
        raise
    claimed: Claimed = outcome.answer
    gateway.remember_place(user_id, ref.chain, ref.branch)
    view = Assigned(
        session_id=claimed.session_id,
        trolley_id=ref.trolley_id,
        cart_number=ref.cart_number,
        assigned_to=name,
        assigned_at=rfc3339(claimed.assigned_at),
        minutes=round(rental_s / 60),
        lock=lock_view(claimed.lock),
        created=claimed.created,
    )
    return Answer(view, outcome=outcome)


def give_back(gateway: Gateway, who: Principal, body: TrolleyReturn, key: str) -> Coroutine[Any, Any, Answer]:
    """Begin ``trolley.return``: staff ends the session with it, a shopper only says which trolley it was."""
    ref = _trolley(gateway, body)
    staff = may(who, "trolley.operate", ref.chain, ref.branch)
    if not staff and (who.grants or who.kind != "user"):
        gateway.require(who, "trolley.operate", ref.chain, ref.branch, "trolley_not_found")
    return _give_back(gateway, who, body, ref, key, staff)


async def _give_back(
    gateway: Gateway, who: Principal, body: TrolleyReturn, ref: TrolleyRef, key: str, staff: bool
) -> Answer:
    state: TrolleyState = (await gateway.look("trolley", ref.trolley_id, who)).state
    place = _place(gateway, body, ref)
    held = staff and state.phase == "held"
    placed: Place | None = None
    if state.custody == "out" or not staff or place is not None:
        scanned = ReturnScanned(ref.trolley_id, place, who.id, staff)
        outcome = await gateway.outcome(gateway.ask("yard", ref.branch, scanned, who, key))
        answer: ReturnPlaced = outcome.answer
        placed = answer.place
    elif not held:
        outcome = await gateway.outcome(gateway.ask("yard", ref.branch, scanned_before(ref, who), who, key))
        placed = outcome.answer.place
    if held:
        end = EndSession(state.session_id or "", "abandoned")
        await gateway.outcome(gateway.ask("cart", state.user_id or "", end, who, f"{key}:end"))
    shown = None if placed is None else PlaceView(device_id=placed.device_id, slot=placed.slot)
    return Answer(Returned(trolley_id=ref.trolley_id, returned=True, place=shown))


def scanned_before(ref: TrolleyRef, who: Principal) -> ReturnScanned:
    """Return the command whose repeat gives the first answer again; a first one finds no slot that asks."""
    return ReturnScanned(ref.trolley_id, None, who.id, staff=True)


def _place(gateway: Gateway, body: TrolleyReturn, ref: TrolleyRef) -> Place | None:
    if body.slot is None:
        return None
    device_id = body.device_id or (None if ref.place is None else ref.place.device_id)
    info = None if device_id is None else gateway.directory.device(device_id)
    if device_id is None or info is None or info.branch != ref.branch:
        raise invalid("device_id", "Name the device of the slot, one of this branch.")
    return Place(device_id, body.slot)


def _trolley(gateway: Gateway, body: TrolleyAssign | TrolleyReturn) -> TrolleyRef:
    """Return the trolley named by its code, or by its number in the branch."""
    if body.trolley_id is not None:
        ref = gateway.trolley(gateway.trolley_code(body.trolley_id))
        if body.branch is None or ref.branch == _branch_code(gateway, body.branch):
            return ref
        raise not_found("trolley_not_found", "There is no such trolley in this branch.")
    if body.cart_number is None or body.branch is None:
        raise invalid("trolley_id", "Name the trolley, or the branch and the cart_number.")
    for ref in gateway.directory.trolleys(_branch_code(gateway, body.branch)):
        if ref.cart_number == body.cart_number:
            return ref
    raise not_found("trolley_not_found", "There is no such trolley in this branch.")


def _branch_code(gateway: Gateway, code_or_id: str) -> str:
    for branch in gateway.directory.branches():
        if code_or_id in (branch.code, branch.id):
            return branch.code
    return code_or_id
