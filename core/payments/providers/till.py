"""The branch's own till: a cashier takes the money, in cash or by the card machine that stands there.

There is nobody outside to ask. A charge waits until a cashier says that it is paid (``till.settle``), which
the payment takes down itself; a refund is made by whoever gives it, out of the same till.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from core.payments import till_codes
from core.payments.providers import (
    BadSignature,
    Charge,
    Created,
    Provider,
    Refunded,
    RefundOrder,
    RefundSaid,
    Said,
    WebhookNotice,
)


class Till:
    """The provider. It keeps no books: the payment is the book."""

    name = "till"

    def create(self, charge: Charge) -> Said:
        """Give the code that the cashier scans."""
        return Created(f"till_{charge.payment_id}", {"code": till_codes.code_of(charge.payment_id)})

    def confirm(self, charge: Charge, words: Mapping[str, Any]) -> Said:
        """Say that it waits for the cashier, whatever the shopper says."""
        return self.create(charge)

    def look_up(self, charge: Charge) -> Said:
        """Say that it waits: of what is paid the payment knows itself."""
        return self.create(charge)

    def refund(self, order: RefundOrder) -> RefundSaid:
        """Count it as paid out: who requested it has the till's drawer at hand."""
        return Refunded(order.refund_id, order.amount, f"tillr_{order.refund_id}")

    def missed(self, since: float) -> Iterable[WebhookNotice]:
        """Return nothing: nobody else tells of it."""
        return ()

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookNotice | None:
        """Refuse: nobody calls for it."""
        raise BadSignature("a till sends no webhooks")


def make() -> Provider | None:
    """Return the till, if the settings have one."""
    return Till() if settings.PAYMENT_TILL else None
