"""The till: a cashier scans the code of a shopper's payment, and takes the money."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

from actors.cart import State as CartState
from actors.kit.money import cash
from actors.messages.money.payment import SettleAtTill, TillSettled
from actors.payment import State as PaymentState
from core.payments import till_codes
from realtime.pipeline.asking import Accepted, in_database
from realtime.pipeline.row import Ask, Call, Command, Route, as_found, ask_nothing, in_branch
from realtime.problems import Problem, invalid, not_found
from realtime.views.base import View
from realtime.wire import Body, rfc3339

Id = Annotated[str, Meta(min_length=1, max_length=64)]
_MOST = Decimal(10_000_000_000)


class TillLook(Body):
    """What the shopper with this code is to pay at the branch's till."""

    branch: Id
    code: Id


class TillSettle(Body):
    """Take the money of the shopper with this code. ``received``: cash, by default just what is due."""

    branch: Id
    code: Id
    method: Literal["cash", "card"]
    received: Decimal | None = None


class TillView(View, frozen=True):
    """What is to be paid; ``due_in_cash`` is what coins can make up."""

    payment_id: str
    customer: str
    trolley_id: str | None
    total_items: int
    amount: Decimal
    due_in_cash: Decimal
    currency: str
    expires_at: str


class TillTakenView(View, frozen=True):
    """It is paid, and an order made of it. ``change`` goes back to the shopper."""

    payment_id: str
    order_id: str
    method: str
    amount: Decimal
    due: Decimal
    """In cash as coins can make it up; ``rounding`` is the difference."""
    rounding: Decimal
    received: Decimal
    change: Decimal
    currency: str


async def _payment(call: Call) -> PaymentState:
    """Return the payment that the code belongs to. Raises the 400 and the 404."""
    try:
        payment_id = await in_database(till_codes.find, call.body.code)
    except ValueError as error:
        raise invalid("code", str(error), code="till_code_malformed") from error
    found: PaymentState | None = None
    if payment_id is not None:
        found = (await call.services.asking.look("payment", payment_id, call.who)).state
    if found is None or found.purchase.branch != call.place.thing.code:
        raise not_found("till_code_unknown", "This is not the code of a payment at this till.")
    return found


async def _look(call: Call) -> TillView:
    payment = await _payment(call)
    bought = payment.purchase
    return TillView(
        payment_id=payment.payment_id,
        customer=await call.services.names.of(payment.user_id),
        trolley_id=bought.trolley_id,
        total_items=sum(line.quantity for line in bought.lines),
        amount=bought.total,
        due_in_cash=cash(bought.total, bought.currency),
        currency=bought.currency,
        expires_at=rfc3339(payment.expires_at),
    )


async def _refer(call: Call) -> PaymentState:
    """Return the payment, if the shopper still waits for it. Raises the 409 if they turned back."""
    received: Decimal | None = call.body.received
    if received is not None and not (received.is_finite() and 0 <= received < _MOST):
        raise invalid("received", "Expected an amount of money.", code="invalid_amount")
    payment = await _payment(call)
    cart: CartState = (await call.services.asking.look("cart", payment.user_id, call.who)).state
    held = cart.checkout
    waits = held is not None and held.reserved and held.payment_id == payment.payment_id
    if payment.phase == "open" and not waits:
        raise Problem(409, "till_code_over", "This code is over; the shopper asks for a new one.")
    return payment


def _settle(call: Call, payment: PaymentState) -> Ask:
    body: TillSettle = call.body
    command = SettleAtTill(
        branch=call.place.thing.code, by=call.who.id, method=body.method, received=body.received
    )
    return Ask("payment", payment.payment_id, command)


def _settled(call: Call, payment: PaymentState, outcome: Accepted[TillSettled]) -> TillTakenView:
    done, bought = outcome.answer, payment.purchase
    return TillTakenView(
        payment_id=payment.payment_id,
        order_id=payment.payment_id,
        method=call.body.method,
        amount=bought.total,
        due=done.due,
        rounding=done.due - bought.total,
        received=done.received,
        change=done.change,
        currency=bought.currency,
    )


_CODE = ("till_code_malformed", "till_code_unknown", "branch_not_found")

ROWS = (
    Command(
        name="till.look",
        body=TillLook,
        answer=TillView,
        permission="till.settle",
        where=in_branch,
        refer=_look,
        command=ask_nothing,
        show=as_found,
        routes=(Route("GET", "/branches/{branch_id}/till/{code}"),),
        refusals=_CODE,
        socket=False,
    ),
    Command(
        name="till.settle",
        body=TillSettle,
        answer=TillTakenView,
        permission="till.settle",
        where=in_branch,
        refer=_refer,
        command=_settle,
        show=_settled,
        routes=(Route("POST", "/branches/{branch_id}/till"),),
        refusals=(
            *_CODE,
            "till_code_over",
            "already_paid",
            "payment_opening",
            "received_too_little",
            "invalid_amount",
        ),
    ),
)
