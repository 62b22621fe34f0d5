"""What carts ask of staff, looked up. Blocking."""

from __future__ import annotations

import uuid

from core.shopping.models import Need

_MOST = 200


def find(need_id: str) -> Need | None:
    """Return the request with that id, or None."""
    return Need.objects.filter(pk=uuid.UUID(need_id)).first()


def waiting(branch: str) -> list[Need]:
    """Return the pending requests of that branch, the longest wait first."""
    return list(Need.objects.filter(branch_code=branch, state="waiting").order_by("raised_at")[:_MOST])
