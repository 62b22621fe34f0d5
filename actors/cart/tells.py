"""Recipients of a cart's events: the session's trolley, the branch's stock, and the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.cart.evolve_checkout import PAID
from actors.cart.state import State, held_of, purchase_of
from actors.kit.decider import Tell
from actors.messages.alarms import About, AlarmKind, ClearAlarm, RaiseAlarm
from actors.messages.branch import NoteCart
from actors.messages.budget import BudgetAlerted, BudgetDropped, BudgetSet, SpendingCorrected
from actors.messages.cart import (
    CartCleared,
    ItemAdded,
    ItemRemoved,
    LinesRepriced,
    LinesRestored,
    QuantityChanged,
    SessionAttached,
    SessionDetached,
    SessionEndRequested,
    SessionRefused,
    VouchersChanged,
    sku_of,
)
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
from actors.messages.money.order import PlaceOrder
from actors.messages.money.paying import (
    CheckoutPaid,
    CheckoutReopened,
    PaymentDeclined,
    PaymentRequested,
    PaymentReturned,
)
from actors.messages.money.payment import PaymentKept, StartPayment
from actors.messages.money.refund import RefundPayment
from actors.messages.money.voucher import FreeVoucher, HoldVoucher, UseVoucher
from actors.messages.needs import Need, NeedKind, NeedSettled, NeedsRaised, NeedsWithdrawn
from actors.messages.stock import CommitReservation, Quantity, ReleaseReservation, Reserve
from actors.messages.trolley import ConfirmClaim, DenyClaim, NoteUnpaid, Release, SignOfLife


def signs_of_life(state: State) -> tuple[Tell, ...]:
    """Return the hint that each trolley of the user gets when the shopper does anything."""
    return tuple(
        [Tell("trolley", each.trolley_id, SignOfLife(each.session_id), False) for each in state.sessions]
    )


def tells(state: State, event: Any) -> tuple[Tell, ...]:
    """Return the messages that the event sends: durable ones first, then hints for the map."""
    return _EFFECTS[type(event)](state, event)


def _totals(state: State, event: Any) -> tuple[Tell, ...]:
    total, units = state.total, state.units
    return tuple(
        [
            Tell("branch", each.branch, NoteCart(each.trolley_id, each.session_id, total, units), False)
            for each in state.sessions
        ]
    )


def _confirm(state: State, event: SessionAttached) -> tuple[Tell, ...]:
    command = ConfirmClaim(event.session_id, state.user_id, state.revision)
    confirm = Tell("trolley", event.trolley_id, command)
    return (confirm, *_totals(state, event)) if state.lines else (confirm,)


def _detached(state: State, event: SessionDetached) -> tuple[Tell, ...]:
    unpaid = (_unpaid(state, event.session_id, event.trolley_id, event.items_cleared),)
    return (*unpaid, *_totals(state, event)) if event.items_cleared else _totals(state, event)


def _unpaid(state: State, session_id: str, trolley_id: str, lines: int) -> Tell:
    """The goods of a session that is over lie in its trolley, unless they were put back."""
    return Tell("trolley", trolley_id, NoteUnpaid(session_id, state.user_id, lines))


def _thawed_alone(state: State, lines: int) -> tuple[Tell, ...]:
    """A checkout that was not paid in time outlived its session."""
    if not lines or not state.ended:
        return ()
    over = state.ended[-1]
    return (_unpaid(state, over.session_id, over.trolley_id, lines),)


def _deny(state: State, event: SessionRefused) -> tuple[Tell, ...]:
    command = DenyClaim(event.session_id, event.held_trolley_id, event.held_session_id)
    return (Tell("trolley", event.trolley_id, command),)


def _release(state: State, event: SessionEndRequested) -> tuple[Tell, ...]:
    return (Tell("trolley", event.trolley_id, Release(event.session_id, event.outcome)),)


def _reserve(state: State, event: CheckoutRequested | CheckoutReopened) -> tuple[Tell, ...]:
    asked = [each for each in held_of(state).vouchers if each.max_uses is not None]
    if not asked:
        return _ask_stock(state)
    return tuple(
        Tell(
            "voucher",
            each.rule.rule_id,
            HoldVoucher(event.reservation_id, state.user_id, each.max_uses or 0),
        )
        for each in asked
    )


def _ask_stock(state: State) -> tuple[Tell, ...]:
    held = held_of(state)
    lines = tuple(Quantity(sku_of(line), line.quantity) for line in state.lines.values())
    command = Reserve(held.reservation_id, state.user_id, lines, held.expires_at)
    return (Tell("stock", held.branch, command),)


def _voucher_kept(state: State, event: CheckoutVoucherKept) -> tuple[Tell, ...]:
    """With the last of them it is the stock's turn."""
    held = held_of(state)
    wanted = {each.rule.rule_id for each in held.vouchers if each.max_uses is not None}
    return _ask_stock(state) if wanted == set(held.vouchers_kept) else ()


def _vouchers_freed(state: State, event: VouchersFreed) -> tuple[Tell, ...]:
    free = FreeVoucher(event.reservation_id)
    return tuple(Tell("voucher", each, free) for each in event.voucher_ids)


def _vouchers_used(state: State, event: VouchersUsed) -> tuple[Tell, ...]:
    use = UseVoucher(event.reservation_id)
    return tuple(Tell("voucher", each, use) for each in event.voucher_ids)


def _no_tells(state: State, event: Any) -> tuple[Tell, ...]:
    return ()


def _cancelled(state: State, event: CheckoutCancelled) -> tuple[Tell, ...]:
    unpaid = _thawed_alone(state, event.items_cleared)
    if not event.reserved:
        return unpaid
    command = ReleaseReservation(event.reservation_id, event.reason)
    return (Tell("stock", event.branch, command), *unpaid)


def _expired(state: State, event: CheckoutExpired) -> tuple[Tell, ...]:
    released = Tell("stock", event.branch, ReleaseReservation(event.reservation_id, "expired"))
    return (released, *_thawed_alone(state, event.items_cleared))


def _returned(state: State, event: ReservationReturned) -> tuple[Tell, ...]:
    return (Tell("stock", event.branch, ReleaseReservation(event.reservation_id, "returned")),)


def _completed(state: State, event: CheckoutCompleted) -> tuple[Tell, ...]:
    return (Tell("stock", event.branch, CommitReservation(event.reservation_id)),)


def _start_payment(state: State, event: PaymentRequested) -> tuple[Tell, ...]:
    command = StartPayment(
        user_id=state.user_id,
        purchase=purchase_of(state, chain=event.chain, trolley_id=event.trolley_id),
        provider=event.provider,
        expires_at=held_of(state).expires_at,
        cart_revision=state.revision,
    )
    return (Tell("payment", event.payment_id, command),)


def _paid(state: State, event: CheckoutPaid) -> tuple[Tell, ...]:
    """The stock first, then the order, then the trolleys that it releases."""
    bought = event.purchase
    ended = (each for each in state.sessions if each.end_id == PAID + event.payment_id)
    return (
        Tell("stock", bought.branch, CommitReservation(bought.reservation_id)),
        Tell("order", event.order_id, PlaceOrder(state.user_id, bought)),
        Tell("payment", event.payment_id, PaymentKept(event.order_id)),
        *(Tell("trolley", each.trolley_id, Release(each.session_id, "paid")) for each in ended),
        *_totals(state, event),
    )


def _give_back(state: State, event: PaymentReturned) -> tuple[Tell, ...]:
    return (Tell("payment", event.payment_id, RefundPayment(event.refund_id, None, event.reason)),)


_ALARMS: dict[NeedKind, AlarmKind] = {"age": "age_check", "check": "tag_check", "weigh": "weighing"}


def _ask_staff(state: State, event: NeedsRaised) -> tuple[Tell, ...]:
    return tuple(_ask(state, need, event.at) for need in event.needs if need.branch)


def _ask(state: State, need: Need, at: float) -> Tell:
    opened = state.session(need.session_id)
    about = About(
        _subject(need),
        trolley_id=None if opened is None else opened.trolley_id,
        user_id=state.user_id,
        detail=f"{need.name} ({need.age}+)" if need.age else need.name,
    )
    return Tell("alarms", need.branch, RaiseAlarm(_ALARMS[need.kind], about, at, state.revision))


def _no_more(state: State, event: NeedsWithdrawn) -> tuple[Tell, ...]:
    return tuple(_decided(state, need) for need in event.needs if need.branch)


def _settled(state: State, event: NeedSettled) -> tuple[Tell, ...]:
    told = (_decided(state, event.need),) if event.need.branch else ()
    return told if event.line is None else (*told, *_totals(state, event))


def _decided(state: State, need: Need) -> Tell:
    return Tell("alarms", need.branch, ClearAlarm((_ALARMS[need.kind],), _subject(need), state.revision))


def _subject(need: Need) -> str:
    return f"need/{need.need_id}"


_EFFECTS: dict[type, Callable[[State, Any], tuple[Tell, ...]]] = {
    BudgetSet: _no_tells,
    BudgetDropped: _no_tells,
    BudgetAlerted: _no_tells,
    SpendingCorrected: _no_tells,
    SessionAttached: _confirm,
    SessionRefused: _deny,
    SessionEndRequested: _release,
    SessionDetached: _detached,
    ItemAdded: _totals,
    QuantityChanged: _totals,
    ItemRemoved: _totals,
    CartCleared: _totals,
    LinesRestored: _totals,
    LinesRepriced: _totals,
    VouchersChanged: _totals,
    CheckoutRequested: _reserve,
    CheckoutReserved: _no_tells,
    CheckoutRefused: _no_tells,
    CheckoutCancelled: _cancelled,
    CheckoutExpired: _expired,
    CheckoutCompleted: _completed,
    ReservationReturned: _returned,
    CheckoutVoucherKept: _voucher_kept,
    VouchersFreed: _vouchers_freed,
    VouchersUsed: _vouchers_used,
    PaymentRequested: _start_payment,
    PaymentDeclined: _no_tells,
    CheckoutReopened: _reserve,
    CheckoutPaid: _paid,
    PaymentReturned: _give_back,
    NeedsRaised: _ask_staff,
    NeedsWithdrawn: _no_more,
    NeedSettled: _settled,
}
