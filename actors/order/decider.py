"""The decider of ``order/<payment id>``: what was bought, who may leave with it, and what was given back.

The cart places it when it is paid, so an order is a fact from its first moment on and is
never taken back: what follows are refunds, and the payment has the last word on each.
"""

from __future__ import annotations

from collections import Counter

from actors.kit import money
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
from actors.messages.money.order import (
    Answer,
    Command,
    Event,
    ExitPassed,
    ExitVerified,
    GiveNumber,
    GoodsBack,
    NoteDispute,
    OrderDisputed,
    OrderNumbered,
    OrderPlaced,
    OrderRefunded,
    PlaceOrder,
    RefundBegun,
    RefundFailed,
    RefundMade,
    RefundOrder,
    RefundRefused,
    RefundRequested,
    RefundReversed,
    VerifyExit,
)
from actors.messages.money.purchase import Purchase
from actors.order.state import EVENTS, State
from actors.order.tells import tells
from actors.pricing import adds_up

# --- cart and order numbers -------------------------------------------------------


def _place(state: State, command: PlaceOrder, ctx: Context) -> Decision:
    """Take the order down. Raises ValueError if the cart cannot add up (invariant 6)."""
    bought = command.purchase
    if not bought.lines or not _adds_up(bought):
        raise ValueError(f"expected lines that make {bought.total}, got {bought.lines}, {bought.amounts}")
    return Decision((OrderPlaced(command.user_id, bought, ctx.now),))


def _adds_up(bought: Purchase) -> bool:
    if bought.amounts is not None:
        return adds_up(bought.amounts, bought.lines) and bought.amounts.total == bought.total
    return sum((line.line_total for line in bought.lines), money.zero(bought.currency)) == bought.total


def _number(state: State, command: GiveNumber, ctx: Context) -> Decision:
    return NOTHING if state.number else Decision((OrderNumbered(command.number, ctx.now),))


# --- the exit ------------------------------------------------------------------------


def _no_pass(state: State, command: VerifyExit, ctx: Context) -> Decision:
    return refuse(404, "pass_unknown", "This is not the exit pass of an order here.")


def _verify(state: State, command: VerifyExit, ctx: Context) -> Decision:
    """Let the goods out, once. Another chain's order counts as unknown."""
    if state.purchase.chain != command.chain:
        return _no_pass(state, command, ctx)
    known = {"order_id": state.order_id, "number": state.number}
    branch = state.purchase.branch
    if branch != command.branch:
        return refuse(409, "pass_wrong_branch", "This was bought in another branch.", branch=branch, **known)
    if state.phase == "refunded":
        return refuse(409, "pass_refunded", "The money for this was given back.", **known)
    if state.verified_at is not None:
        used = {"verified_at": state.verified_at, "verified_by": state.verified_by}
        return refuse(409, "pass_used", "This exit pass was used before.", **used, **known)
    until = state.placed_at + command.valid_s
    if ctx.now > until:
        return refuse(409, "pass_expired", "This exit pass is too old.", valid_until=until, **known)
    return Decision((ExitVerified(command.user_id, ctx.now),), ExitPassed(ctx.now))


# --- refunds -------------------------------------------------------------------------


def _no_order(state: State, command: RefundOrder, ctx: Context) -> Decision:
    return refuse(404, "order_not_found", "There is no such order.")


def _refund(state: State, command: RefundOrder, ctx: Context) -> Decision:
    """Begin to give money back, never more than was paid."""
    left = state.left
    if left <= 0:
        return _given_back(state)
    currency = state.purchase.currency
    amount = left if command.amount is None else command.amount
    if amount <= 0 or (
        amount != left and amount != money.payable(money.quantize(amount, currency), currency)
    ):
        return refuse(400, "invalid_amount", f"{amount} is no amount of {currency}.", currency=currency)
    amount = money.quantize(amount, currency)
    if amount > left:
        return refuse(
            400, "refund_too_high", f"Of this order {left} {currency} can be given back.", left=left
        )
    unknown = _not_bought(state, command.returned)
    if unknown is not None:
        return unknown
    event = RefundRequested(
        refund_id=command.refund_id,
        amount=amount,
        reason=command.reason,
        user_id=command.user_id,
        returned=command.returned,
        at=ctx.now,
    )
    return Decision((event,), RefundBegun(command.refund_id, amount, left - amount))


def _given_back(state: State) -> Decision:
    pending = any(refund.status == "pending" for refund in state.refunds.values())
    disputed = any(each.status != "won" for each in state.disputes.values())
    if pending:
        sentence = "A refund of all of it is on its way."
    elif disputed:
        sentence = "The buyer's bank has asked for what is left; answer the bank instead."
    else:
        sentence = "All of it was given back."
    return refuse(409, "nothing_to_refund", sentence, refunded=state.refunded)


def _all_given_back(state: State, command: RefundOrder, ctx: Context) -> Decision:
    return _given_back(state)


def _not_bought(state: State, returned: tuple[GoodsBack, ...]) -> Decision | None:
    """Return the refusal of goods that were not bought here, or came back before."""
    bought = {line.line_id: line.quantity for line in state.purchase.lines}
    back: Counter[str] = Counter()
    for each in returned:
        back[each.line_id] += each.units
        left = bought.get(each.line_id, 0) - state.came_back(each.line_id)
        if each.units < 1 or back[each.line_id] > left:
            return refuse(
                400, "not_returnable", f"Of this item {left} can come back.", item_id=each.line_id, left=left
            )
    return None


def _made(state: State, command: RefundMade, ctx: Context) -> Decision:
    """Record a refund of the provider, requested by us or not; no more than was paid."""
    known = state.refunds.get(command.refund_id)
    if known is not None and known.status == "made":
        return NOTHING
    amount = min(command.amount, state.purchase.total - state.refunded)
    if amount <= 0:
        return NOTHING
    amount = money.quantize(amount, state.purchase.currency)
    return Decision((OrderRefunded(command.refund_id, amount, ctx.now),))


def _failed(state: State, command: RefundFailed, ctx: Context) -> Decision:
    """The refund failed, even if the bank reports so only after it was made."""
    known = state.refunds.get(command.refund_id)
    if known is None or known.status == "failed":
        return NOTHING
    failed = RefundReversed if known.status == "made" else RefundRefused
    return Decision((failed(command.refund_id, command.reason, ctx.now),))


def _disputed(state: State, command: NoteDispute, ctx: Context) -> Decision:
    if state.disputes.get(command.dispute.dispute_id) == command.dispute:
        return NOTHING
    return Decision((OrderDisputed(command.dispute, ctx.now),))


_PLACED: dict[type, Handler] = {
    PlaceOrder: ignored,
    GiveNumber: _number,
    VerifyExit: _verify,
    RefundOrder: _refund,
    RefundMade: _made,
    RefundFailed: _failed,
    NoteDispute: _disputed,
    TimeReached: ignored,
}
COMMANDS: Commands = {
    "new": {
        PlaceOrder: _place,
        VerifyExit: _no_pass,
        RefundOrder: _no_order,
        TimeReached: ignored,
    },
    "paid": _PLACED,
    "partly_refunded": _PLACED,
    "refunded": {**_PLACED, RefundOrder: _all_given_back, RefundMade: ignored},
}

DECIDER: Decider[State, Command, Event, Answer] = Decider(
    State, COMMANDS, EVENTS, tells, command=Command, event=Event, answer=Answer
)
