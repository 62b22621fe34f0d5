"""What staff does with orders: let the goods out, give money back."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from django.conf import settings
from msgspec import Meta

from actors.kit.money import quantize
from actors.messages.money.order import ExitPassed, GoodsBack, RefundBegun, RefundOrder, VerifyExit
from actors.order import State as OrderState
from actors.payment import State as PaymentState
from core.orders import checks, passes
from core.payments.providers.units import not_payable
from core.tenancy.limits import refund_limit
from realtime.pipeline.asking import Accepted, in_database, new_id
from realtime.pipeline.row import Ask, Call, Command, CommandPlace, Route, in_branch
from realtime.problems import Problem, invalid, not_found
from realtime.views.base import View
from realtime.wire import ONE_LINE, Body, Uuid, read_id, rfc3339

Text = Annotated[str, Meta(min_length=1, max_length=64)]
_MOST = Decimal(10_000_000_000)


class OrderVerifyExit(Body):
    """Let goods out at a branch's exit: ``code`` is scanned from an exit pass, or typed. Once only."""

    branch: Text
    code: Annotated[str, Meta(min_length=1, max_length=300)]


class ReturnedItem(Body):
    """So many units of an order's line came back."""

    item_id: Uuid
    quantity: Annotated[int, Meta(ge=1, le=999)]


class OrderRefund(Body):
    """Give ``amount`` back, by default all that is left. ``restock``: what goes back into the stock.

    More than the chain's limit wants ``confirmed``.
    """

    order_id: Uuid
    reason: Annotated[str, Meta(min_length=1, max_length=200, extra=ONE_LINE)]
    amount: Decimal | None = None
    restock: Annotated[list[ReturnedItem], Meta(max_length=500)] | None = None
    confirmed: bool = False


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
    check: bool
    """Whether somebody is to look into the trolley first."""


class RefundView(View, frozen=True):
    """A refund in progress; GET the order for its outcome. ``left`` can still be given back."""

    order_id: str
    refund_id: str
    status: Literal["pending"]
    amount: Decimal
    left: Decimal
    currency: str


# --- order.verify_exit --------------------------------------------------------------


async def _refer_pass(call: Call) -> str:
    """Return the id of the order whose pass it is."""
    return await find_pass(call.body.code, "code")


async def find_pass(code: str, field: str) -> str:
    """Return the id of the order whose pass stands in that field. Raises the 400 and the 404."""
    try:
        passes.parse(code)
    except passes.PassError as error:
        raise invalid(field, str(error), code="pass_malformed") from error
    found = await in_database(passes.find, code)
    if found is None:
        raise not_found("pass_unknown", "This exit pass was not made by us.")
    return str(found.order_id)


def _verify_exit(call: Call, order_id: str) -> Ask:
    place = call.place
    return Ask(
        "order", order_id, VerifyExit(place.chain, place.thing.code, call.who.id, settings.EXIT_PASS_S)
    )


async def _passed(call: Call, order_id: str, outcome: Accepted[ExitPassed]) -> ExitView:
    passed = outcome.answer
    state: OrderState = outcome.state
    bought = state.purchase
    return ExitView(
        order_id=state.order_id,
        number=state.number or None,
        branch=bought.branch,
        customer=await call.services.names.of(state.user_id),
        trolley_id=bought.trolley_id,
        items=tuple(
            [
                PassedItem(name=line.name, variant_name=line.variant_name, quantity=line.quantity)
                for line in bought.lines
            ]
        ),
        items_count=len(bought.lines),
        total_items=state.units,
        total=bought.total,
        refunded=state.refunded,
        currency=bought.currency,
        placed_at=rfc3339(state.placed_at),
        verified_at=rfc3339(passed.verified_at),
        check=await in_database(
            checks.wanted, state.order_id, state.user_id, bought.chain, call.place.thing.settings.check_rate
        ),
    )


async def _readable(call: Call, problem: Problem) -> Problem:
    """Return the refusal with times, names and amounts as people read them."""
    extra = dict(problem.extra)
    for name in ("left", "refunded"):
        if isinstance(extra.get(name), str):  # what an amount has become on its way between processes
            extra[name] = Decimal(extra[name])
    for name in ("verified_at", "valid_until"):
        if name in extra:
            extra[name] = rfc3339(extra[name])
    if "verified_by" in extra:
        extra["verified_by"] = await call.services.names.of(extra["verified_by"])
    return Problem(problem.status, problem.code, problem.detail, error=problem.error, **extra)


# --- order.refund ---------------------------------------------------------------------


async def _order_place(call: Call) -> CommandPlace:
    state: OrderState = (await call.services.asking.look("order", call.body.order_id, call.who)).state
    if state.phase == "new":
        raise not_found("order_not_found", "There is no such order.")
    bought = state.purchase
    return CommandPlace(chain=bought.chain, branch=bought.branch, missing="order_not_found", thing=state)


async def _refer_refund(call: Call) -> None:
    """Refuse at once what is to be confirmed, and an amount that the provider could not give back."""
    body: OrderRefund = call.body
    if not body.confirmed:
        await _ask_again(call)
    if body.amount is None:
        return
    if not (body.amount.is_finite() and 0 < body.amount < _MOST):
        raise invalid("amount", "Expected an amount above nothing.", code="invalid_amount")
    payment: PaymentState = (await call.services.asking.look("payment", body.order_id, call.who)).state
    if payment.phase != "new":
        currency = payment.purchase.currency
        sentence = not_payable(payment.provider, body.amount, currency)
        if sentence is not None and body.amount == quantize(body.amount, currency):
            raise invalid("amount", sentence, code="invalid_amount")


async def _ask_again(call: Call) -> None:
    """Refuse a refund above the chain's limit, unless it is confirmed."""
    state: OrderState = call.place.thing
    amount = state.left if call.body.amount is None else call.body.amount
    limit = await in_database(refund_limit, call.place.chain)
    if limit is not None and amount.is_finite() and limit < amount <= state.left:
        currency = state.purchase.currency
        sentence = (
            f"More than {quantize(limit, currency)} {currency} are given back only if somebody confirms it."
        )
        raise Problem(
            409,
            "refund_unconfirmed",
            sentence,
            amount=quantize(amount, currency),
            above=quantize(limit, currency),
            currency=currency,
        )


def _refund(call: Call, found: object) -> Ask:
    body: OrderRefund = call.body
    if not body.reason.strip():
        raise invalid("reason", "Say why; the shopper reads it.")
    returned = tuple(
        [GoodsBack(read_id("restock.item_id", each.item_id), each.quantity) for each in body.restock or ()]
    )
    command = RefundOrder(
        refund_id=new_id(),
        amount=body.amount,
        reason=body.reason.strip(),
        user_id=call.who.id,
        returned=returned,
    )
    return Ask("order", body.order_id, command)


def _begun(call: Call, found: object, outcome: Accepted[RefundBegun]) -> RefundView:
    begun = outcome.answer
    return RefundView(
        order_id=call.body.order_id,
        refund_id=begun.refund_id,
        status="pending",
        amount=begun.amount,
        left=begun.left,
        currency=call.place.thing.purchase.currency,
    )


ROWS = (
    Command(
        name="order.verify_exit",
        body=OrderVerifyExit,
        answer=ExitView,
        permission="order.verify",
        where=in_branch,
        refer=_refer_pass,
        command=_verify_exit,
        show=_passed,
        explain=_readable,
        routes=(Route("POST", "/branches/{branch_id}/exit"),),
        refusals=(
            "pass_malformed",
            "pass_unknown",
            "pass_wrong_branch",
            "pass_used",
            "pass_expired",
            "pass_refunded",
            "branch_not_found",
        ),
    ),
    Command(
        name="order.refund",
        body=OrderRefund,
        answer=RefundView,
        permission="order.refund",
        where=_order_place,
        refer=_refer_refund,
        command=_refund,
        show=_begun,
        explain=_readable,
        routes=(Route("POST", "/orders/{order_id}/refund", 202),),
        refusals=(
            "invalid",
            "order_not_found",
            "invalid_amount",
            "refund_unconfirmed",
            "refund_too_high",
            "nothing_to_refund",
            "not_returnable",
        ),
    ),
)
