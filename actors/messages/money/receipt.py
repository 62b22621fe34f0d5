"""Messages of an order to ``receipt/<order id>``, behind which is the mailer."""

from __future__ import annotations

import msgspec


class SendReceipt(msgspec.Struct, frozen=True, tag="SendReceipt"):
    """There is an order to write about."""
