"""What a checkout makes of a cart's state: it freezes, thaws, or is sold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from actors import money
from actors.messages.checkout import (
    CheckoutCancelled,
    CheckoutCompleted,
    CheckoutExpired,
    CheckoutRefused,
    CheckoutRequested,
    CheckoutReserved,
    ReservationReturned,
)
from actors.tables import Move

if TYPE_CHECKING:
    from actors.cart_state import State

SOLD_KEPT = 8
"""How many reservations that were sold a cart remembers, so that no sweep puts them back."""


class Frozen(msgspec.Struct, frozen=True):
    """A checkout that goes on. The lines stay as they are until it is over."""

    reservation_id: str
    branch: str
    request_id: str
    expires_at: float
    session_id: str | None
    restore_s: float
    reserved: bool = False
    """The stock keeps the goods; False while it has not answered."""


def _requested(state: State, event: CheckoutRequested) -> State:
    frozen = Frozen(
        event.reservation_id,
        event.branch,
        event.request_id,
        event.expires_at,
        event.session_id,
        event.restore_s,
    )
    return replace(state, revision=state.revision + 1, updated_at=event.at, checkout=frozen)


def _reserved(state: State, event: CheckoutReserved) -> State:
    assert state.checkout is not None
    frozen = replace(state.checkout, reserved=True)
    return replace(state, revision=state.revision + 1, updated_at=event.at, checkout=frozen)


def _thawed(state: State, event: CheckoutRefused | CheckoutCancelled | CheckoutExpired) -> State:
    after = replace(state, revision=state.revision + 1, updated_at=event.at, checkout=None)
    if event.items_cleared == 0:
        return after
    return replace(
        after,
        lines={},
        total=money.zero(state.currency),
        units=0,
        saved=tuple(state.lines.values()),
        saved_until=event.saved_until,
        saved_currency=state.currency,
    )


def _completed(state: State, event: CheckoutCompleted) -> State:
    sold = (*state.sold, event.reservation_id)[-SOLD_KEPT:]
    return replace(state, revision=state.revision + 1, updated_at=event.at, checkout=None, sold=sold)


def _returned(state: State, event: ReservationReturned) -> State:
    return replace(state, revision=state.revision + 1, updated_at=event.at)


def moves(phase: str) -> dict[type, Move]:
    """Return the moves of a checkout's events; sessions come and go beside it."""
    to = (phase,)
    appliers: dict[type, Any] = {
        CheckoutRequested: _requested,
        CheckoutReserved: _reserved,
        CheckoutRefused: _thawed,
        CheckoutCancelled: _thawed,
        CheckoutExpired: _thawed,
        CheckoutCompleted: _completed,
        ReservationReturned: _returned,
    }
    return {event: Move(apply, to) for event, apply in appliers.items()}
