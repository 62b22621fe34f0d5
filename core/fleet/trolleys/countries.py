"""Of which country a trolley is, for the phone numbers of who stands before it."""

from __future__ import annotations

from core.fleet.models import Trolley


def country_of(trolley_id: str) -> str:
    """Return the country of the trolley's chain (ISO 3166), empty if there is no such trolley. Blocking."""
    rows = Trolley.objects.filter(trolley_id=trolley_id).values_list("branch__chain__country", flat=True)
    return rows.first() or ""
