"""The read model of payments, made from the state after their events alone."""

from __future__ import annotations

from decimal import Decimal

from actors.messages.money.payment import TillPaid
from actors.payment import State
from actors.runtime.journal import Write
from core.journal.tables import Posix, Row, Uuid

_WORDS, _REFERENCE, _CODE = 200, 200, 40


class PaymentRow(Row, table="payments_payment", key="payment_id", mode="upsert"):
    """A payment, as it stands."""

    payment_id: Uuid
    user_id: Uuid
    branch_code: str
    chain_slug: str
    provider: str
    status: str
    amount: Decimal
    refunded: Decimal
    currency: str
    reservation_id: Uuid
    session_id: Uuid | None
    order_id: Uuid | None
    reference: str
    capture: str
    reason: str
    detail: str
    unsettled: bool
    refunds_refused: int
    started_at: Posix
    expires_at: Posix
    paid_at: Posix | None
    updated_at: Posix


class TillPaymentRow(Row, table="payments_tillpayment", key="payment_id", mode="upsert"):
    """What a cashier took for a payment."""

    payment_id: Uuid
    method: str
    due: Decimal
    received: Decimal
    taken_by: Uuid
    at: Posix


def payment_rows(write: Write) -> list[Row]:
    """Return the payment's row, and what a cashier took."""
    state: State = write.state
    bought = state.purchase
    at_the_till = [
        TillPaymentRow(
            payment_id=state.payment_id,
            method=event.method,
            due=event.due,
            received=event.received,
            taken_by=event.by,
            at=event.at,
        )
        for event in write.decoded
        if isinstance(event, TillPaid)
    ]
    return [
        *at_the_till,
        PaymentRow(
            payment_id=state.payment_id,
            user_id=state.user_id,
            branch_code=bought.branch,
            chain_slug=bought.chain,
            provider=state.provider,
            status=state.status,
            amount=bought.total,
            refunded=state.refunded,
            currency=bought.currency,
            reservation_id=bought.reservation_id,
            session_id=bought.session_id,
            order_id=state.order_id,
            reference=state.reference[:_REFERENCE],
            capture=state.capture[:_REFERENCE],
            reason=state.reason[:_CODE],
            detail=state.detail[:_WORDS],
            unsettled=state.unsettled,
            refunds_refused=sum(each.status == "refused" for each in state.refunds),
            started_at=state.started_at,
            expires_at=state.expires_at,
            paid_at=state.paid_at,
            updated_at=state.updated_at,
        ),
    ]
