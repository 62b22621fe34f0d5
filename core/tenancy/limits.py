"""What a chain lets its staff do without a second question."""

from __future__ import annotations

from decimal import Decimal

from core.tenancy.models import Chain


def refund_limit(chain: str) -> Decimal | None:
    """Return the amount above which a refund needs confirmation; None: never. Blocking."""
    return Chain.objects.filter(slug=chain).values_list("refund_limit", flat=True).first()
