"""The decider of ``cart/<user_id>``: what a shopper has put in, and with which trolley.

The cart is the user's side of every claim: it confirms or denies (one trolley a
user), and it is where a session's end begins.
"""

from __future__ import annotations

from msgspec.structs import replace

from actors.cart import budget, checkout, resuming
from actors.cart import payment as paying
from actors.cart import vouchers as cart_vouchers
from actors.cart.evolve import EVENTS
from actors.cart.lines import add, clear, quantity, remove, restore
from actors.cart.needs import following, note_restrictions, settle
from actors.cart.prices import apply, drop, reprice
from actors.cart.state import OpenedSession, Phase, State
from actors.cart.tells import signs_of_life, tells
from actors.kit.decider import (
    NOTHING,
    Commands,
    Context,
    Decider,
    Decision,
    Handler,
    TimeReached,
    ignored,
    refuse,
)
from actors.messages import budget as budgets
from actors.messages import cart as messages
from actors.messages import needs as approvals
from actors.messages.budget import DropBudget, NoteRefunds, SetBudget
from actors.messages.cart import (
    AddItem,
    ApplyVoucher,
    ClearCart,
    CloseSession,
    DropVoucher,
    EndSession,
    FindSession,
    NotResumed,
    OpenSession,
    RemoveItem,
    Reprice,
    RestoreLines,
    SessionAttached,
    SessionDetached,
    SessionEndRequested,
    SessionFound,
    SessionOver,
    SessionRefused,
    SetQuantity,
)
from actors.messages.money import checkout as checkouts
from actors.messages.money import paying as payments
from actors.messages.money.checkout import (
    CancelCheckout,
    Checkout,
    ReservationMade,
    ReservationOverdue,
    ReservationRefused,
    VoucherGone,
    VoucherKept,
)
from actors.messages.money.paying import PaymentFailed, PaymentSucceeded, RequestPayment
from actors.messages.needs import NoteRestrictions, SettleNeed
from actors.messages.trolley import Outcome

Command = messages.Command | checkouts.Command | budgets.Command | payments.Command | approvals.Command
Answer = messages.Answer | checkouts.Answer | budgets.Answer | payments.Answer | approvals.Answer
Event = messages.Event | checkouts.Event | budgets.Event | payments.Event | approvals.Event

MAX_JOINERS = 16
"""How many repeated ends of sessions may wait for their trolleys."""


def situation(state: State) -> tuple[Phase, bool]:
    """Return everything that a decision depends on: the phase, and whether a checkout goes on."""
    return state.phase, state.checkout is not None


def deadline(state: State) -> float | None:
    """Return when the checkout ends by itself; saved lines just grow too old."""
    frozen = state.checkout
    return frozen.expires_at if frozen is not None and frozen.reserved else None


def awake(state: State, now: float) -> State:
    """Return the state after a load: no request is pending any more."""
    return replace(state, joiners=(), finders=(), gone="")


# --- the trolley's side -----------------------------------------------------------


def _open(state: State, command: OpenSession, ctx: Context) -> Decision:
    over = state.over(command.session_id)
    if state.session(command.session_id) is not None or (over is not None and not command.resumed):
        return NOTHING
    if command.exclusive and state.sessions:
        held = state.sessions[-1]
        return Decision(
            (
                SessionRefused(
                    session_id=command.session_id,
                    trolley_id=command.trolley_id,
                    held_trolley_id=held.trolley_id,
                    held_session_id=held.session_id,
                    at=ctx.now,
                ),
            )
        )
    attached = SessionAttached(
        session_id=command.session_id,
        trolley_id=command.trolley_id,
        branch=command.branch,
        chain=command.chain,
        currency=command.currency,
        restore_s=command.restore_s,
        at=ctx.now,
    )
    if command.resumed:
        return resuming.opened(state, attached, ctx)
    return Decision((attached,), settles=resuming.all_refused(state))


def _close(state: State, command: CloseSession, ctx: Context) -> Decision:
    """The trolley is free again; lines go, unless another open session or a checkout keeps them.

    What was paid is gone already: lines that are there at the end of a paid session came later.
    """
    opened = state.session(command.session_id)
    if opened is None:
        return NOTHING
    kept = len(state.sessions) > 1 or checkout.survives(state, command)
    cleared = 0 if kept else len(state.lines)
    saved_until = ctx.now + opened.restore_s if cleared else None
    detached = SessionDetached(
        session_id=opened.session_id,
        trolley_id=opened.trolley_id,
        outcome=command.outcome,
        items_cleared=cleared,
        saved_until=saved_until,
        at=ctx.now,
    )
    answer = SessionOver(opened.session_id, opened.trolley_id, command.outcome, cleared)
    events, settles = ((), ()) if kept else checkout.ended_with(state, command, ctx)
    waiting = [opened.end_id] if opened.end_id is not None else []
    waiting += [each for session_id, each in state.joiners if session_id == opened.session_id]
    return Decision((*events, detached), settles=(*settles, *((each, answer) for each in waiting)))


# --- the shopper's side -----------------------------------------------------------


def _end(state: State, command: EndSession, ctx: Context) -> Decision:
    opened = state.session(command.session_id)
    if opened is None:
        return _ended(state, command, ctx)
    if opened.end_id is None and command.outcome == "paid":
        return refuse(409, "not_paid", "This is not paid yet.", session_id=opened.session_id)
    if opened.end_id is None:
        return Decision((_end_request(opened, command.outcome, ctx),), pending=True)
    if len(state.joiners) >= MAX_JOINERS:
        return refuse(
            409, "session_ending", "This session is already being ended; wait for the first answer."
        )
    return Decision(
        pending=True, memory=replace(state, joiners=(*state.joiners, (opened.session_id, ctx.command_id)))
    )


def _end_request(opened: OpenedSession, outcome: Outcome, ctx: Context) -> SessionEndRequested:
    return SessionEndRequested(
        session_id=opened.session_id,
        trolley_id=opened.trolley_id,
        outcome=outcome,
        end_id=ctx.command_id,
        at=ctx.now,
    )


def _ended(state: State, command: EndSession, ctx: Context) -> Decision:
    over = state.over(command.session_id)
    if over is None:
        return _unknown_session(command.session_id)
    return Decision(answer=SessionOver(over.session_id, over.trolley_id, over.outcome, over.items_cleared))


def _find(state: State, command: FindSession, ctx: Context) -> Decision:
    last = state.resumable
    if last is not None and command.session_id in (None, last.session_id):
        return resuming.ask(state, last, command, ctx)
    if command.session_id is None:
        opened = state.sessions[-1] if state.sessions else None
    else:
        opened = state.session(command.session_id)
        if opened is None and state.over(command.session_id) is not None:
            return refuse(409, "session_ended", "This session is over.", session_id=command.session_id)
    if opened is None:
        return _unknown_session(command.session_id)
    found = SessionFound(opened.session_id, opened.trolley_id, opened.branch, opened.since)
    return Decision(answer=found, hints=signs_of_life(state))


def _unknown_session(session_id: str | None) -> Decision:
    if session_id is None:
        return refuse(404, "session_not_found", "You have no open session.")
    return refuse(404, "session_not_found", "You have no such session.", session_id=session_id)


_LINES: dict[type, Handler] = {
    AddItem: add,
    SetQuantity: quantity,
    RemoveItem: remove,
    ClearCart: clear,
    RestoreLines: restore,
    Reprice: reprice,
    ApplyVoucher: apply,
    DropVoucher: drop,
}
_BUDGET: dict[type, Handler] = {
    SetBudget: budget.watched(budget.keep),
    DropBudget: budget.drop,
    NoteRefunds: budget.note_refunds,
}

_WITH_SESSION: dict[type, Handler] = {
    OpenSession: _open,
    CloseSession: _close,
    EndSession: _end,
    FindSession: _find,
    NotResumed: ignored,
}
_SESSIONS: dict[Phase, dict[type, Handler]] = {
    "free": {
        OpenSession: _open,
        CloseSession: ignored,
        EndSession: _ended,
        FindSession: _find,
        NotResumed: resuming.refused,
    },
    "shopping": _WITH_SESSION,
    "ending": _WITH_SESSION,
}
_OPEN: dict[type, Handler] = {
    **{
        command: handler if command is AddItem else budget.watched(handler)
        for command, handler in _LINES.items()
    },
    SettleNeed: settle,
    NoteRestrictions: note_restrictions,
    **_BUDGET,
    Checkout: checkout.start,
    CancelCheckout: checkout.nothing_to_cancel,
    ReservationMade: checkout.give_back,
    ReservationRefused: ignored,
    ReservationOverdue: checkout.overdue,
    VoucherKept: cart_vouchers.free,
    VoucherGone: ignored,
    RequestPayment: checkout.start_and_pay,
    PaymentSucceeded: paying.late,
    PaymentFailed: ignored,
    TimeReached: ignored,
}
_FROZEN: dict[type, Handler] = {
    **dict.fromkeys((*_LINES, SettleNeed), checkout.frozen),
    NoteRestrictions: ignored,
    **_BUDGET,
    Checkout: checkout.again,
    CancelCheckout: checkout.cancel,
    ReservationMade: checkout.made,
    ReservationRefused: checkout.refused,
    ReservationOverdue: checkout.overdue,
    VoucherKept: cart_vouchers.kept,
    VoucherGone: checkout.voucher_gone,
    RequestPayment: paying.request,
    PaymentSucceeded: paying.succeeded,
    PaymentFailed: paying.failed,
    TimeReached: checkout.expire,
}


def _handlers(phase: Phase, frozen: bool) -> dict[type, Handler]:
    """Return a situation's handlers, with what the goods' needs and the vouchers add to them.

    An add looks after needs and budget itself: nearly none has any.
    """
    every = {**_SESSIONS[phase], **(_FROZEN if frozen else _OPEN)}
    around = {
        command: handler if command is AddItem else following(handler) for command, handler in every.items()
    }
    if not frozen:
        return around
    return {command: cart_vouchers.settling(handler) for command, handler in around.items()}


COMMANDS: Commands = {
    (phase, frozen): _handlers(phase, frozen) for phase in _SESSIONS for frozen in (False, True)
}
"""By phase, and whether a checkout goes on."""

DECIDER: Decider[State, Command, Event, Answer] = Decider(
    State,
    COMMANDS,
    EVENTS,
    tells,
    deadline=deadline,
    awake=awake,
    situation=situation,
    volatile=("joiners", "finders", "gone"),
    command=Command,
    event=Event,
    answer=Answer,
)
