"""What a shopper means to spend."""

from __future__ import annotations

from collections.abc import Coroutine
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from msgspec import Meta

from actors.cart import State as CartState
from actors.cart.budget import standing
from actors.kit import money
from actors.messages.budget import ALERTS, Budget, BudgetKept, DropBudget, Period, SetBudget, Standing
from realtime.pipeline.asking import Accepted
from realtime.pipeline.row import Ask, Call, Command, Route, as_found, ask_nothing, own
from realtime.pipeline.services import Services
from realtime.problems import invalid
from realtime.views.base import View
from realtime.views.budget import BudgetStatus, budget_view
from realtime.wire import Body

MOST = Decimal(999_999_999)
_LEAST_SHARE, _MOST_SHARE = Decimal("0.01"), Decimal(2)


class BudgetGet(Body):
    """Read the caller's budget and how they stand to it."""


class BudgetPut(Body):
    """Mean to spend so much in each period, in the currency of the shop.

    ``alerts`` are the shares of the amount that tell, each once a period; by default at 0.8 and 1. Weeks
    begin on Monday, in ``time_zone``; by default in that of the branch.
    """

    amount: Decimal
    period: Literal["trip", "week", "month"] = "trip"
    alerts: Annotated[list[Decimal], Meta(max_length=5)] | None = None
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class BudgetRemove(Body):
    """Mean to spend nothing in particular."""


class BudgetAnswer(View, frozen=True):
    """A budget and how its owner stands to it; without one the amounts are null."""

    amount: Decimal | None
    spent: Decimal | None
    left: Decimal | None
    currency: str
    period: Period
    alerts: tuple[Decimal, ...]
    time_zone: str
    budget_status: BudgetStatus


async def _read(call: Call) -> BudgetAnswer:
    state = (await call.services.asking.look("cart", call.who.id, call.who)).state
    return _shown(call, state.budget, standing(state, call.services.now()))


def _refer(call: Call) -> Budget | Coroutine[Any, Any, Budget]:
    body, places = call.body, call.services.places
    if not (body.amount.is_finite() and 0 < body.amount <= MOST):
        raise invalid("amount", f"Expected an amount above 0, at most {MOST}.", code="invalid_amount")
    _check_shares(body.alerts)
    if body.time_zone is not None and body.time_zone not in available_timezones():
        raise invalid("time_zone", "Expected a zone such as Asia/Kolkata.")
    if places.chain_of(call.who.id) is None:
        return _refer_somewhere(call)
    return _budget(call, places.currency_of(call.who.id))


async def _refer_somewhere(call: Call) -> Budget:
    """Without a branch the budget is in the currency that the cart will have."""
    state: CartState = (await call.services.asking.look("cart", call.who.id, call.who)).state
    return _budget(call, state.currency)


def _budget(call: Call, currency: str) -> Budget:
    body, services = call.body, call.services
    amount = money.quantize(body.amount, currency) if currency else body.amount
    if amount != body.amount:
        digits = money.decimals(currency)
        raise invalid("amount", f"{currency} has {digits} decimals.", code="too_many_digits")
    alerts = ALERTS if body.alerts is None else tuple(sorted(body.alerts))
    return Budget(amount, currency, body.period, alerts, body.time_zone or _zone(services, call.who.id))


def _check_shares(shares: list[Decimal] | None) -> None:
    for share in shares or ():
        if not (share.is_finite() and _LEAST_SHARE <= share <= _MOST_SHARE):
            raise invalid("alerts", f"Expected shares from {_LEAST_SHARE} to {_MOST_SHARE}, such as 0.8.")
    if len(set(shares or ())) != len(shares or ()):
        raise invalid("alerts", "Expected each share once.")


def _zone(services: Services, user_id: str) -> str:
    """Return the zone of the branch the shopper was seen in last, else of the only one there is, else UTC."""
    branches = services.fleet.directory.branches()
    here = services.fleet.directory.branch(services.places.branch_of(user_id))
    if here is None and len({branch.timezone for branch in branches}) == 1:
        here = next(iter(branches))
    return "UTC" if here is None else here.timezone


def _set(call: Call, budget: Budget) -> Ask:
    return Ask("cart", call.who.id, SetBudget(budget))


def _drop(call: Call, found: object) -> Ask:
    return Ask("cart", call.who.id, DropBudget())


def _kept(call: Call, found: object, outcome: Accepted[BudgetKept]) -> BudgetAnswer:
    state: CartState = outcome.state
    return _shown(call, state.budget, outcome.answer.standing)


def _shown(call: Call, budget: Budget | None, now: Standing | None) -> BudgetAnswer:
    status, figures = budget_view(now)
    services, user_id = call.services, call.who.id
    return BudgetAnswer(
        amount=None if figures is None else figures.amount,
        spent=None if figures is None else figures.spent,
        left=None if figures is None else figures.left,
        currency=(now.currency if now else "") or services.places.currency_of(user_id),
        period="trip" if budget is None else budget.period,
        alerts=ALERTS if budget is None else budget.alerts,
        time_zone=_zone(services, user_id) if budget is None else budget.zone,
        budget_status=status,
    )


ROWS = (
    Command(
        name="budget.get",
        body=BudgetGet,
        answer=BudgetAnswer,
        permission="own",
        where=own,
        refer=_read,
        command=ask_nothing,
        show=as_found,
        routes=(Route("GET", "/budget"),),
    ),
    Command(
        name="budget.set",
        body=BudgetPut,
        answer=BudgetAnswer,
        permission="own",
        where=own,
        refer=_refer,
        command=_set,
        show=_kept,
        kept_in_cart=True,
        routes=(Route("PUT", "/budget"),),
        refusals=("invalid", "invalid_amount", "too_many_digits"),
    ),
    Command(
        name="budget.remove",
        body=BudgetRemove,
        answer=BudgetAnswer,
        permission="own",
        where=own,
        command=_drop,
        show=_kept,
        kept_in_cart=True,
        routes=(Route("DELETE", "/budget"),),
    ),
)
