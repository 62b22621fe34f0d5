"""Looking up sessions and rentals in the read model, for those who act on other people's."""

from __future__ import annotations

import uuid

from core.fleet.models import Rental, Session, Trolley
from core.tenancy.models import Branch


def find(session_id: str) -> tuple[str, str, str] | None:
    """Return user id, branch code and chain slug of a session, or None. Blocking."""
    try:
        key = uuid.UUID(session_id)
    except ValueError:
        return None
    row = Session.objects.filter(pk=key).values_list("user_id", "branch_code").first()
    if row is None:
        return None
    user_id, code = row
    chain = Branch.objects.filter(code=code).values_list("chain__slug", flat=True).first()
    return None if chain is None else (str(user_id), code, chain)


def find_rental(rental_id: str, branch: str) -> str | None:
    """Return the code of the trolley of a rental in that branch, or None. Blocking."""
    rows = Rental.objects.filter(pk=uuid.UUID(rental_id), branch_code=branch)
    return rows.values_list("trolley_code", flat=True).first()


def holders() -> list[str]:
    """Return the ids of the users who hold a trolley. Blocking."""
    found = Trolley.objects.exclude(assigned_to_id=None).values_list("assigned_to_id", flat=True)
    return [str(user_id) for user_id in found]
