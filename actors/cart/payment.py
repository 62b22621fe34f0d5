"""Decisions about paying for a cart: an exchange with ``payment/<payment_id>`` that any crash may interrupt.

A frozen cart whose goods the stock keeps asks for a payment. Its time runs on meanwhile. The money comes
when it comes: in time, and the goods are sold; after the checkout's end, and the cart freezes and reserves
once more if it still holds the same; else, and for every further payment of one checkout, it is given back.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from decimal import Decimal

from actors.cart.lines import currency_mismatch
from actors.cart.state import PaidBefore, State, held_of, purchase_of
from actors.cart.tells import signs_of_life
from actors.kit.decider import NOTHING, Context, Decision, refuse
from actors.messages.cart import Line, key_of
from actors.messages.money.checkout import CheckoutRefused, ReservationMade, Wish
from actors.messages.money.paying import (
    CheckoutPaid,
    CheckoutReopened,
    PaymentAsked,
    PaymentDeclined,
    PaymentFailed,
    PaymentRequested,
    PaymentReturned,
    PaymentSucceeded,
    RequestPayment,
)

MAX_PAYMENTS = 10
"""How many payments one checkout may try."""
REOPENED_S = 300.0
"""When a sweep of the stock may wonder about a reservation that is paid already."""


# --- asking for a payment ----------------------------------------------------------------


def request(state: State, command: RequestPayment, ctx: Context) -> Decision:
    """Ask for a payment, or name the one that goes on with this provider."""
    held = held_of(state)
    if command.currency not in (None, state.currency):
        return currency_mismatch(state, command.currency or "")
    if held.paid is not None:
        return refuse(409, "already_paid", "This is paid already.", payment_id=held.paid.payment_id)
    if not held.reserved:
        return refuse(409, "checkout_in_progress", "A checkout is under way; try again in a moment.")
    if held.payment_id is not None and held.provider == command.provider:
        return Decision(
            answer=PaymentAsked(held.payment_id, held.reservation_id, held.expires_at),
            hints=signs_of_life(state),
        )
    if held.tried >= MAX_PAYMENTS:
        return refuse(
            409, "too_many_payments", f"A checkout tries {MAX_PAYMENTS} payments.", maximum=MAX_PAYMENTS
        )
    event, answer = ask(state, Wish(command.payment_id, command.provider, command.chain), ctx)
    return Decision((event,), answer, hints=signs_of_life(state))


def ask(state: State, wish: Wish, ctx: Context) -> tuple[PaymentRequested, PaymentAsked]:
    """Return the event that begins a payment of what is frozen, and what to answer."""
    held = held_of(state)
    event = PaymentRequested(
        payment_id=wish.payment_id,
        reservation_id=held.reservation_id,
        provider=wish.provider,
        chain=wish.chain,
        trolley_id=_trolley_of(state, held.session_id),
        at=ctx.now,
    )
    return event, PaymentAsked(wish.payment_id, held.reservation_id, held.expires_at)


def _trolley_of(state: State, session_id: str | None) -> str | None:
    if session_id is None:
        return None
    known = state.session(session_id) or state.over(session_id)
    return None if known is None else known.trolley_id


# --- what becomes of it --------------------------------------------------------------------


def failed(state: State, command: PaymentFailed, ctx: Context) -> Decision:
    """Another may be tried, while the time lasts."""
    held = held_of(state)
    if held.payment_id != command.payment_id:
        return NOTHING
    event = PaymentDeclined(
        payment_id=command.payment_id,
        reservation_id=held.reservation_id,
        reason=command.reason,
        detail=command.detail,
        at=ctx.now,
    )
    return Decision((event,))


def late(state: State, command: PaymentSucceeded, ctx: Context) -> Decision:
    """Nothing is frozen any more: once more, if the cart still holds what was paid for."""
    if command.payment_id in state.paid:
        return NOTHING
    if not _pays_for(state, command):
        return _return(command.payment_id, "The cart does not hold any more what this paid for.", ctx)
    was = command.purchase
    opened = next((each for each in state.sessions if each.branch == was.branch), None)
    event = CheckoutReopened(
        payment_id=command.payment_id,
        # A payment reopens one checkout at most, so its id will do.
        reservation_id=command.payment_id,
        branch=was.branch,
        chain=was.chain,
        session_id=was.session_id if opened is None else opened.session_id,
        trolley_id=was.trolley_id if opened is None else opened.trolley_id,
        expires_at=ctx.now + REOPENED_S,
        restore_s=0.0 if opened is None else opened.restore_s,
        at=ctx.now,
        amounts=was.amounts,
    )
    return Decision((event,))


def succeeded(state: State, command: PaymentSucceeded, ctx: Context) -> Decision:
    """The money is there while something is frozen; it need not be what the payment was begun for."""
    held = held_of(state)
    if command.payment_id in state.paid or (held.paid and held.paid.payment_id == command.payment_id):
        return NOTHING
    usable = held.reserved and held.paid is None and held.branch == command.purchase.branch
    if not usable or _due(state) != command.purchase.total or not _pays_for(state, command):
        return _return(command.payment_id, "What this paid for is paid otherwise, or is not wanted.", ctx)
    trolley_id = _trolley_of(state, held.session_id)
    by = PaidBefore(command.payment_id, command.purchase.chain, trolley_id)
    return Decision((_paid(state, by, ctx),))


def made(state: State, command: ReservationMade, ctx: Context) -> Decision:
    """What was paid late is there after all."""
    held = held_of(state)
    assert held.paid is not None
    return Decision((_paid(state, held.paid, ctx),))


def unreserved(state: State, refused: CheckoutRefused, ctx: Context) -> Decision:
    """What was paid late is gone: thaw, and give the money back."""
    held = held_of(state)
    assert held.paid is not None
    back = _return(held.paid.payment_id, "What this paid for is sold out.", ctx)
    return Decision((refused, *back.events))


# --- parts -----------------------------------------------------------------------------------


def _paid(state: State, by: PaidBefore, ctx: Context) -> CheckoutPaid:
    """An order has the id of the payment that made it."""
    return CheckoutPaid(
        payment_id=by.payment_id,
        order_id=by.payment_id,
        purchase=purchase_of(state, chain=by.chain, trolley_id=by.trolley_id),
        at=ctx.now,
    )


def _return(payment_id: str, reason: str, ctx: Context) -> Decision:
    refund_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"return:{payment_id}"))
    return Decision((PaymentReturned(payment_id, refund_id, reason, ctx.now),))


def _due(state: State) -> Decimal:
    amounts = held_of(state).amounts
    return state.total if amounts is None else amounts.total


def _pays_for(state: State, command: PaymentSucceeded) -> bool:
    """Whether the cart holds just what was paid for, at the same prices.

    A payment from before the last sale is for goods that are sold, even if the same are there again.
    """
    if command.cart_revision <= state.paid_revision or command.purchase.currency != state.currency:
        return False
    return bool(state.lines) and _goods(state.lines.values()) == _goods(command.purchase.lines)


def _goods(lines: Iterable[Line]) -> dict[str, object]:
    return {key_of(line): (line.quantity, line.unit_price, line.line_total) for line in lines}
