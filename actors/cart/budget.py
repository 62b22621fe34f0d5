"""Decisions about the budget of a cart's owner, and when it alerts them.

What counts is what was paid in the period and not given back, and what the cart holds. So a checkout
changes nothing while it goes on, expires or is called off, nor does the payment: the lines leave the cart and
the purchase takes their place. A voucher counts by the prices that it makes.
"""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from typing import Any

from msgspec.structs import replace

from actors.cart.evolve import evolve
from actors.cart.state import State
from actors.cart.tells import signs_of_life
from actors.kit import calendar, money
from actors.kit.decider import NOTHING, Context, Decision, Handler
from actors.messages.budget import (
    BudgetAlerted,
    BudgetDropped,
    BudgetKept,
    BudgetSet,
    DropBudget,
    NoteRefunds,
    SetBudget,
    SpendingCorrected,
    Standing,
)


def standing(state: State, now: float) -> Standing | None:
    """Return how the cart's owner stands to the budget; None without one. Amounts in another currency
    than the budget's do not count."""
    budget = state.budget
    if budget is None:
        return None
    currency = budget.currency or state.currency
    spent = money.zero(currency)
    if state.lines and state.currency == currency:
        spent += state.total
    if budget.period != "trip":
        since = _began(state, now)
        for each in state.bought:
            if each.at >= since and each.currency == currency:
                spent += each.total - each.refunded
    near = budget.alerts[0] if budget.alerts else Decimal(1)
    return Standing(budget.amount, spent, currency, budget.period, near)


def _began(state: State, now: float) -> float:
    budget = state.budget
    if budget is None or budget.period == "trip":
        return 0.0
    return calendar.began(budget.period, budget.zone, now)


def keep(state: State, command: SetBudget, ctx: Context) -> Decision:
    """Take the budget down; the same again changes nothing."""
    if command.budget == state.budget:
        return _unchanged(state, ctx)
    event = BudgetSet(command.budget, ctx.now)
    after = evolve(state, event)
    return Decision(
        (event,), BudgetKept(standing(after, ctx.now), after.revision), hints=signs_of_life(state)
    )


def drop(state: State, command: DropBudget, ctx: Context) -> Decision:
    """Forget the budget."""
    if state.budget is None:
        return _unchanged(state, ctx)
    event = BudgetDropped(ctx.now)
    return Decision((event,), BudgetKept(None, state.revision + 1), hints=signs_of_life(state))


def _unchanged(state: State, ctx: Context) -> Decision:
    kept = BudgetKept(standing(state, ctx.now), state.revision)
    return Decision(answer=kept, hints=signs_of_life(state))


def note_refunds(state: State, command: NoteRefunds, ctx: Context) -> Decision:
    """Count less of a purchase, or more again if the bank sent a refund back."""
    for each in state.bought:
        if each.order_id == command.order_id and each.refunded != command.refunded:
            return Decision((SpendingCorrected(command.order_id, command.refunded, ctx.now),))
    return NOTHING


def watched(handler: Handler) -> Handler:
    """Return the handler that answers with the budget's standing too, and alerts at the shares it reaches."""

    def handle(state: State, command: Any, ctx: Context) -> Decision:
        decision = handler(state, command, ctx)
        if state.budget is None and type(command) is not SetBudget:
            return decision
        return with_standing(state, decision, ctx)

    return handle


def with_standing(state: State, decision: Decision, ctx: Context) -> Decision:
    """Return the decision with the standing in its answer, and an alert of each share now reached."""
    if decision.refusal is not None or decision.answer is None:
        return decision
    after = reduce(evolve, decision.events, state)
    now = standing(after, ctx.now)
    budget = after.budget
    if now is None or budget is None:
        return decision
    answer = replace(decision.answer, standing=now)
    began = _began(after, ctx.now)
    told = after.alerted if after.alerted_in == began else ()
    reached = [share for share in budget.alerts if share not in told and now.spent >= budget.amount * share]
    if not decision.events or not reached:
        return replace(decision, answer=answer)
    alerts = tuple(BudgetAlerted(share, began, now, ctx.now) for share in reached)
    answer = replace(answer, revision=answer.revision + len(alerts))
    return replace(decision, events=(*decision.events, *alerts), answer=answer)
