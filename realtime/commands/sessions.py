"""The session's commands: start (claim), heartbeat, end."""

from __future__ import annotations

import contextlib
from collections.abc import Coroutine
from typing import Annotated, Any, Literal

from msgspec import Meta

from actors.cart import State as CartState
from actors.messages.cart import EndSession, FindSession, SessionFound, SessionOver
from actors.messages.trolley import Alive, Claim, Claimed, Heartbeat, TrolleyRef
from actors.runtime.address import Address
from core.accounts.principals import Principal, may
from core.orders import customers
from realtime.limits.attempts import TOO_MANY
from realtime.pipeline.asking import Accepted, Answer, Asking, in_database, new_id
from realtime.pipeline.lookups import QR
from realtime.pipeline.row import OWN, Ask, Call, Command, CommandPlace, Route
from realtime.pipeline.services import Services
from realtime.pipeline.timed import LATE, Timed
from realtime.problems import Problem, invalid, not_found
from realtime.views.base import View
from realtime.views.cart import CartAnswer, SavedView
from realtime.views.trolley import LockView, lock_view
from realtime.wire import Body, Uuid, rfc3339

Code = Annotated[str, Meta(min_length=1, max_length=300)]


class SessionStart(Timed, kw_only=True):
    """Claim a trolley: its code, or the address in its QR. ``user_id``: for somebody else (staff, kiosks)."""

    trolley_id: Code
    user_id: Uuid | None = None


class SessionHeartbeat(Body):
    """A sign of life; without ``session_id`` of the latest session."""

    session_id: Uuid | None = None


class SessionEnd(Body):
    """End a session, by default the latest. ``abandoned`` (the default) keeps the lines for a while."""

    session_id: Uuid | None = None
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
    cart: CartAnswer
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


# --- session.start ----------------------------------------------------------------


def _claimed_at(call: Call) -> CommandPlace:
    body: SessionStart = call.body
    ref, signed = call.services.fleet.scanned(body.trolley_id)
    if not signed:
        _refuse_typed(call, ref)
    if body.user_id is None and call.who.kind != "user":
        raise invalid("user_id", "This field is required of a device.")
    return trolley_place(ref, body.user_id or call.who.id)


def _refuse_typed(call: Call, ref: TrolleyRef) -> None:
    """Raise the 400 where shoppers are to scan; who works there, and a kiosk, may type."""
    branch, who = call.services.fleet.directory.branch(ref.branch), call.who
    if branch is None or not branch.settings.signed_qr_only or who.kind == "device":
        return
    if not may(who, "session.for_others", ref.chain, ref.branch):
        sentence = "Expected the address in the trolley's QR code with its key, got a code without."
        raise invalid("trolley_id", sentence, code="qr_required")


def trolley_place(ref: TrolleyRef, owner: str = "") -> CommandPlace:
    """Return the branch of a trolley as the place of a command."""
    return CommandPlace(
        chain=ref.chain, branch=ref.branch, owner=owner, missing="trolley_not_found", thing=ref
    )


def _claimer(call: Call) -> str | Coroutine[Any, Any, str]:
    """Return the id of the user who claims."""
    user_id = call.body.user_id or call.who.id
    return user_id if user_id == call.who.id else known_here(call, user_id)


async def known_here(call: Call, user_id: str | None) -> str:
    """Return the id of a user for whom staff may act at the call's place. Raises the 404.

    Whether an account exists that is none of this chain's customers is nobody's business here.
    """
    found = user_id is not None and bool(await call.services.names.of(user_id))
    if found and not call.who.is_platform_admin and user_id != call.who.id:
        found = await in_database(customers.is_known, user_id, call.place.chain)
    if user_id is None or not found:
        raise not_found("user_not_found", "There is no such user here; who is new scans the trolley first.")
    return user_id


def _claim(call: Call, user_id: str) -> Ask:
    ref: TrolleyRef = call.place.thing
    return Ask(
        "trolley",
        ref.trolley_id,
        Claim(
            ref=ref,
            user_id=user_id,
            session_id=new_id(),
            rental_s=rental_of(call.services, ref),
            resume_s=resume_of(call.services, ref),
            unpaid_s=unpaid_of(call.services, ref),
        ),
    )


def rental_of(services: Services, ref: TrolleyRef) -> float:
    """Return for how many seconds a trolley of that branch is let."""
    branch = services.fleet.directory.branch(ref.branch)
    return 7200.0 if branch is None else branch.settings.rental_minutes * 60.0


def resume_of(services: Services, ref: TrolleyRef) -> float:
    """Return for how many seconds a session that expired goes on with a sign of life; 0: never."""
    branch = services.fleet.directory.branch(ref.branch)
    return ref.restore_s if branch is not None and branch.settings.resumes_sessions else 0.0


def unpaid_of(services: Services, ref: TrolleyRef) -> float:
    """Return for how many seconds a trolley may be out after a session that nobody paid; 0: for ever."""
    branch = services.fleet.directory.branch(ref.branch)
    return 0.0 if branch is None else branch.settings.unpaid_minutes * 60.0


async def resume(asking: Asking, user_id: str, who: Principal, session_id: str | None = None) -> None:
    """Let a session of the user's that expired go on, if it may; return when it does or does not.

    Looking for a session is what asks its trolley.
    """
    with contextlib.suppress(Problem):
        await asking.outcome(asking.ask("cart", user_id, FindSession(session_id), who))


async def name_holder(call: Call, problem: Problem) -> Problem:
    """Put the name of the trolley's holder into the refusal.

    What else the person holds is for themselves to know, and for those of the chain that it belongs to.
    """
    extra = problem.extra
    if "assigned_to" in extra:
        extra["assigned_to"] = _displayed(call, await call.services.names.of(extra["assigned_to"]))
    if "held_trolley_id" in extra and not _own_claim(call):
        held = call.services.fleet.directory.trolley(extra["held_trolley_id"])
        if held is None or held.chain != call.place.chain:
            del extra["held_trolley_id"], extra["held_session_id"]
            problem.detail = problem.error = "This person has a trolley elsewhere."
    return problem


def _displayed(call: Call, name: str) -> str | None:
    """Return what the branch lets others see of a holder's name; who works there sees all of it."""
    place = call.place
    branch = None if place.branch is None else call.services.fleet.directory.branch(place.branch)
    if branch is None or may(call.who, "trolley.operate", place.chain, place.branch):
        return name
    match branch.settings.conflict_display:
        case "nothing":
            return None
        case "masked":
            return f"{name[:1]}•••"
    return name


def _own_claim(call: Call) -> bool:
    return call.who.id == (getattr(call.body, "user_id", None) or call.who.id) and (
        getattr(call.body, "user_phone", None) is None
    )


async def _started(call: Call, user_id: str, outcome: Accepted[Claimed]) -> Started:
    services, ref = call.services, call.place.thing
    claimed = outcome.answer
    services.places.remember(user_id, ref.chain, ref.branch, ref.trolley_id)
    cart = await _cart_at(call, user_id, claimed.cart_revision)
    if user_id != call.who.id:
        cart = services.goods.within(cart, ref.chain)
    shown = services.goods.cart(cart, to=call.who.id)
    return Started(
        session_id=claimed.session_id,
        trolley_id=claimed.trolley_id,
        is_assigned=True,
        assigned_to=await services.names.of(user_id),
        assigned_at=rfc3339(claimed.assigned_at),
        expires_at=rfc3339(claimed.expires_at),
        lock=lock_view(claimed.lock),
        branch=ref.branch,
        timeout_s=ref.session_timeout_s,
        restore=shown.saved if (cart.saved_until or 0.0) > claimed.assigned_at else None,
        cart=shown,
        message=f"Session started with {ref.trolley_id}.",
    )


async def _cart_at(call: Call, user_id: str, revision: int) -> CartState:
    """Return the cart as of that revision (0: now), so that a repeat gets the same answer."""
    asking = call.services.asking
    state: CartState = (await asking.look("cart", user_id, call.who)).state
    if revision and state.revision != revision:
        state = await asking.actors.state_at(Address("cart", user_id), revision)
    return state


async def _created_or_not(call: Call, answer: Answer) -> tuple[int, Any]:
    return 201 if answer.accepted.answer.created else 200, answer.data


# --- session.heartbeat, session.end ---------------------------------------------------


def _session_place(call: Call) -> CommandPlace | Coroutine[Any, Any, CommandPlace]:
    """Return where the named session is: the caller's own, or one that staff may handle."""
    session_id: str | None = call.body.session_id
    if session_id is None or not (call.who.grants or call.who.is_platform_admin):
        return OWN
    return find_session(call, session_id)


async def find_session(call: Call, session_id: str) -> CommandPlace:
    """Return the place of a session; of an unknown one, the caller's cart, which refuses it."""
    found = await in_database(call.services.find_session, session_id)
    if found is None or found[0] == call.who.id:
        return OWN
    owner, branch, chain = found
    return CommandPlace(chain=chain, branch=branch, owner=owner, missing="session_not_found", hidden=True)


async def _latest(call: Call) -> SessionFound:
    asking, owner = call.services.asking, call.place.owner or call.who.id
    found: SessionFound = (
        await asking.outcome(asking.ask("cart", owner, FindSession(call.body.session_id), call.who))
    ).answer
    return found


def _beat(call: Call, found: SessionFound) -> Ask:
    return Ask("trolley", found.trolley_id, Heartbeat(found.session_id))


def _alive(call: Call, found: SessionFound, outcome: Accepted[Alive]) -> Beat:
    alive = outcome.answer
    return Beat(session_id=alive.session_id, expires_at=rfc3339(alive.expires_at))


def _ending(call: Call) -> str | Coroutine[Any, Any, str]:
    """Return the id of the session that ends."""
    return call.body.session_id or _latest_session(call)


async def _latest_session(call: Call) -> str:
    """Return the id of the caller's session, or of the one that was ended last, for its answer again."""
    state: CartState = (await call.services.asking.look("cart", call.who.id, call.who)).state
    if state.sessions:
        return state.sessions[-1].session_id
    if state.ended:
        return state.ended[-1].session_id
    raise not_found("session_not_found", "You have no open session.")


def _end(call: Call, session_id: str) -> Ask:
    owner = call.place.owner or call.who.id
    return Ask("cart", owner, EndSession(session_id, call.body.outcome or "abandoned"))


def _ended(call: Call, found: object, outcome: Accepted[SessionOver]) -> Ended:
    over = outcome.answer
    return Ended(
        session_id=over.session_id,
        trolley_id=over.trolley_id,
        trolley_unassigned=True,
        items_cleared=over.items_cleared,
        outcome=over.outcome,
        message="Session ended and trolley released.",
    )


HELD = (
    "trolley_in_use",
    "trolley_inactive",
    "trolley_maintenance",
    "trolley_missing",
    "user_has_trolley",
    "trolley_not_found",
    *QR,
)
"""Refusals of letting a trolley to somebody."""

ROWS = (
    Command(
        name="session.start",
        attempt="claim",
        body=SessionStart,
        answer=Started,
        permission="session.for_others",
        where=_claimed_at,
        for_owner=True,
        refer=_claimer,
        command=_claim,
        show=_started,
        explain=name_holder,
        routes=(Route("POST", "/session/qr-scan", 201, _created_or_not, also=(200,)),),
        refusals=("invalid", *HELD, "qr_required", "user_not_found", TOO_MANY, *LATE),
        devices=True,
    ),
    Command(
        name="session.heartbeat",
        keyed=False,
        body=SessionHeartbeat,
        answer=Beat,
        permission="session.for_others",
        where=_session_place,
        for_owner=True,
        refer=_latest,
        command=_beat,
        show=_alive,
        routes=(Route("POST", "/session/heartbeat"),),
        refusals=("session_not_found", "session_ended"),
        devices=True,
    ),
    Command(
        name="session.end",
        body=SessionEnd,
        answer=Ended,
        permission="session.for_others",
        where=_session_place,
        for_owner=True,
        refer=_ending,
        command=_end,
        show=_ended,
        routes=(Route("POST", "/session/end"),),
        refusals=("session_not_found",),
        devices=True,
    ),
)
