"""The decider of ``payment/<payment_id>``: a charge, from its request to its order or its refund.

The cart starts it; the payment asks its provider, as often as it takes, and believes what the provider
says, whenever and through whichever door it comes. Once the money is taken the cart says what for: an order,
or nothing any more, and then it goes back. So every amount that was taken ends in one order or one refund.
"""

from __future__ import annotations

from operator import attrgetter
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
from actors.messages.money.payment import (
    Answer,
    ChargeDeclined,
    ChargeOpened,
    ChargeStarted,
    ChargeTaken,
    CheckPayment,
    Command,
    Confirm,
    ConfirmPayment,
    Disputed,
    Event,
    FindPayment,
    GivenBack,
    GivingBack,
    NeverHeard,
    NotGivenBack,
    NotTaken,
    Opened,
    PaymentKept,
    PaymentStands,
    SettleAtTill,
    Silent,
    StartPayment,
    Taken,
    Unheard,
)
from actors.messages.money.refund import RefundPayment
from actors.payment import refunds, till
from actors.payment.state import EVENTS, State
from actors.payment.tells import tells, to_charge, to_look_up, to_open, to_provider

OPEN_TRIES = 3
"""So often a provider may be silent before the payment is given up; nobody can have paid it yet."""
GIVE_UP_S = 24 * 3600.0
"""A payment that nobody has paid for so long is declined."""
MAX_JOINERS = 16


def awake(state: State, now: float) -> State:
    """Return the state after a load: every unanswered request to the provider is repeated."""
    owes = state.phase == "opening" or any(each.status == "asked" for each in state.refunds)
    return replace(state, ask_at=now if owes else None, tries=0, joiners=())


# --- the beginning ------------------------------------------------------------------------


def _start(state: State, command: StartPayment, ctx: Context) -> Decision:
    started = ChargeStarted(
        user_id=command.user_id,
        purchase=command.purchase,
        provider=command.provider,
        expires_at=command.expires_at,
        cart_revision=command.cart_revision,
        at=ctx.now,
    )
    if command.purchase.total:
        return Decision((started,))
    taken = ChargeTaken("", "", ctx.now, ctx.now)
    return Decision((started, taken), settles=_answers(state))


def _not_found(state: State, command: Any, ctx: Context) -> Decision:
    return refuse(404, "payment_not_found", "There is no such payment.")


def _wait(state: State, command: FindPayment, ctx: Context) -> Decision:
    """The cart has just told of it, or its provider has not answered yet."""
    return _join(state, ctx)


def _not_yet(state: State, command: Any, ctx: Context) -> Decision:
    return refuse(409, "payment_opening", "The payment is only just being opened; try again in a moment.")


def _join(state: State, ctx: Context, *hints: Tell) -> Decision:
    if len(state.joiners) >= MAX_JOINERS:
        return refuse(409, "payment_busy", "This payment is being asked about; wait for the first answer.")
    joined = replace(state, joiners=(*state.joiners, ctx.command_id))
    return Decision(pending=True, memory=joined, hints=hints)


def _stands(state: State, command: Any, ctx: Context) -> Decision:
    return Decision(answer=PaymentStands(state.payment_id))


def _silent_opening(state: State, command: Silent, ctx: Context) -> Decision:
    """Ask again a few times; then give up, and say so to the cart."""
    if state.tries + 1 < OPEN_TRIES:
        return refunds.ask_later(state, ctx)
    sentence = "The payment provider cannot be reached; try again, or take another way of paying."
    return _give_up(state, NotTaken("unreachable", sentence), ctx)


def _open_again(state: State, command: TimeReached, ctx: Context) -> Decision:
    return refunds.ask_again(state, ctx, to_open(state))


def _give_up(state: State, command: NotTaken, ctx: Context) -> Decision:
    """Fail the payment, which cannot have been made: its pending request is refused."""
    event = ChargeDeclined(command.reason, command.detail, command.reference, ctx.now)
    why = Refusal(503, "provider_unavailable", command.detail, {"payment_id": state.payment_id})
    return Decision((event,), settles=tuple((each, why) for each in state.joiners))


# --- what the provider says of the payment ---------------------------------------------------


def _answers(state: State) -> tuple[tuple[str, Any], ...]:
    return tuple((each, PaymentStands(state.payment_id)) for each in state.joiners)


def _opened(state: State, command: Opened, ctx: Context) -> Decision:
    """It waits for the payer until its deadline."""
    if state.phase == "open" and ctx.now - state.started_at >= GIVE_UP_S:
        return _too_old(state, command.reference, ctx)
    reference = command.reference or state.reference
    if state.phase == "open" and (reference, command.waits) == (state.reference, state.waits):
        return _answered(state)
    event = ChargeOpened(reference, command.waits, ctx.now)
    return Decision((event,), settles=_answers(state))


def _answered(state: State) -> Decision:
    if not state.joiners:
        return NOTHING
    return Decision(memory=replace(state, joiners=()), settles=_answers(state))


def _too_old(state: State, reference: str, ctx: Context) -> Decision:
    event = ChargeDeclined("expired", "This payment was not made in time.", reference, ctx.now)
    return Decision((event,), settles=_answers(state))


def _never_heard(state: State, command: NeverHeard, ctx: Context) -> Decision:
    if ctx.now - state.started_at >= GIVE_UP_S:
        return _too_old(state, "", ctx)
    return _answered(state)


def _silent_open(state: State, command: Silent, ctx: Context) -> Decision:
    """The shopper's part may be done: the reconciliation finds out."""
    if command.asked != "confirm" or state.waits == "bank":
        return _answered(state)
    return Decision((ChargeOpened(state.reference, "bank", ctx.now),), settles=_answers(state))


def _unheard(state: State, command: Unheard, ctx: Context) -> Decision:
    if command.command_id not in state.joiners:
        return NOTHING
    joiners = tuple(each for each in state.joiners if each != command.command_id)
    why = Refusal(400, "not_understood", command.detail, {"payment_id": state.payment_id})
    return Decision(memory=replace(state, joiners=joiners), settles=((command.command_id, why),))


def _not_taken(state: State, command: NotTaken, ctx: Context) -> Decision:
    event = ChargeDeclined(command.reason, command.detail, command.reference, ctx.now)
    return Decision((event,), settles=_answers(state))


def _taken(state: State, command: Taken, ctx: Context) -> Decision:
    """Paid, be it late. Another amount than was asked for is no payment: it goes back."""
    if (command.amount, command.currency) == (state.purchase.total, state.purchase.currency):
        event = ChargeTaken(command.reference, command.capture, command.at, ctx.now)
        return Decision((event,), settles=_answers(state))
    known = state.refund(refunds.extra_id(state, command.capture))
    if known is not None:
        return NOTHING
    back = refunds.give_capture_back(state, command, "another amount than was asked for", ctx)
    if state.phase == "declined":
        return Decision((back,))
    sentence = "Another amount than was asked for was paid; it is given back."
    declined = ChargeDeclined("wrong_amount", sentence, command.reference, ctx.now)
    return Decision((declined, back), settles=_answers(state))


def _taken_again(state: State, command: Taken, ctx: Context) -> Decision:
    """The same money is no news; other money on top of it goes back."""
    if command.capture == state.capture or state.refund(refunds.extra_id(state, command.capture)) is not None:
        return NOTHING
    return Decision((refunds.give_capture_back(state, command, "paid twice", ctx),))


# --- the shopper and the reconciliation --------------------------------------------------------


def _confirm(state: State, command: ConfirmPayment, ctx: Context) -> Decision:
    call = Confirm(to_charge(state), ctx.command_id, command.card, command.approve)
    return _join(state, ctx, to_provider(state, call))


def _check_opening(state: State, command: CheckPayment, ctx: Context) -> Decision:
    return Decision(hints=(to_open(state),))


def _check_open(state: State, command: CheckPayment, ctx: Context) -> Decision:
    return Decision(hints=(to_look_up(state),))


def _check_declined(state: State, command: CheckPayment, ctx: Context) -> Decision:
    """Look the payment up: it may have been made after all, and its webhook lost."""
    return Decision(hints=(to_look_up(state), *refunds.check_refunds(state, command, ctx).hints))


_WORDS: dict[type, Handler] = {
    Opened: ignored,
    Taken: ignored,
    NotTaken: ignored,
    NeverHeard: ignored,
    Silent: ignored,
    Unheard: ignored,
    GivenBack: ignored,
    GivingBack: ignored,
    NotGivenBack: ignored,
    Disputed: ignored,
    StartPayment: ignored,
    PaymentKept: ignored,
    CheckPayment: ignored,
    TimeReached: ignored,
}
"""What may rightly come late or twice."""
_DONE: dict[type, Handler] = {
    **_WORDS,
    FindPayment: _stands,
    ConfirmPayment: _stands,
    SettleAtTill: till.over,
    Taken: _taken_again,
    CheckPayment: refunds.check_refunds,
    RefundPayment: refunds.refund,
    GivenBack: refunds.given_back,
    GivingBack: refunds.giving_back,
    NotGivenBack: refunds.not_given_back,
    Disputed: refunds.disputed,
    Silent: refunds.silent_refund,
    TimeReached: refunds.refund_again,
}
COMMANDS: Commands = {
    "new": {
        **_WORDS,
        StartPayment: _start,
        FindPayment: _wait,
        ConfirmPayment: _not_found,
        SettleAtTill: till.unknown,
    },
    "opening": {
        **_WORDS,
        FindPayment: _wait,
        ConfirmPayment: _not_yet,
        SettleAtTill: _not_yet,
        CheckPayment: _check_opening,
        Opened: _opened,
        Taken: _taken,
        NotTaken: _not_taken,
        Silent: _silent_opening,
        TimeReached: _open_again,
    },
    "open": {
        **_WORDS,
        FindPayment: _stands,
        ConfirmPayment: _confirm,
        SettleAtTill: till.settle,
        CheckPayment: _check_open,
        Opened: _opened,
        Taken: _taken,
        NotTaken: _not_taken,
        NeverHeard: _never_heard,
        Silent: _silent_open,
        Unheard: _unheard,
    },
    "declined": {**_DONE, Taken: _taken, CheckPayment: _check_declined, RefundPayment: ignored},
    "paid": {
        **_DONE,
        PaymentKept: refunds.kept,
        RefundPayment: refunds.useless,
        GivenBack: refunds.told_too_early,
        Disputed: refunds.told_too_early,
    },
    "kept": _DONE,
    "returning": _DONE,
    "returned": _DONE,
}

DECIDER: Decider[State, Command, Event, Answer] = Decider(
    State,
    COMMANDS,
    EVENTS,
    tells,
    deadline=attrgetter("ask_at"),
    awake=awake,
    volatile=("ask_at", "tries", "joiners"),
    command=Command,
    event=Event,
    answer=Answer,
)
