"""A budget as its owner sees it."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from actors.messages.budget import Period, Standing
from realtime.views.base import View

BudgetStatus = Literal["none", "ok", "near", "over"]


class BudgetView(View, frozen=True):
    """How the shopper stands to their budget; ``left`` is below nothing when it was too much."""

    amount: Decimal
    spent: Decimal
    """Paid in this period and not given back, and what the cart holds."""
    left: Decimal
    currency: str
    period: Period


NO_BUDGET: tuple[BudgetStatus, BudgetView | None] = ("none", None)


def budget_view(standing: Standing | None) -> tuple[BudgetStatus, BudgetView | None]:
    """Return the budget's status and figures."""
    if standing is None:
        return NO_BUDGET
    view = BudgetView(
        amount=standing.amount,
        spent=standing.spent,
        left=standing.left,
        currency=standing.currency,
        period=standing.period,
    )
    return standing.status, view
