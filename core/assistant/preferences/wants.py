"""What each shopper wants, in memory, so that a scan is held against it without the database."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta

import msgspec
from django.db.models import QuerySet

from core.assistant.models import Preferences

_OVERLAP = timedelta(minutes=5)
"""Rows that changed this long before the last one read are read again: commits overtake each other."""


class Wants(msgspec.Struct, frozen=True, gc=False):
    """What one shopper wants."""

    diet: frozenset[str] = frozenset()
    """Dietary tags that whatever is suggested must have."""
    allergens: frozenset[str] = frozenset()
    """What the shopper is warned of."""
    care: str = "normal"
    """How much the footprint of goods weighs: low, normal or high."""


NOTHING_SAID = Wants()


class WantsOfPeople:
    """User id -> preferences. Holds only users who have set some."""

    def __init__(self) -> None:
        self._known: dict[str, Wants] = {}
        self._latest: datetime | None = None

    def of(self, user_id: str) -> Wants:
        """Return what the person wants."""
        return self._known.get(user_id, NOTHING_SAID)

    def allergens_of(self, user_id: str) -> frozenset[str]:
        """Return what the person is warned of."""
        return self._known.get(user_id, NOTHING_SAID).allergens

    def reload(self) -> None:
        """Read what has changed since the last time. Blocking."""
        rows = Preferences.objects.order_by()
        changed = rows if self._latest is None else rows.filter(changed_at__gte=self._latest - _OVERLAP)
        self._read(self._known, changed)
        if len(self._known) != rows.count():
            # Somebody is gone for good, with all that was known of them.
            self._known = self._read({}, rows)

    def _read(self, known: dict[str, Wants], rows: QuerySet[Preferences]) -> dict[str, Wants]:
        fields = ("user_id", "diet", "allergens", "sustainability", "changed_at")
        for user_id, diet, allergens, care, changed_at in rows.values_list(*fields).iterator(chunk_size=5000):
            known[str(user_id)] = _wants(tuple(diet), tuple(allergens), care)
            if self._latest is None or changed_at > self._latest:
                self._latest = changed_at
        return known


@functools.lru_cache(50_000)
def _wants(diet: tuple[str, ...], allergens: tuple[str, ...], care: str) -> Wants:
    """Return one record for all who want the same."""
    return Wants(frozenset(diet), frozenset(allergens), care)
