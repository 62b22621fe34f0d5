"""What an order says to ``receipt/<order id>``, behind which stands whoever writes e-mail."""

from __future__ import annotations

import msgspec


class SendReceipt(msgspec.Struct, frozen=True, tag="SendReceipt"):
    """There is an order to write about."""
