"""The code of a payment at the till: what a cashier scans or types, and its way back to the payment."""

from __future__ import annotations

import uuid

from core.payments.models import Payment
from core.wire import signed_codes

_PURPOSE = "till"


def code_of(payment_id: str) -> str:
    """Return the code, e.g. ``7K2M-Q0XP-9ABD``."""
    return signed_codes.code_of(_PURPOSE, uuid.UUID(payment_id))


def find(text: str) -> str | None:
    """Return the id of the payment at the till that the code belongs to, None if we never made it. Blocking.

    Raises ValueError for a text that is no code.
    """
    code = signed_codes.parse(text)
    if code is None:
        raise ValueError("This is not the code of a payment at the till.")
    rows = Payment.objects.filter(payment_id__range=signed_codes.ids_of(code), provider="till")
    for payment_id in rows.values_list("payment_id", flat=True):
        if signed_codes.belongs(code, _PURPOSE, payment_id):
            return str(payment_id)
    return None
