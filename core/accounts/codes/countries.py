"""The country of a phone number given without one: that of the branch whose trolley the caller stands before.

Accounts know no trolleys: who does registers a lookup.
"""

from __future__ import annotations

from collections.abc import Callable

Lookup = Callable[[str], str]

_lookups: list[Lookup] = []


def register(lookup: Lookup) -> None:
    """Have the country (ISO 3166, or empty) of a trolley's code looked up so."""
    _lookups.append(lookup)


def country_of(trolley_id: str | None) -> str | None:
    """Return the trolley's country; None: the server's own. Blocking."""
    if trolley_id is None:
        return None
    return next((found for lookup in _lookups if (found := lookup(trolley_id))), None)
