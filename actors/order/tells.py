"""The recipients of an order's events: order numbers, the payment, the stock, the receipt's mailer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.kit.decider import Tell
from actors.messages.budget import NoteRefunds
from actors.messages.cart import sku_of
from actors.messages.money.order import (
    OrderNumbered,
    OrderPlaced,
    OrderRefunded,
    RefundRequested,
    RefundReversed,
)
from actors.messages.money.order_numbers import TakeNumber
from actors.messages.money.receipt import SendReceipt
from actors.messages.money.refund import RefundPayment
from actors.messages.stock import AdjustStock
from actors.order.state import State


def tells(state: State, event: Any) -> tuple[Tell, ...]:
    """Return the messages that the event sends."""
    effect = _EFFECTS.get(type(event))
    return () if effect is None else effect(state, event)


def _number(state: State, event: OrderPlaced) -> tuple[Tell, ...]:
    return (Tell("till", event.purchase.branch, TakeNumber(state.order_id)),)


def _receipt(state: State, event: OrderNumbered) -> tuple[Tell, ...]:
    """A hint only: what is due stands in the read model too, where the next round finds it."""
    return (Tell("receipt", state.order_id, SendReceipt(), durable=False),)


def _refund(state: State, event: RefundRequested) -> tuple[Tell, ...]:
    command = RefundPayment(event.refund_id, event.amount, event.reason, state.order_id)
    lines = {line.line_id: line for line in state.purchase.lines}
    back = (
        AdjustStock(
            sku=sku_of(lines[each.line_id]), reason=f"refund of order {state.number}", delta=each.units
        )
        for each in event.returned
    )
    return (
        Tell("payment", state.order_id, command),
        *(Tell("stock", state.purchase.branch, each) for each in back),
    )


def _refunds(state: State, event: OrderRefunded | RefundReversed) -> tuple[Tell, ...]:
    """Their buyer's budget counts what was not given back."""
    return (Tell("cart", state.user_id, NoteRefunds(state.order_id, state.refunded)),)


_EFFECTS: dict[type, Callable[[State, Any], tuple[Tell, ...]]] = {
    OrderPlaced: _number,
    OrderNumbered: _receipt,
    RefundRequested: _refund,
    OrderRefunded: _refunds,
    RefundReversed: _refunds,
}
