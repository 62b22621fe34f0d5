"""The base of everything shown, the small things beside a cart's lines, and a branch's counters."""

from __future__ import annotations

import msgspec

from actors.cart.decider import State as CartState
from actors.messages.branch import Counters
from realtime.wire import rfc3339


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
    """A checkout: ``status`` is PENDING until the stock has answered, then ACTIVE; ``payment_id`` goes on."""

    reservation_id: str
    branch: str
    status: str
    expires_at: str
    payment_id: str | None


def saved_view(state: CartState) -> SavedView | None:
    """Return the lines that can be restored; the client compares ``until`` with its clock."""
    if not state.saved or state.saved_until is None:
        return None
    return SavedView(items_count=len(state.saved), until=rfc3339(state.saved_until))


def codes(state: CartState) -> tuple[str, ...]:
    """Return the codes of the vouchers that the cart holds."""
    return tuple([each.code for each in state.vouchers])


def frozen_view(state: CartState) -> FrozenView | None:
    """Return the checkout that goes on, or None."""
    held = state.checkout
    if held is None:
        return None
    status = "ACTIVE" if held.reserved else "PENDING"
    return FrozenView(
        reservation_id=held.reservation_id,
        branch=held.branch,
        status=status,
        expires_at=rfc3339(held.expires_at),
        payment_id=held.payment_id if held.paid is None else held.paid.payment_id,
    )


class CountersView(View, frozen=True):
    """Of a branch's active trolleys."""

    total: int
    available: int
    held: int
    maintenance: int
    faults: int


def counters_view(counters: Counters) -> CountersView:
    """Return a branch's counters."""
    return CountersView(
        total=counters.total,
        available=counters.available,
        held=counters.held,
        maintenance=counters.maintenance,
        faults=counters.faults,
    )
