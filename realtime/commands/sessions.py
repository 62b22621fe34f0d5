"""Handlers of the session's commands: start (claim), heartbeat, end."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Annotated, Any, Literal

from msgspec import Meta

from actors.cart.decider import State as CartState
from actors.messages.cart import EndSession, FindSession, SessionFound, SessionOver
from actors.messages.trolley import Alive, Claim, Claimed, Heartbeat, TrolleyRef
from actors.runtime.address import Address
from core.accounts.principals import Principal
from realtime.commands.gateway import Answer, Direct, Gateway, new_id
from realtime.problems import Problem, invalid, not_found
from realtime.views.base import View
from realtime.views.cart import CartView, SavedView
from realtime.views.trolley import LockView, lock_view
from realtime.wire import Body, rfc3339

Code = Annotated[str, Meta(min_length=1, max_length=300)]
UserId = Annotated[str, Meta(min_length=1, max_length=64)]


class SessionStart(Body):
    """Claim a trolley: its code, or the address in its QR. ``user_id``: for somebody else (staff, kiosks)."""

    trolley_id: Code
    user_id: UserId | None = None


class SessionHeartbeat(Body):
    """A sign of life; without ``session_id`` of the latest session."""

    session_id: UserId | None = None


class SessionEnd(Body):
    """End a session. ``abandoned`` (the default) keeps the lines for a while, ``paid`` does not."""

    session_id: UserId
    outcome: Literal["paid", "abandoned"] | None = None


class Started(View, frozen=True):
    """The session and the shopper's cart."""

    session_id: str
    trolley_id: str
    is_assigned: Literal[True]
    assigned_to: str
    assigned_at: str
    expires_at: str
    lock: LockView
    branch: str
    timeout_s: float
    restore: SavedView | None
    cart: CartView
    message: str


class Beat(View, frozen=True):
    """When the session ends without a further sign of life."""

    session_id: str
    expires_at: str


class Ended(View, frozen=True):
    """``items_cleared`` counts lines."""

    session_id: str
    trolley_id: str
    trolley_unassigned: Literal[True]
    items_cleared: int
    outcome: str
    message: str


def start(gateway: Gateway, who: Principal, body: SessionStart, key: str) -> Coroutine[Any, Any, Answer]:
    """Begin ``session.start``: the claim is under way when this returns."""
    ref = gateway.trolley(gateway.trolley_code(body.trolley_id))
    user_id = body.user_id or who.id
    if user_id != who.id:
        gateway.require(who, "session.for_others", ref.chain, ref.branch, "trolley_not_found")
        return _start_for(gateway, who, ref, user_id, key)
    if who.kind != "user":
        raise invalid("user_id", "This field is required of a device.")
    return _started(gateway, who, ref, user_id, _claim(gateway, who, ref, user_id, key))


def _claim(gateway: Gateway, who: Principal, ref: TrolleyRef, user_id: str, key: str) -> Any:
    command = Claim(ref, user_id, new_id(), rental_of(gateway, ref))
    return gateway.ask("trolley", ref.trolley_id, command, who, key)


def rental_of(gateway: Gateway, ref: TrolleyRef) -> float:
    """Return for how many seconds a trolley of that branch is let."""
    branch = gateway.directory.branch(ref.branch)
    return 7200.0 if branch is None else branch.settings.rental_minutes * 60.0


async def _start_for(gateway: Gateway, who: Principal, ref: TrolleyRef, user_id: str, key: str) -> Answer:
    if not await gateway.name_of(user_id):
        raise not_found("user_not_found", "There is no such user.")
    return await _started(gateway, who, ref, user_id, _claim(gateway, who, ref, user_id, key))


async def _started(gateway: Gateway, who: Principal, ref: TrolleyRef, user_id: str, pending: Any) -> Answer:
    try:
        outcome = await gateway.outcome(pending)
    except Problem as problem:
        if "assigned_to" in problem.extra:
            problem.extra["assigned_to"] = await gateway.name_of(problem.extra["assigned_to"])
        raise
    claimed: Claimed = outcome.answer
    gateway.remember_place(user_id, ref.chain, ref.branch)
    cart = await _cart_at(gateway, user_id, who, claimed.cart_revision)
    shown = gateway.cart(cart)
    name = await gateway.name_of(user_id)
    view = Started(
        session_id=claimed.session_id,
        trolley_id=claimed.trolley_id,
        is_assigned=True,
        assigned_to=name,
        assigned_at=rfc3339(claimed.assigned_at),
        expires_at=rfc3339(claimed.expires_at),
        lock=lock_view(claimed.lock),
        branch=ref.branch,
        timeout_s=ref.session_timeout_s,
        restore=shown.saved if (cart.saved_until or 0.0) > claimed.assigned_at else None,
        cart=shown,
        message=f"Session started with {ref.trolley_id}.",
    )
    return Answer(view, 201 if claimed.created else 200, outcome)


async def _cart_at(gateway: Gateway, user_id: str, who: Principal, revision: int) -> CartState:
    """Return the cart as it was when the session began, so that a repeat says the same; 0: as it is now."""
    state: CartState = (await gateway.look("cart", user_id, who)).state
    if revision and state.revision != revision:
        state = await gateway.actors.state_at(Address("cart", user_id), revision)
    return state


def heartbeat(
    gateway: Gateway, who: Principal, body: SessionHeartbeat, key: str
) -> Coroutine[Any, Any, Answer]:
    """Begin ``session.heartbeat``: find the trolley at the cart, then tell it."""
    return _heartbeat(
        gateway, who, body.session_id, gateway.ask("cart", who.id, FindSession(body.session_id), who)
    )


async def _heartbeat(gateway: Gateway, who: Principal, session_id: str | None, pending: Any) -> Answer:
    found: SessionFound = await _or_another_s(gateway, who, session_id, pending)
    outcome = await gateway.outcome(
        gateway.ask("trolley", found.trolley_id, Heartbeat(found.session_id), who)
    )
    alive: Alive = outcome.answer
    return Answer(Beat(session_id=alive.session_id, expires_at=rfc3339(alive.expires_at)), outcome=outcome)


async def _or_another_s(gateway: Gateway, who: Principal, session_id: str | None, pending: Any) -> Any:
    """Return the answer of the caller's own cart, else of the cart whose session staff may handle."""
    try:
        return (await gateway.outcome(pending)).answer
    except Problem as problem:
        if problem.code != "session_not_found" or session_id is None or not _works_for_others(who):
            raise
    owner = await gateway.session_owner(who, session_id)
    return (await gateway.outcome(gateway.ask("cart", owner, FindSession(session_id), who))).answer


def _works_for_others(who: Principal) -> bool:
    return who.is_platform_admin or bool(who.grants)


def end(gateway: Gateway, who: Principal, body: SessionEnd, key: str) -> Direct | Coroutine[Any, Any, Answer]:
    """Begin ``session.end``; staff may end the sessions of their branch."""
    pending = gateway.ask("cart", who.id, EndSession(body.session_id, body.outcome or "abandoned"), who, key)
    if not _works_for_others(who):
        return Direct(pending, _ended)
    return _end(gateway, who, body, key, pending)


async def _end(gateway: Gateway, who: Principal, body: SessionEnd, key: str, pending: Any) -> Answer:
    try:
        return _ended(await gateway.outcome(pending))
    except Problem as problem:
        if problem.code != "session_not_found":
            raise
    owner = await gateway.session_owner(who, body.session_id)
    command = EndSession(body.session_id, body.outcome or "abandoned")
    return _ended(await gateway.outcome(gateway.ask("cart", owner, command, who, key)))


def _ended(outcome: Any) -> Answer:
    over: SessionOver = outcome.answer
    view = Ended(
        session_id=over.session_id,
        trolley_id=over.trolley_id,
        trolley_unassigned=True,
        items_cleared=over.items_cleared,
        outcome=over.outcome,
        message="Session ended and trolley released.",
    )
    return Answer(view, outcome=outcome)
