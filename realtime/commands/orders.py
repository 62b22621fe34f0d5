"""Handlers of what staff does with orders: let the goods out, give money back."""

from __future__ import annotations

from collections.abc import Coroutine
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.conf import settings
from msgspec import Meta

from actors.messages.order import ExitPassed, GoodsBack, RefundBegun, RefundOrder, VerifyExit
from actors.order.decider import State as OrderState
from core.accounts.principals import Principal
from core.orders import passes
from realtime.commands.alarms import operated_branch
from realtime.commands.gateway import Answer, Gateway, new_id
from realtime.problems import Problem, forbidden, invalid, not_found
from realtime.views.base import View
from realtime.wire import Body, Id, rfc3339

Place = Annotated[str, Meta(min_length=1, max_length=64)]
_MOST = Decimal(10_000_000_000)


class OrderVerifyExit(Body):
    """Let goods out at a branch's exit: ``code`` is scanned from an exit pass, or typed. Once only."""

    branch: Place
    code: Annotated[str, Meta(min_length=1, max_length=300)]


class ReturnedItem(Body):
    """So many units of an order's line came back."""

    item_id: Place
    quantity: Annotated[int, Meta(ge=1, le=999)]


class OrderRefund(Body):
    """Give ``amount`` back, by default all that is left. ``restock``: what goes back into the stock."""

    order_id: Id
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    amount: Decimal | None = None
    restock: Annotated[list[ReturnedItem], Meta(max_length=500)] | None = None


class PassedItem(View, frozen=True):
    """What is in the trolley."""

    name: str
    variant_name: str | None
    quantity: int


class ExitView(View, frozen=True):
    """Who may leave with what."""

    order_id: str
    number: int | None
    branch: str
    customer: str
    trolley_id: str | None
    items: tuple[PassedItem, ...]
    items_count: int
    total_items: int
    total: Decimal
    refunded: Decimal
    currency: str
    placed_at: str
    verified_at: str


class RefundView(View, frozen=True):
    """A refund on its way; GET the order to hear what became of it. ``left`` can still be given back."""

    order_id: str
    refund_id: str
    status: Literal["pending"]
    amount: Decimal
    left: Decimal
    currency: str


def verify_exit(
    gateway: Gateway, who: Principal, body: OrderVerifyExit, key: str
) -> Coroutine[Any, Any, Answer]:
    """Begin ``order.verify_exit``."""
    branch = operated_branch(gateway, who, body.branch, "order.verify")
    try:
        passes.parse(body.code)
    except passes.PassError as error:
        raise invalid("code", str(error), code="pass_malformed") from error
    return _verify_exit(gateway, who, branch, body.code, key)


async def _verify_exit(gateway: Gateway, who: Principal, branch: str, code: str, key: str) -> Answer:
    found = await gateway.blocking(passes.find, code)
    if found is None:
        raise not_found("pass_unknown", "This exit pass was not made by us.")
    command = VerifyExit(gateway.branch(branch).chain, branch, who.id, settings.EXIT_PASS_S)
    try:
        outcome = await gateway.outcome(gateway.ask("order", str(found.order_id), command, who, key))
    except Problem as problem:
        raise await _readable(gateway, problem) from problem
    passed: ExitPassed = outcome.answer
    return Answer(await _passed(gateway, outcome.state, passed.verified_at), outcome=outcome)


async def _passed(gateway: Gateway, state: OrderState, verified_at: float) -> ExitView:
    return ExitView(
        order_id=state.order_id,
        number=state.number or None,
        branch=state.branch,
        customer=await gateway.name_of(state.user_id),
        trolley_id=state.trolley_id,
        items=tuple(
            [
                PassedItem(name=line.name, variant_name=line.variant_name, quantity=line.quantity)
                for line in state.lines
            ]
        ),
        items_count=len(state.lines),
        total_items=state.units,
        total=state.total,
        refunded=state.refunded,
        currency=state.currency,
        placed_at=rfc3339(state.placed_at),
        verified_at=rfc3339(verified_at),
    )


async def _readable(gateway: Gateway, problem: Problem) -> Problem:
    """Return the refusal with times, names and amounts as people read them."""
    extra = dict(problem.extra)
    for name in ("left", "refunded"):
        if isinstance(extra.get(name), str):  # what an amount has become on its way between processes
            extra[name] = Decimal(extra[name])
    for name in ("verified_at", "valid_until"):
        if name in extra:
            extra[name] = rfc3339(extra[name])
    if "verified_by" in extra:
        extra["verified_by"] = await gateway.name_of(extra["verified_by"])
    return Problem(problem.status, problem.code, problem.detail, error=problem.error, **extra)


def refund(gateway: Gateway, who: Principal, body: OrderRefund, key: str) -> Coroutine[Any, Any, Answer]:
    """Begin ``order.refund``."""
    if not who.grants and not who.is_platform_admin:
        raise forbidden()
    if body.amount is not None and not 0 < body.amount < _MOST:
        raise invalid("amount", "Expected an amount above nothing.", code="invalid_amount")
    if not body.reason.strip():
        raise invalid("reason", "Say why; the shopper reads it.")
    return _refund(gateway, who, body, key)


async def _refund(gateway: Gateway, who: Principal, body: OrderRefund, key: str) -> Answer:
    state: OrderState = (await gateway.look("order", body.order_id, who)).state
    if state.phase == "new":
        raise not_found("order_not_found", "There is no such order.")
    gateway.require(who, "order.refund", state.chain, state.branch, "order_not_found")
    returned = tuple([GoodsBack(each.item_id, each.quantity) for each in body.restock or ()])
    command = RefundOrder(new_id(), body.amount, body.reason.strip(), who.id, returned)
    try:
        outcome = await gateway.outcome(gateway.ask("order", body.order_id, command, who, key))
    except Problem as problem:
        raise await _readable(gateway, problem) from problem
    begun: RefundBegun = outcome.answer
    view = RefundView(
        order_id=body.order_id,
        refund_id=begun.refund_id,
        status="pending",
        amount=begun.amount,
        left=begun.left,
        currency=state.currency,
    )
    return Answer(view, outcome=outcome)
