"""How events change what a cart knows of its owner's budget."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from actors.cart.state import Bought, Phase, State
from actors.kit.decider import Move
from actors.messages.budget import BudgetAlerted, BudgetDropped, BudgetSet, SpendingCorrected
from actors.messages.money.paying import CheckoutPaid

COUNTED_S = 32 * 86_400.0
"""No period is longer."""
_MOST_COUNTED = 500


def bought(state: State, event: CheckoutPaid) -> tuple[Bought, ...]:
    """Return the purchases that may count after this one, the latest last."""
    was = event.purchase
    this = Bought(event.order_id, event.at, was.total, was.currency)
    young = [each for each in state.bought if each.at > event.at - COUNTED_S]
    return (*young, this)[-_MOST_COUNTED:]


def trip_over(state: State) -> State:
    """Return the state in which a budget for each trip may tell of everything again."""
    if state.budget is None or state.budget.period != "trip":
        return state
    return replace(state, alerted=())


def _set(state: State, event: BudgetSet) -> State:
    return _next(state, event.at, budget=event.budget, alerted=())


def _dropped(state: State, event: BudgetDropped) -> State:
    return _next(state, event.at, budget=None, alerted=())


def _alerted(state: State, event: BudgetAlerted) -> State:
    before = state.alerted if state.alerted_in == event.began else ()
    return _next(state, event.at, alerted=(*before, event.share), alerted_in=event.began)


def _corrected(state: State, event: SpendingCorrected) -> State:
    known = tuple(
        replace(each, refunded=event.refunded) if each.order_id == event.order_id else each
        for each in state.bought
    )
    return _next(state, event.at, bought=known)


def _next(state: State, at: float, **changes: Any) -> State:
    return replace(state, revision=state.revision + 1, updated_at=at, **changes)


def moves(phase: Phase) -> dict[type, Move]:
    """Return the moves of a budget's events, which change no phase."""
    to = (phase,)
    return {
        BudgetSet: Move(_set, to),
        BudgetDropped: Move(_dropped, to),
        BudgetAlerted: Move(_alerted, to),
        SpendingCorrected: Move(_corrected, to),
    }
