"""How the events of a checkout change the cart: it freezes, thaws, or is sold."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from actors.cart.evolve_budget import bought, trip_over
from actors.cart.state import Frozen, PaidBefore, Phase, State, held_of, limited, phase_of
from actors.kit import money
from actors.kit.decider import Move
from actors.messages.money.checkout import (
    CheckoutCancelled,
    CheckoutCompleted,
    CheckoutExpired,
    CheckoutRefused,
    CheckoutRequested,
    CheckoutReserved,
    CheckoutVoucherKept,
    ReservationReturned,
    VouchersFreed,
    VouchersUsed,
)
from actors.messages.money.paying import (
    CheckoutPaid,
    CheckoutReopened,
    PaymentDeclined,
    PaymentRequested,
    PaymentReturned,
)

SOLD_KEPT = 8
"""How many reservations that were sold a cart remembers, so that no sweep puts them back."""
PAID = "paid:"
"""What the end of a session that was paid is called, before the payment's id."""


def _requested(state: State, event: CheckoutRequested) -> State:
    frozen = Frozen(
        event.reservation_id,
        event.branch,
        event.request_id,
        event.expires_at,
        event.session_id,
        event.restore_s,
        wish=event.wish,
        vouchers=limited(state),
        amounts=event.amounts,
    )
    return replace(state, revision=state.revision + 1, updated_at=event.at, checkout=frozen)


def _voucher_kept(state: State, event: CheckoutVoucherKept) -> State:
    held = held_of(state)
    frozen = replace(held, vouchers_kept=(*held.vouchers_kept, event.voucher_id))
    return replace(state, revision=state.revision + 1, updated_at=event.at, checkout=frozen)


def _vouchers_used(state: State, event: VouchersUsed) -> State:
    uses = dict(state.voucher_uses)
    for voucher_id in event.counted:
        uses[voucher_id] = uses.get(voucher_id, 0) + 1
    return replace(state, revision=state.revision + 1, updated_at=event.at, voucher_uses=uses)


def _reserved(state: State, event: CheckoutReserved) -> State:
    assert state.checkout is not None
    frozen = replace(state.checkout, reserved=True)
    return replace(state, revision=state.revision + 1, updated_at=event.at, checkout=frozen)


def _thawed(state: State, event: CheckoutRefused | CheckoutCancelled | CheckoutExpired) -> State:
    after = replace(state, revision=state.revision + 1, updated_at=event.at, checkout=None)
    if event.items_cleared == 0:
        return after
    return replace(
        after,
        lines={},
        total=money.zero(state.currency),
        units=0,
        saved=tuple(state.lines.values()),
        saved_until=event.saved_until,
        saved_currency=state.currency,
    )


def _completed(state: State, event: CheckoutCompleted) -> State:
    sold = (*state.sold, event.reservation_id)[-SOLD_KEPT:]
    return replace(state, revision=state.revision + 1, updated_at=event.at, checkout=None, sold=sold)


def _returned(state: State, event: ReservationReturned | PaymentReturned | VouchersFreed) -> State:
    return replace(state, revision=state.revision + 1, updated_at=event.at)


def _requested_payment(state: State, event: PaymentRequested) -> State:
    assert state.checkout is not None
    frozen = replace(
        state.checkout,
        payment_id=event.payment_id,
        provider=event.provider,
        tried=state.checkout.tried + 1,
    )
    return replace(state, revision=state.revision + 1, updated_at=event.at, checkout=frozen)


def _declined(state: State, event: PaymentDeclined) -> State:
    assert state.checkout is not None
    frozen = replace(state.checkout, payment_id=None, provider="")
    return replace(state, revision=state.revision + 1, updated_at=event.at, checkout=frozen)


def _reopened(state: State, event: CheckoutReopened) -> State:
    frozen = Frozen(
        event.reservation_id,
        event.branch,
        "",
        event.expires_at,
        event.session_id,
        event.restore_s,
        vouchers=limited(state),
        paid=PaidBefore(event.payment_id, event.chain, event.trolley_id),
        amounts=event.amounts,
    )
    return replace(state, revision=state.revision + 1, updated_at=event.at, checkout=frozen)


def _paid(state: State, event: CheckoutPaid) -> State:
    """The lines are sold, and every trolley of that branch is on its way to be released."""
    sessions = tuple(
        replace(each, end_id=PAID + event.payment_id)
        if each.branch == event.purchase.branch and each.end_id is None
        else each
        for each in state.sessions
    )
    return replace(
        trip_over(state),
        phase=phase_of(sessions),
        revision=state.revision + 1,
        updated_at=event.at,
        checkout=None,
        bought=bought(state, event),
        lines={},
        total=money.zero(state.currency),
        units=0,
        removed=0,
        vouchers=(),
        needs=(),
        sessions=sessions,
        sold=(*state.sold, event.purchase.reservation_id)[-SOLD_KEPT:],
        paid=(*state.paid, event.payment_id)[-SOLD_KEPT:],
        paid_revision=state.revision + 1,
    )


def moves(phase: Phase) -> dict[type, Move]:
    """Return the moves of a checkout's events; sessions come and go beside it."""
    to: tuple[str, ...] = (phase,)
    appliers: dict[type, Any] = {
        CheckoutRequested: _requested,
        CheckoutReserved: _reserved,
        CheckoutRefused: _thawed,
        CheckoutCancelled: _thawed,
        CheckoutExpired: _thawed,
        CheckoutCompleted: _completed,
        ReservationReturned: _returned,
        CheckoutVoucherKept: _voucher_kept,
        VouchersFreed: _returned,
        VouchersUsed: _vouchers_used,
        PaymentRequested: _requested_payment,
        PaymentDeclined: _declined,
        CheckoutReopened: _reopened,
        PaymentReturned: _returned,
    }
    paid = Move(_paid, ("ending", "shopping") if phase == "shopping" else to)
    return {CheckoutPaid: paid, **{event: Move(apply, to) for event, apply in appliers.items()}}
