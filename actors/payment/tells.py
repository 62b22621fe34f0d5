"""Recipients of a payment's events: its provider, the cart, an order that refunds.

What is asked of a provider is a hint: it leaves after the commit, once. The payment itself asks again until
it has heard, also after a restart; see ``deadline`` and ``awake``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.kit.decider import Tell
from actors.messages.alarms import About, AlarmKind, ClearAlarm, RaiseAlarm
from actors.messages.money.order import NoteDispute, RefundFailed, RefundMade
from actors.messages.money.paying import PaymentFailed, PaymentSucceeded
from actors.messages.money.payment import (
    Charge,
    ChargeDeclined,
    ChargeDisputed,
    ChargeKept,
    ChargeOpened,
    ChargeStarted,
    ChargeTaken,
    GiveBack,
    LookUp,
    RefundFound,
    RefundSettled,
    RefundStarted,
    TillPaid,
    ToCharge,
    ToProvider,
)
from actors.payment.state import Refund, State


def tells(state: State, event: Any) -> tuple[Tell, ...]:
    """Return the messages that the event sends."""
    return _EFFECTS[type(event)](state, event)


def to_provider(state: State, call: ToProvider) -> Tell:
    """Return the hint with the request to the payment's provider."""
    return Tell("provider", state.provider, call, durable=False)


def to_charge(state: State) -> ToCharge:
    """Return how the provider knows which payment is meant."""
    return ToCharge(state.payment_id, state.purchase.total, state.purchase.currency, state.reference)


def to_give_back(state: State, refund: Refund) -> Tell:
    """Return the hint that has the provider make a refund, or say how it stands."""
    call = GiveBack(
        charge=to_charge(state),
        refund_id=refund.refund_id,
        capture=refund.capture,
        amount=refund.amount,
        reason=refund.reason,
    )
    return to_provider(state, call)


def to_look_up(state: State) -> Tell:
    """Return the hint that requests the payment's status."""
    return to_provider(state, LookUp(to_charge(state)))


def to_open(state: State) -> Tell:
    """Return the hint that makes the payment known."""
    return to_provider(state, Charge(to_charge(state)))


def _started(state: State, event: ChargeStarted) -> tuple[Tell, ...]:
    """Nothing is to be paid for what costs nothing."""
    return (to_open(state),) if event.purchase.total else ()


def _taken(state: State, event: ChargeTaken) -> tuple[Tell, ...]:
    command = PaymentSucceeded(state.payment_id, state.purchase, state.cart_revision)
    return (Tell("cart", state.user_id, command),)


def _declined(state: State, event: ChargeDeclined) -> tuple[Tell, ...]:
    return (Tell("cart", state.user_id, PaymentFailed(state.payment_id, event.reason, event.detail)),)


def _no_tells(state: State, event: Any) -> tuple[Tell, ...]:
    return ()


def _refund_started(state: State, event: RefundStarted) -> tuple[Tell, ...]:
    refund = state.refund(event.refund_id)
    assert refund is not None
    return (to_give_back(state, refund),) if refund.amount else ()


def _refund_settled(state: State, event: RefundSettled) -> tuple[Tell, ...]:
    """Staff hear of one that was refused, but not of one that could not even begin."""
    refund = state.refund(event.refund_id)
    if event.made:
        told = _to_order(event.order_id, RefundMade(event.refund_id, event.amount))
        gone = refund is not None and refund.failed_once
        return (*told, _clear(state, "refund_failed", event.refund_id)) if gone else told
    told = _to_order(event.order_id, RefundFailed(event.refund_id, event.detail))
    if refund is None:
        return told
    return (*told, _raise(state, "refund_failed", event.refund_id, event.detail, event.at))


def _refund_found(state: State, event: RefundFound) -> tuple[Tell, ...]:
    return _to_order(event.order_id, RefundMade(event.refund_id, event.amount))


def _disputed(state: State, event: ChargeDisputed) -> tuple[Tell, ...]:
    """Raise the alarm that the bank waits for an answer; clear it once the bank has decided."""
    told, dispute = _to_order(event.order_id, NoteDispute(event.dispute)), event.dispute
    if dispute.status in ("won", "lost"):
        return (*told, _clear(state, "payment_disputed", dispute.dispute_id))
    return (*told, _raise(state, "payment_disputed", dispute.dispute_id, dispute.reason, event.at))


def _to_order(order_id: str | None, command: RefundMade | RefundFailed | NoteDispute) -> tuple[Tell, ...]:
    return () if order_id is None else (Tell("order", order_id, command),)


def _subject(state: State, what: str) -> str:
    return f"payment/{state.payment_id}/{what}"


def _raise(state: State, kind: AlarmKind, what: str, detail: str, at: float) -> Tell:
    about = About(_subject(state, what), user_id=state.user_id, detail=detail)
    return Tell("alarms", state.purchase.branch, RaiseAlarm(kind, about, at, state.seq))


def _clear(state: State, kind: AlarmKind, what: str) -> Tell:
    return Tell("alarms", state.purchase.branch, ClearAlarm((kind,), _subject(state, what), state.seq))


_EFFECTS: dict[type, Callable[[State, Any], tuple[Tell, ...]]] = {
    ChargeStarted: _started,
    ChargeOpened: _no_tells,
    ChargeTaken: _taken,
    TillPaid: _no_tells,
    ChargeDeclined: _declined,
    ChargeKept: _no_tells,
    RefundStarted: _refund_started,
    RefundSettled: _refund_settled,
    RefundFound: _refund_found,
    ChargeDisputed: _disputed,
}
