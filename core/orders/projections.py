"""Read models of orders, made from their events and the state after them alone."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from actors.exit_check import State as CheckState
from actors.messages.cart import Line, key_of
from actors.messages.money.amounts import Tax
from actors.messages.money.exit_check import GoodsScanned
from actors.messages.money.order import (
    GoodsBack,
    OrderPlaced,
    OrderRefunded,
    RefundRefused,
    RefundRequested,
    RefundReversed,
)
from actors.order import State
from actors.pricing import Return, given_back
from actors.runtime.journal import Write
from core.journal.codec import encode
from core.journal.tables import Posix, Row, Uuid
from core.orders import amounts

_WORDS, _CODE, _REFUND_ID = 200, 60, 64


class OrderRow(Row, table="orders_order", key="order_id", mode="upsert"):
    """An order, as it stands."""

    order_id: Uuid
    number: int | None
    branch_code: str
    chain_slug: str
    user_id: Uuid
    reservation_id: Uuid
    session_id: Uuid | None
    trolley_id: str | None
    status: str
    currency: str
    items_count: int
    units: int
    total: Decimal
    amounts: str
    removed_lines: int
    refunded: Decimal
    placed_at: Posix
    verified_at: Posix | None
    verified_by: Uuid | None
    dispute_status: str
    dispute_reason: str
    dispute_amount: Decimal | None
    dispute_due_by: Posix | None


class OrderItemRow(Row, table="orders_orderitem", key="id", mode="upsert"):
    """A line of an order."""

    id: str
    order_id: Uuid
    place: int
    line_id: str
    product_id: Uuid
    variant_id: Uuid | None
    barcode: str
    name: str
    variant_name: str | None
    weight_g: int | None
    quantity: int
    unit_price: Decimal
    line_total: Decimal
    paid: Decimal | None
    price_trace: str
    returned: int
    lots: str


class RefundRow(Row, table="orders_refund", key="id", mode="upsert"):
    """Money that goes back, or went, or did not."""

    id: str
    order_id: Uuid
    place: int
    amount: Decimal
    reason: str
    user_id: Uuid | None
    status: str
    detail: str
    taxes: str
    at: Posix
    settled_at: Posix | None


class ExitCheckRow(Row, table="orders_exitcheck", key="order_id", mode="upsert"):
    """What came of a check at the exit."""

    order_id: Uuid
    branch_code: str
    chain_slug: str
    user_id: Uuid
    checked_by: Uuid
    begun_at: Posix
    finished_at: Posix | None
    outcome: str
    missing_units: int
    unpaid_units: int
    unpaid_amount: Decimal
    currency: str
    settled_method: str
    settled_at: Posix | None


def check_rows(write: Write) -> list[Row]:
    """Return the check's row; what is scanned in it is kept in its own state."""
    state: CheckState = write.state
    if all(isinstance(event, GoodsScanned) for event in write.decoded):
        return []
    row = ExitCheckRow(
        order_id=state.check_id,
        branch_code=state.branch,
        chain_slug=state.chain,
        user_id=state.buyer_id,
        checked_by=state.by,
        begun_at=state.begun_at,
        finished_at=state.finished_at,
        outcome=state.outcome or "",
        missing_units=sum(each.units for each in state.missing),
        unpaid_units=sum(each.units for each in state.unpaid),
        unpaid_amount=sum((each.amount for each in state.unpaid), Decimal(0)),
        currency=state.currency,
        settled_method=state.method or "",
        settled_at=state.settled_at,
    )
    return [row]


_ABOUT_REFUNDS = (RefundRequested, OrderRefunded, RefundRefused, RefundReversed)


def order_rows(write: Write) -> list[Row]:
    """Return the order, the lines that changed, and all refunds if one did: they share what is kept."""
    state: State = write.state
    bought = state.purchase
    rows: list[Row] = [_order(state)]
    lines: set[str] = set()
    refunds = False
    for event in write.decoded:
        if isinstance(event, OrderPlaced):
            lines.update(line.line_id for line in event.purchase.lines)
        elif isinstance(event, _ABOUT_REFUNDS):
            refunds = True
            if isinstance(event, RefundRequested):
                lines.update(each.line_id for each in event.returned)
    shares = {} if bought.amounts is None else {each.key: each for each in bought.amounts.shares}
    paid = {key: each.paid + each.deposit for key, each in shares.items()}
    rows += [
        _item(state, place, line, paid) for place, line in enumerate(bought.lines) if line.line_id in lines
    ]
    return [*rows, *_refunds(state)] if refunds else rows


def _order(state: State) -> OrderRow:
    bought, dispute = state.purchase, state.dispute
    return OrderRow(
        order_id=state.order_id,
        number=state.number or None,
        branch_code=bought.branch,
        chain_slug=bought.chain,
        user_id=state.user_id,
        reservation_id=bought.reservation_id,
        session_id=bought.session_id,
        trolley_id=bought.trolley_id,
        status=state.phase,
        currency=bought.currency,
        items_count=len(bought.lines),
        units=state.units,
        total=bought.total,
        amounts=amounts.of_purchase(bought),
        removed_lines=bought.removed,
        refunded=state.refunded,
        placed_at=state.placed_at,
        verified_at=state.verified_at,
        verified_by=state.verified_by or None,
        dispute_status="" if dispute is None else dispute.status,
        dispute_reason="" if dispute is None else dispute.reason[:_CODE],
        dispute_amount=None if dispute is None else dispute.amount,
        dispute_due_by=None if dispute is None else dispute.due_by,
    )


def _item(state: State, place: int, line: Line, paid: dict[str, Decimal]) -> OrderItemRow:
    return OrderItemRow(
        id=f"{state.order_id}:{place}",
        order_id=state.order_id,
        place=place,
        line_id=line.line_id,
        product_id=line.product_id,
        variant_id=line.variant_id,
        barcode=line.barcode,
        name=line.name,
        variant_name=line.variant_name,
        weight_g=line.weight_g,
        quantity=line.quantity,
        unit_price=line.unit_price,
        line_total=line.line_total,
        paid=paid.get(key_of(line)),
        price_trace=encode(line.price_trace).decode(),
        returned=state.came_back(line.line_id),
        lots="\n".join(line.lots),
    )


def _refunds(state: State) -> list[RefundRow]:
    """Return the refunds; what was refused gives no tax back."""
    counted = {key: each for key, each in state.refunds.items() if each.status != "failed"}
    returns = [Return(each.amount, _units(each.returned)) for each in counted.values()]
    back = dict(zip(counted, given_back(state.purchase, returns), strict=True))
    return [
        _refund(state, place, refund_id, back[refund_id].taxes if refund_id in back else ())
        for place, refund_id in enumerate(state.refunds)
    ]


def _units(returned: tuple[GoodsBack, ...]) -> Counter[str]:
    units: Counter[str] = Counter()
    for each in returned:
        units[each.line_id] += each.units
    return units


def _refund(state: State, place: int, refund_id: str, taxes: tuple[Tax, ...]) -> RefundRow:
    refund = state.refunds[refund_id]
    return RefundRow(
        id=f"{state.order_id}:{refund_id[:_REFUND_ID]}",
        order_id=state.order_id,
        place=place,
        amount=refund.amount,
        reason=refund.reason[:_WORDS],
        user_id=refund.user_id or None,
        status=refund.status,
        detail=refund.detail[:_WORDS],
        taxes=amounts.of_taxes(taxes),
        at=refund.at,
        settled_at=refund.settled_at,
    )
