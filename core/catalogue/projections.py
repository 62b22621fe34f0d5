"""Read model of vouchers' uses, made from their states."""

from __future__ import annotations

from actors.runtime.journal import Write
from core.journal.tables import Posix, Row, Uuid


class UsesRow(Row, table="catalogue_voucheruses", key="voucher_id", mode="upsert"):
    """One voucher, as it stands."""

    voucher_id: Uuid
    used: int
    held: int
    updated_at: Posix


def voucher_rows(write: Write) -> list[Row]:
    """Return how often the voucher was used, and is about to be."""
    state = write.state
    return [
        UsesRow(
            voucher_id=state.voucher_id, used=state.used, held=len(state.held), updated_at=write.events[-1].at
        )
    ]
