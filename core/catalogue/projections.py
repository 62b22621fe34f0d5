"""Read model of vouchers' uses, made from their states."""

from __future__ import annotations

from actors.runtime.journal import Write
from core.journal.tables import Form, Row


class UsesRow(Row):
    """One voucher, as it stands."""

    form = Form(
        "catalogue_voucheruses",
        "upsert",
        ("voucher_id",),
        {"voucher_id": "uuid", "used": "bigint", "held": "bigint", "updated_at": "time"},
    )
    voucher_id: str
    used: int
    held: int
    updated_at: float


def voucher_rows(write: Write) -> list[Row]:
    """Return how often the voucher was used, and is about to be."""
    state = write.state
    return [UsesRow(state.voucher_id, state.used, len(state.held), write.events[-1].at)]
