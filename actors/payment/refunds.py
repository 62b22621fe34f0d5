"""Decisions about giving money back, and about asking a silent provider again."""

from __future__ import annotations

import uuid
from decimal import Decimal

from msgspec.structs import replace

from actors.kit import money
from actors.kit.decider import NOTHING, Context, Decision, Tell, TimeReached
from actors.messages.payment import (
    ChargeKept,
    CheckPayment,
    GivenBack,
    GivingBack,
    NotGivenBack,
    PaymentKept,
    RefundSettled,
    RefundStarted,
    Silent,
    Taken,
)
from actors.messages.refund import RefundPayment
from actors.payment.state import PATIENCE_S, State
from actors.payment.tells import to_give_back

REFUND_TRIES = 6
"""So often a provider is asked for a refund in a row; then the reconciliation goes on."""
_FIRST_WAIT_S = 0.5


def ask_later(state: State, ctx: Context) -> Decision:
    """Ask a provider that was silent again, after a wait that grows."""
    wait = _FIRST_WAIT_S * 2.0**state.tries
    return Decision(memory=replace(state, tries=state.tries + 1, ask_at=ctx.now + wait))


def ask_again(state: State, ctx: Context, *hints: Tell) -> Decision:
    """Ask now, if it is time; ``hints`` are the questions."""
    if state.ask_at is None or not ctx.reached(state.ask_at):
        return NOTHING
    return Decision(memory=replace(state, ask_at=ctx.now + PATIENCE_S), hints=hints)


def give_capture_back(state: State, command: Taken, reason: str, ctx: Context) -> RefundStarted:
    """Return the event that gives money back that is not what was asked for."""
    refund_id = extra_id(state, command.capture)
    return RefundStarted(
        refund_id=refund_id,
        capture=command.capture,
        amount=command.amount,
        reason=reason,
        order_id=None,
        at=ctx.now,
    )


def extra_id(state: State, capture: str) -> str:
    """Return the id of the one refund that such a capture can have."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"refund:{state.payment_id}:{capture}"))


def kept(state: State, command: PaymentKept, ctx: Context) -> Decision:
    """An order was made of it."""
    return Decision((ChargeKept(command.order_id, ctx.now),))


def useless(state: State, command: RefundPayment, ctx: Context) -> Decision:
    """The cart has no use for it, or the order it will be told of gives some of it back already."""
    if command.order_id is not None:
        return refund(state, command, ctx)
    if state.refund(command.refund_id) is not None:
        return NOTHING
    amount = state.left
    started = RefundStarted(
        refund_id=command.refund_id,
        capture=state.capture,
        amount=amount,
        reason=command.reason,
        order_id=None,
        at=ctx.now,
    )
    if amount:
        return Decision((started,))
    return Decision(
        (
            started,
            RefundSettled(
                refund_id=command.refund_id,
                made=True,
                amount=amount,
                detail="",
                reference="",
                order_id=None,
                at=ctx.now,
            ),
        )
    )


def refund(state: State, command: RefundPayment, ctx: Context) -> Decision:
    """An order gives some of it back, never more than there is."""
    if state.refund(command.refund_id) is not None or command.order_id is None:
        return NOTHING
    currency = state.purchase.currency
    amount = state.left if command.amount is None else money.quantize(command.amount, currency)
    order_id, refund_id = command.order_id, command.refund_id
    if not Decimal(0) < amount <= state.left:
        sentence = f"Of this payment {state.left} {currency} can be given back, not {amount}."
        return Decision(
            (
                RefundSettled(
                    refund_id=refund_id,
                    made=False,
                    amount=amount,
                    detail=sentence,
                    reference="",
                    order_id=order_id,
                    at=ctx.now,
                ),
            )
        )
    return Decision(
        (
            RefundStarted(
                refund_id=refund_id,
                capture=state.capture,
                amount=amount,
                reason=command.reason,
                order_id=order_id,
                at=ctx.now,
            ),
        )
    )


def given_back(state: State, command: GivenBack, ctx: Context) -> Decision:
    """It is made."""
    return _settle(state, command.refund_id, True, "", command.reference, ctx)


def not_given_back(state: State, command: NotGivenBack, ctx: Context) -> Decision:
    """Banks refuse a refund even after it was made."""
    return _settle(state, command.refund_id, False, command.detail, "", ctx)


def _settle(state: State, refund_id: str, made: bool, detail: str, reference: str, ctx: Context) -> Decision:
    refund = state.refund(refund_id)
    if refund is None or refund.status == ("made" if made else "refused"):
        return NOTHING
    event = RefundSettled(
        refund_id=refund_id,
        made=made,
        amount=refund.amount,
        detail=detail,
        reference=reference,
        order_id=refund.order_id,
        at=ctx.now,
    )
    return Decision((event,))


def giving_back(state: State, command: GivingBack, ctx: Context) -> Decision:
    """It takes its time; the reconciliation asks again."""
    return Decision(memory=replace(state, ask_at=None, tries=0))


def silent_refund(state: State, command: Silent, ctx: Context) -> Decision:
    """Ask again a few times, then leave it to the reconciliation."""
    if command.asked != "refund" or not any(each.status == "asked" for each in state.refunds):
        return NOTHING
    if state.tries + 1 < REFUND_TRIES:
        return ask_later(state, ctx)
    return Decision(memory=replace(state, ask_at=None, tries=0))


def refund_again(state: State, command: TimeReached, ctx: Context) -> Decision:
    """The time has come to ask again."""
    asked = (each for each in state.refunds if each.status == "asked")
    return ask_again(state, ctx, *(to_give_back(state, each) for each in asked))


def check_refunds(state: State, command: CheckPayment, ctx: Context) -> Decision:
    """Ask about every refund that is owed."""
    return Decision(hints=tuple(to_give_back(state, each) for each in state.refunds_open))
