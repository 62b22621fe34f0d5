"""The base of everything shown, and the small things that a cart shows beside its lines."""

from __future__ import annotations

import msgspec


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything shown."""


class SavedView(View, frozen=True):
    """Lines of an abandoned cart that can still be restored."""

    items_count: int
    until: str


class HeldView(View, frozen=True):
    """A session of the shopper, and its trolley."""

    session_id: str
    trolley_id: str


class FrozenView(View, frozen=True):
    """A checkout: ``status`` is PENDING until the stock has answered, then ACTIVE."""

    reservation_id: str
    branch: str
    status: str
    expires_at: str
