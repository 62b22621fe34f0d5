"""The read model of payments, made from the state after their events alone."""

from __future__ import annotations

from decimal import Decimal

from actors.payment import State
from actors.runtime.journal import Write
from core.journal.tables import Form, Row

_WORDS, _REFERENCE, _CODE = 200, 200, 40


class PaymentRow(Row):
    """A payment, as it stands."""

    form = Form(
        "payments_payment",
        "upsert",
        ("payment_id",),
        {
            "payment_id": "uuid",
            "user_id": "uuid",
            "branch_code": "text",
            "chain_slug": "text",
            "provider": "text",
            "status": "text",
            "amount": "numeric",
            "refunded": "numeric",
            "currency": "text",
            "reservation_id": "uuid",
            "session_id": "uuid",
            "order_id": "uuid",
            "reference": "text",
            "capture": "text",
            "reason": "text",
            "detail": "text",
            "unsettled": "boolean",
            "refunds_refused": "bigint",
            "started_at": "time",
            "expires_at": "time",
            "paid_at": "time",
            "updated_at": "time",
        },
    )
    payment_id: str
    user_id: str
    branch_code: str
    chain_slug: str
    provider: str
    status: str
    amount: Decimal
    refunded: Decimal
    currency: str
    reservation_id: str
    session_id: str | None
    order_id: str | None
    reference: str
    capture: str
    reason: str
    detail: str
    unsettled: bool
    refunds_refused: int
    started_at: float
    expires_at: float
    paid_at: float | None
    updated_at: float


def payment_rows(write: Write) -> list[Row]:
    """Return the payment's row."""
    state: State = write.state
    return [
        PaymentRow(
            state.payment_id,
            state.user_id,
            state.branch,
            state.chain,
            state.provider,
            state.status,
            state.amount,
            state.refunded,
            state.currency,
            state.reservation_id,
            state.session_id,
            state.order_id,
            state.reference[:_REFERENCE],
            state.capture[:_REFERENCE],
            state.reason[:_CODE],
            state.detail[:_WORDS],
            state.unsettled,
            sum(each.status == "refused" for each in state.refunds),
            state.started_at,
            state.expires_at,
            state.paid_at,
            state.updated_at,
        )
    ]
