"""Read models of orders, made from their events and the state after them alone."""

from __future__ import annotations

from decimal import Decimal

from actors.messages.cart import Line
from actors.messages.order import OrderPlaced, OrderRefunded, RefundRefused, RefundRequested
from actors.order import State
from actors.runtime.journal import Write
from core.journal.codec import encode
from core.journal.tables import Form, Row

_WORDS, _REFUND_ID = 200, 64


class OrderRow(Row):
    """An order, as it stands."""

    form = Form(
        "orders_order",
        "upsert",
        ("order_id",),
        {
            "order_id": "uuid",
            "number": "bigint",
            "branch_code": "text",
            "chain_slug": "text",
            "user_id": "uuid",
            "reservation_id": "uuid",
            "session_id": "uuid",
            "trolley_id": "text",
            "status": "text",
            "currency": "text",
            "items_count": "bigint",
            "units": "bigint",
            "total": "numeric",
            "refunded": "numeric",
            "placed_at": "time",
            "verified_at": "time",
            "verified_by": "uuid",
        },
    )
    order_id: str
    number: int | None
    branch_code: str
    chain_slug: str
    user_id: str
    reservation_id: str
    session_id: str | None
    trolley_id: str | None
    status: str
    currency: str
    items_count: int
    units: int
    total: Decimal
    refunded: Decimal
    placed_at: float
    verified_at: float | None
    verified_by: str | None


class ItemRow(Row):
    """A line of an order."""

    form = Form(
        "orders_orderitem",
        "upsert",
        ("id",),
        {
            "id": "text",
            "order_id": "uuid",
            "place": "bigint",
            "line_id": "text",
            "product_id": "uuid",
            "variant_id": "uuid",
            "barcode": "text",
            "name": "text",
            "variant_name": "text",
            "weight_g": "bigint",
            "quantity": "bigint",
            "unit_price": "numeric",
            "line_total": "numeric",
            "price_trace": "text",
            "returned": "bigint",
        },
    )
    id: str
    order_id: str
    place: int
    line_id: str
    product_id: str
    variant_id: str | None
    barcode: str
    name: str
    variant_name: str | None
    weight_g: int | None
    quantity: int
    unit_price: Decimal
    line_total: Decimal
    price_trace: str
    returned: int


class RefundRow(Row):
    """Money that goes back, or went, or did not."""

    form = Form(
        "orders_refund",
        "upsert",
        ("id",),
        {
            "id": "text",
            "order_id": "uuid",
            "place": "bigint",
            "amount": "numeric",
            "reason": "text",
            "user_id": "uuid",
            "status": "text",
            "detail": "text",
            "at": "time",
            "settled_at": "time",
        },
    )
    id: str
    order_id: str
    place: int
    amount: Decimal
    reason: str
    user_id: str | None
    status: str
    detail: str
    at: float
    settled_at: float | None


_ABOUT_REFUNDS = (RefundRequested, OrderRefunded, RefundRefused)


def order_rows(write: Write) -> list[Row]:
    """Return the order, and the lines and refunds that changed."""
    state: State = write.state
    rows: list[Row] = [_order(state)]
    lines: set[str] = set()
    refunds: set[str] = set()
    for event in write.decoded:
        if isinstance(event, OrderPlaced):
            lines.update(line.line_id for line in event.lines)
        elif isinstance(event, _ABOUT_REFUNDS):
            refunds.add(event.refund_id)
            if isinstance(event, RefundRequested):
                lines.update(each.line_id for each in event.returned)
    rows += [_item(state, place, line) for place, line in enumerate(state.lines) if line.line_id in lines]
    rows += [
        _refund(state, place, refund_id)
        for place, refund_id in enumerate(state.refunds)
        if refund_id in refunds
    ]
    return rows


def _order(state: State) -> OrderRow:
    return OrderRow(
        state.order_id,
        state.number or None,
        state.branch,
        state.chain,
        state.user_id,
        state.reservation_id,
        state.session_id,
        state.trolley_id,
        state.phase,
        state.currency,
        len(state.lines),
        state.units,
        state.total,
        state.refunded,
        state.placed_at,
        state.verified_at,
        state.verified_by or None,
    )


def _item(state: State, place: int, line: Line) -> ItemRow:
    return ItemRow(
        f"{state.order_id}:{place}",
        state.order_id,
        place,
        line.line_id,
        line.product_id,
        line.variant_id,
        line.barcode,
        line.name,
        line.variant_name,
        line.weight_g,
        line.quantity,
        line.unit_price,
        line.line_total,
        encode(line.price_trace).decode(),
        state.came_back(line.line_id),
    )


def _refund(state: State, place: int, refund_id: str) -> RefundRow:
    refund = state.refunds[refund_id]
    return RefundRow(
        f"{state.order_id}:{refund_id[:_REFUND_ID]}",
        state.order_id,
        place,
        refund.amount,
        refund.reason[:_WORDS],
        refund.user_id or None,
        refund.status,
        refund.detail[:_WORDS],
        refund.at,
        refund.settled_at,
    )
