"""Paying: ask for a payment, confirm it, see how it stands."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from django.conf import settings
from msgspec import Meta

from actors.messages.money.paying import PaymentAsked, RequestPayment
from actors.messages.money.payment import ConfirmPayment, FindPayment, PaymentStands
from actors.payment import State as PaymentState
from actors.payment import Status
from core.payments import ledger
from core.payments.providers import registry
from realtime.commands.checkouts import CHECKOUT, PAYING, as_restricted_today, paying
from realtime.pipeline.asking import Accepted, in_database
from realtime.pipeline.row import Ask, Call, Command, CommandPlace, Route, ask_nothing, own
from realtime.problems import invalid, not_found
from realtime.views.base import View
from realtime.wire import Body, Uuid, rfc3339

Address = Annotated[str, Meta(max_length=1000)] | dict[str, Any]
_MOST_BYTES = 4096
"""Of an address, as JSON."""


class PaymentCreate(Body):
    """Pay for the cart; without a checkout it begins one. ``payment_method``: a provider's name."""

    payment_method: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None
    branch: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class PaymentConfirm(Body):
    """Say that the shopper has done their part. ``card``, ``approve``: of the sandbox's test cards."""

    payment_id: Uuid
    card: Annotated[str, Meta(min_length=1, max_length=32)] | None = None
    approve: bool | None = None


class PaymentGet(Body):
    """How a payment stands."""

    payment_id: Uuid


class PaymentView(View, frozen=True):
    """A payment. ``client`` is what the provider's page needs, ``expires_at`` the end of the reservation.

    ``order_id`` is null until an order is made of it; ``detail`` says why it was declined.
    """

    payment_id: str
    status: Status
    provider: str
    amount: Decimal
    refunded: Decimal
    currency: str
    reservation_id: str
    expires_at: str
    client: dict[str, Any]
    order_id: str | None
    reason: str | None
    detail: str | None


# --- payment.create -----------------------------------------------------------------


async def _refer_create(call: Call) -> RequestPayment:
    body: PaymentCreate = call.body
    for field in ("shipping_address", "billing_address"):
        if len(msgspec.json.encode(getattr(body, field))) > _MOST_BYTES:
            raise invalid(field, f"Expected at most {_MOST_BYTES} bytes.")
    provider = await _provider(body)
    services = call.services
    state = await as_restricted_today(call, body.branch)
    return paying(services, state, body.branch, provider, settings.CHECKOUT_HOLD_S, body.currency)


async def _provider(body: PaymentCreate) -> str:
    names: tuple[str, ...] = await in_database(registry.names)
    wanted = body.payment_method or next(iter(names), "")
    if wanted not in names:
        known = ", ".join(names) or "none"
        raise invalid("payment_method", f"Expected one of: {known}.", code="unknown_payment_method")
    return wanted


def _create(call: Call, command: RequestPayment) -> Ask:
    return Ask("cart", call.who.id, command)


async def _created(call: Call, command: RequestPayment, outcome: Accepted[PaymentAsked]) -> PaymentView:
    body, who, asking = call.body, call.who, call.services.asking
    asked = outcome.answer
    if body.shipping_address is not None or body.billing_address is not None:
        addresses = (body.shipping_address, body.billing_address)
        await in_database(ledger.keep_addresses, asked.payment_id, who.id, *addresses)
    found = await asking.outcome(asking.ask("payment", asked.payment_id, FindPayment(), who))
    return await _view(found.state)


# --- payment.confirm, payment.get ------------------------------------------------------


async def _place(call: Call) -> CommandPlace:
    """Return where a payment was made, and that it is its shopper's."""
    state: PaymentState = (await call.services.asking.look("payment", call.body.payment_id, call.who)).state
    if state.phase == "new":
        raise not_found("payment_not_found", "There is no such payment.")
    return CommandPlace(
        chain=state.purchase.chain,
        branch=state.purchase.branch,
        owner=state.user_id,
        missing="payment_not_found",
        hidden=True,
        thing=state,
    )


def _confirm(call: Call, found: object) -> Ask:
    body: PaymentConfirm = call.body
    payment: PaymentState = call.place.thing
    if payment.provider != "sandbox" and (body.card is not None or body.approve is not None):
        raise invalid("card", "Only the sandbox is given a card.", code="not_the_sandbox")
    return Ask("payment", body.payment_id, ConfirmPayment(body.card, body.approve))


async def _confirmed(call: Call, found: object, outcome: Accepted[PaymentStands]) -> PaymentView:
    return await _view(outcome.state)


async def _show(call: Call, found: object, outcome: None) -> PaymentView:
    return await _view(call.place.thing)


# --- views ------------------------------------------------------------------------------


async def _view(state: PaymentState) -> PaymentView:
    """Return a payment as its shopper sees it."""
    waits, bought = state.phase == "open", state.purchase
    return PaymentView(
        payment_id=state.payment_id,
        status=state.status,
        provider=state.provider,
        amount=bought.total,
        refunded=state.refunded,
        currency=bought.currency,
        reservation_id=bought.reservation_id,
        expires_at=rfc3339(state.expires_at),
        client=await in_database(ledger.client_of, state.payment_id) if waits else {},
        order_id=state.order_id,
        reason=state.reason or None,
        detail=state.detail or None,
    )


ROWS = (
    Command(
        name="payment.create",
        body=PaymentCreate,
        answer=PaymentView,
        permission="own",
        where=own,
        refer=_refer_create,
        command=_create,
        show=_created,
        kept_in_cart=True,
        routes=(Route("POST", "/payments/create-from-cart", 201),),
        refusals=("invalid", *CHECKOUT, *PAYING),
    ),
    Command(
        name="payment.confirm",
        body=PaymentConfirm,
        answer=PaymentView,
        permission="own",
        where=_place,
        command=_confirm,
        show=_confirmed,
        routes=(Route("POST", "/payments/{payment_id}/confirm"),),
        refusals=(
            "payment_not_found",
            "not_understood",
            "not_the_sandbox",
            "payment_opening",
            "payment_busy",
        ),
    ),
    Command(
        name="payment.get",
        body=PaymentGet,
        answer=PaymentView,
        permission="branch.watch",
        where=_place,
        for_owner=True,
        command=ask_nothing,
        show=_show,
        routes=(Route("GET", "/payments/{payment_id}"),),
        refusals=("payment_not_found",),
        socket=False,
    ),
)
