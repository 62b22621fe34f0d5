"""Handlers of paying: ask for a payment, confirm it, see how it stands."""

from __future__ import annotations

from collections.abc import Coroutine
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from actors.cart.decider import State as CartState
from actors.messages.paying import PaymentAsked, RequestPayment
from actors.messages.payment import ConfirmPayment, FindPayment
from actors.payment.decider import State as PaymentState
from actors.payment.decider import Status
from core.accounts.principals import Principal, may
from core.payments import ledger
from core.payments.providers import registry
from realtime.commands.checkouts import beginning
from realtime.commands.gateway import Answer, Gateway, new_id
from realtime.problems import invalid, not_found
from realtime.views.base import View
from realtime.wire import Body, Id, rfc3339

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

    payment_id: Id
    card: Annotated[str, Meta(min_length=1, max_length=32)] | None = None
    approve: bool | None = None


class PaymentGet(Body):
    """How a payment stands."""

    payment_id: Id


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


def create(gateway: Gateway, who: Principal, body: PaymentCreate, key: str) -> Coroutine[Any, Any, Answer]:
    """Begin ``payment.create``."""
    for field in ("shipping_address", "billing_address"):
        if len(msgspec.json.encode(getattr(body, field))) > _MOST_BYTES:
            raise invalid(field, f"Expected at most {_MOST_BYTES} bytes.")
    return _create(gateway, who, body, key)


async def _create(gateway: Gateway, who: Principal, body: PaymentCreate, key: str) -> Answer:
    provider = await _provider(gateway, body)
    asked = await _ask(gateway, who, body, provider, key)
    if body.shipping_address is not None or body.billing_address is not None:
        addresses = (body.shipping_address, body.billing_address)
        await gateway.blocking(ledger.keep_addresses, asked.payment_id, who.id, *addresses)
    outcome = await gateway.outcome(gateway.ask("payment", asked.payment_id, FindPayment(), who))
    return Answer(await view(gateway, outcome.state), outcome=outcome)


async def _provider(gateway: Gateway, body: PaymentCreate) -> str:
    names: tuple[str, ...] = await gateway.blocking(registry.names)
    wanted = body.payment_method or next(iter(names), "")
    if wanted not in names:
        known = ", ".join(names) or "none"
        raise invalid("payment_method", f"Expected one of: {known}.", code="unknown_payment_method")
    return wanted


async def _ask(
    gateway: Gateway, who: Principal, body: PaymentCreate, provider: str, key: str
) -> PaymentAsked:
    """Ask the cart for a payment, with a checkout to begin with if there is none."""
    state: CartState = (await gateway.look("cart", who.id, who)).state
    held, begin, chain = state.checkout, None, ""
    if held is not None:
        branch = gateway.directory.branch(held.branch)
        chain = "" if branch is None else branch.chain
    elif state.lines:
        begin, chain = beginning(gateway, state, body.branch)
    command = RequestPayment(new_id(), provider, chain, body.currency, begin)
    asked: PaymentAsked = (await gateway.outcome(gateway.ask("cart", who.id, command, who, key))).answer
    return asked


# --- payment.confirm, payment.get ------------------------------------------------------


def confirm(gateway: Gateway, who: Principal, body: PaymentConfirm, key: str) -> Coroutine[Any, Any, Answer]:
    """Begin ``payment.confirm``."""
    return _confirm(gateway, who, body, key)


async def _confirm(gateway: Gateway, who: Principal, body: PaymentConfirm, key: str) -> Answer:
    payment = await _payment(gateway, who, body.payment_id, own=True)
    if payment.provider != "sandbox" and (body.card is not None or body.approve is not None):
        raise invalid("card", "Only the sandbox is given a card.", code="not_the_sandbox")
    command = ConfirmPayment(body.card, body.approve)
    outcome = await gateway.outcome(gateway.ask("payment", body.payment_id, command, who, key))
    return Answer(await view(gateway, outcome.state), outcome=outcome)


def get(gateway: Gateway, who: Principal, body: PaymentGet, key: str) -> Coroutine[Any, Any, Answer]:
    """Begin ``payment.get``."""
    return _get(gateway, who, body)


async def _get(gateway: Gateway, who: Principal, body: PaymentGet) -> Answer:
    return Answer(await view(gateway, await _payment(gateway, who, body.payment_id)))


async def _payment(gateway: Gateway, who: Principal, payment_id: str, own: bool = False) -> PaymentState:
    """Return the payment, of the caller, or of a branch that they work in. Raises the 404."""
    state: PaymentState = (await gateway.look("payment", payment_id, who)).state
    mine = state.user_id == who.id
    seen = mine or (not own and may(who, "branch.watch", state.chain, state.branch))
    if state.phase == "new" or not seen:
        raise not_found("payment_not_found", "There is no such payment.")
    return state


# --- views ------------------------------------------------------------------------------


async def view(gateway: Gateway, state: PaymentState) -> PaymentView:
    """Return a payment as its shopper sees it."""
    waits = state.phase == "open"
    return PaymentView(
        payment_id=state.payment_id,
        status=state.status,
        provider=state.provider,
        amount=state.amount,
        refunded=state.refunded,
        currency=state.currency,
        reservation_id=state.reservation_id,
        expires_at=rfc3339(state.expires_at),
        client=await gateway.blocking(ledger.client_of, state.payment_id) if waits else {},
        order_id=state.order_id,
        reason=state.reason or None,
        detail=state.detail or None,
    )
