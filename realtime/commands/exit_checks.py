"""The check at the exit: what is in the trolley is scanned, and compared with what was paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from actors.exit_check import State as CheckState
from actors.messages.cart import sku_of
from actors.messages.money.exit_check import (
    BeginCheck,
    CheckStands,
    Difference,
    Expected,
    FinishCheck,
    Found,
    ScanInCheck,
    SettleCheck,
)
from actors.order import State as OrderState
from actors.pricing import price
from core.catalogue.barcodes import LONGEST, BarcodeError
from realtime.commands.adding import BARCODE, PRODUCT
from realtime.commands.orders import find_pass
from realtime.pipeline.asking import Accepted
from realtime.pipeline.row import Ask, Call, Command, Route, in_branch
from realtime.problems import Problem, invalid, not_found
from realtime.views.base import View
from realtime.wire import Body, Uuid, maybe_time, rfc3339

Id = Annotated[str, Meta(min_length=1, max_length=64)]


_begin_body: Any = msgspec.defstruct(
    "CheckBegin",
    [("branch", Id), ("pass", Annotated[str, Meta(min_length=1, max_length=300)])],
    bases=(Body,),
    module=__name__,
    namespace={"__doc__": "Begin to look into a trolley whose exit pass was scanned, once an order."},
    kw_only=True,
    forbid_unknown_fields=True,
)
CheckBegin: type[Body] = _begin_body
"""A class statement has no field called ``pass``."""


class CheckScan(Body):
    """One thing out of the trolley, by its barcode."""

    branch: Id
    check_id: Uuid
    barcode: Annotated[str, Meta(min_length=1, max_length=LONGEST)]
    quantity: Annotated[int, Meta(ge=1, le=999)] | None = None


class CheckFinish(Body):
    """All that is in the trolley is scanned: compare."""

    branch: Id
    check_id: Uuid


class CheckSettle(Body):
    """The shopper pays what was not paid, in cash or by card."""

    branch: Id
    check_id: Uuid
    method: Literal["cash", "card"]


class ExpectedView(View, frozen=True):
    """A line of the order."""

    item_id: str
    name: str
    quantity: int
    unit_price: Decimal


class FoundView(View, frozen=True):
    """What was scanned so far."""

    name: str
    quantity: int
    unit_price: Decimal


class DifferenceView(View, frozen=True):
    """So many units, and what they are worth; ``item_id`` is null where the order has no such line."""

    item_id: str | None
    name: str
    quantity: int
    amount: Decimal


class CheckView(View, frozen=True):
    """A check. ``outcome`` is null until it is finished; ``amount_due`` is still to be paid by the shopper,

    ``refund_due`` to be given back: it was paid and is not there.
    """

    id: str
    order_id: str
    branch: str
    customer: str
    items: tuple[ExpectedView, ...]
    found: tuple[FoundView, ...]
    outcome: str | None
    missing: tuple[DifferenceView, ...]
    unpaid: tuple[DifferenceView, ...]
    amount_due: Decimal
    refund_due: Decimal
    currency: str
    begun_at: str
    finished_at: str | None
    settled_at: str | None


# --- check.begin ------------------------------------------------------------------------


async def _refer_pass(call: Call) -> OrderState:
    """Return the order whose pass it is. Raises the 400, the 404 and the 409."""
    order_id = await find_pass(getattr(call.body, "pass"), "pass")
    order: OrderState = (await call.services.asking.look("order", order_id, call.who)).state
    bought, place = order.purchase, call.place
    if order.phase == "new" or bought.chain != place.chain:
        raise not_found("pass_unknown", "This is not the exit pass of an order here.")
    if bought.branch != place.thing.code:
        raise Problem(409, "pass_wrong_branch", "This was bought in another branch.", branch=bought.branch)
    return order


def _begin(call: Call, order: OrderState) -> Ask:
    bought = order.purchase
    expected = [
        Expected(line.line_id, sku_of(line), line.name, units, line.unit_price)
        for line in bought.lines
        if (units := line.quantity - order.came_back(line.line_id)) > 0
    ]
    command = BeginCheck(
        buyer_id=order.user_id,
        chain=bought.chain,
        branch=bought.branch,
        currency=bought.currency,
        expected=tuple(expected),
        by=call.who.id,
    )
    return Ask("check", order.order_id, command)


# --- check.scan ---------------------------------------------------------------------------


async def _here(call: Call) -> None:
    """Refuse a check of another branch, as if it were not there. Raises the 404."""
    state: CheckState = (await call.services.asking.look("check", call.body.check_id, call.who)).state
    if state.branch != call.place.thing.code:
        raise not_found("check_not_found", "There is no such check here.")


async def _refer_scan(call: Call) -> Found:
    """Return what was scanned, at today's price. Raises the 400 and the 404."""
    await _here(call)
    body: CheckScan = call.body
    place = call.place
    catalogue = call.services.goods.catalogue(place.chain)
    try:
        product, label, which = catalogue.scan(body.barcode)
    except BarcodeError as error:
        raise invalid("barcode", error.detail, code=error.code) from error
    if product is None:
        raise not_found("product_not_found", "There is no such product here.")
    variant_id = None if which is None else which.variant_id
    try:
        offer = catalogue.offer(product, variant_id, place.thing.code, label=label)
    except KeyError:
        raise not_found("variant_not_found", "There is no such variant of the product.") from None
    units = (body.quantity or 1) * (1 if which is None else which.units)
    unit_price = price(offer, 1, call.services.now())[0]
    sku = product.product_id if variant_id is None else f"{product.product_id}/{variant_id}"
    return Found(sku, offer.name, units, unit_price)


def _scan(call: Call, found: Found) -> Ask:
    return Ask("check", call.body.check_id, ScanInCheck(found))


def _finish(call: Call, found: object) -> Ask:
    return Ask("check", call.body.check_id, FinishCheck())


def _settle(call: Call, found: object) -> Ask:
    return Ask("check", call.body.check_id, SettleCheck(call.who.id, call.body.method))


# --- the view -------------------------------------------------------------------------------


async def _shown(call: Call, found: object, outcome: Accepted[CheckStands]) -> CheckView:
    state: CheckState = outcome.state
    return CheckView(
        id=state.check_id,
        order_id=state.check_id,
        branch=state.branch,
        customer=await call.services.names.of(state.buyer_id),
        items=tuple(
            [
                ExpectedView(
                    item_id=each.item_id, name=each.name, quantity=each.units, unit_price=each.unit_price
                )
                for each in state.expected
            ]
        ),
        found=tuple(
            [
                FoundView(name=each.name, quantity=each.units, unit_price=each.unit_price)
                for each in state.found.values()
            ]
        ),
        outcome=state.outcome,
        missing=_differences(state.missing),
        unpaid=_differences(state.unpaid),
        amount_due=state.amount_due,
        refund_due=state.refund_due,
        currency=state.currency,
        begun_at=rfc3339(state.begun_at),
        finished_at=maybe_time(state.finished_at),
        settled_at=maybe_time(state.settled_at),
    )


def _differences(differences: tuple[Difference, ...]) -> tuple[DifferenceView, ...]:
    return tuple(
        [
            DifferenceView(
                item_id=each.item_id or None, name=each.name, quantity=each.units, amount=each.amount
            )
            for each in differences
        ]
    )


_PATH = "/branches/{branch_id}/checks"
_CHECK = ("check_not_found", "branch_not_found")


def _row(name: str, body: type[Body], command: Any, path: str, *refusals: str, **more: Any) -> Command:
    return Command(
        name=name,
        body=body,
        answer=CheckView,
        permission="order.verify",
        where=in_branch,
        command=command,
        show=_shown,
        routes=(Route("POST", f"{_PATH}{path}", 201 if name == "check.begin" else 200),),
        refusals=(*_CHECK, *refusals),
        **more,
    )


ROWS = (
    _row(
        "check.begin",
        CheckBegin,
        _begin,
        "",
        "pass_malformed",
        "pass_unknown",
        "pass_wrong_branch",
        "check_over",
        refer=_refer_pass,
    ),
    _row(
        "check.scan",
        CheckScan,
        _scan,
        "/{check_id}/scan",
        *PRODUCT,
        *BARCODE,
        "check_over",
        "invalid_quantity",
        refer=_refer_scan,
    ),
    _row("check.finish", CheckFinish, _finish, "/{check_id}/finish", refer=_here),
    _row(
        "check.settle",
        CheckSettle,
        _settle,
        "/{check_id}/settle",
        "check_goes_on",
        "nothing_to_pay",
        refer=_here,
    ),
)
