"""Decisions about giving money back, and about asking a silent provider again."""

from __future__ import annotations

import uuid
from decimal import Decimal

from msgspec.structs import replace

from actors.kit import money
from actors.kit.decider import NOTHING, Context, Decision, Tell, TimeReached, refuse
from actors.messages.money.payment import (
    ChargeDisputed,
    ChargeKept,
    CheckPayment,
    Disputed,
    GivenBack,
    GivingBack,
    NotGivenBack,
    PaymentKept,
    RefundFound,
    RefundSettled,
    RefundStarted,
    Silent,
    Taken,
)
from actors.messages.money.refund import RefundPayment
from actors.payment.state import PATIENCE_S, Refund, State
from actors.payment.tells import to_give_back

REFUND_TRIES = 6
"""So often a provider is asked for a refund in a row; then the reconciliation goes on."""
_FIRST_WAIT_S = 0.5
_DECIDED = ("won", "lost")


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
    """Return the event that refunds a capture of another amount than was requested."""
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
    """It is made; what nobody here asked for was made at the provider itself, and counts all the same."""
    known = state.meant(command.refund_id, command.reference)
    if known is not None:
        return _settle(known, True, "", command.reference, ctx)
    if command.amount is None or not command.reference:
        return NOTHING
    found = RefundFound(
        refund_id=found_id(state, command.reference),
        capture=command.capture or state.capture,
        amount=money.quantize(command.amount, state.purchase.currency),
        reference=command.reference,
        order_id=state.order_id,
        at=ctx.now,
    )
    return Decision((found,)) if state.refund(found.refund_id) is None else NOTHING


def told_too_early(state: State, command: GivenBack | Disputed, ctx: Context) -> Decision:
    """Ignore a refund reported before the cart has placed the order; the provider reports it again."""
    if isinstance(command, GivenBack) and state.meant(command.refund_id, command.reference) is not None:
        return given_back(state, command, ctx)
    return refuse(503, "payment_settling", "What was paid for is not known yet; tell it again in a moment.")


def found_id(state: State, reference: str) -> str:
    """Return our id of a refund that was made at the provider itself."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"refund at {state.provider}:{reference}"))


def not_given_back(state: State, command: NotGivenBack, ctx: Context) -> Decision:
    """Banks refuse a refund even after it was made."""
    known = state.meant(command.refund_id, command.reference)
    return NOTHING if known is None else _settle(known, False, command.detail, command.reference, ctx)


def disputed(state: State, command: Disputed, ctx: Context) -> Decision:
    """Note what the buyer's bank wants; what it has decided stays decided."""
    told = command.dispute
    known = next((each for each in state.disputes if each.dispute_id == told.dispute_id), None)
    if known == told or (known is not None and known.status in _DECIDED and told.status not in _DECIDED):
        return NOTHING
    return Decision((ChargeDisputed(dispute=told, order_id=state.order_id, at=ctx.now),))


def _settle(refund: Refund, made: bool, detail: str, reference: str, ctx: Context) -> Decision:
    if refund.status == ("made" if made else "refused"):
        return NOTHING
    event = RefundSettled(
        refund_id=refund.refund_id,
        made=made,
        amount=refund.amount,
        detail=detail,
        reference=reference,
        order_id=refund.order_id,
        at=ctx.now,
    )
    return Decision((event,))


def giving_back(state: State, command: GivingBack, ctx: Context) -> Decision:
    """The refund is pending; the reconciliation looks it up again."""
    if state.meant(command.refund_id, command.reference) is None:
        return NOTHING
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
