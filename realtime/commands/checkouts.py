"""The checkout: keep the cart's goods for the shopper, or give them back."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from django.conf import settings
from msgspec import Meta

from actors.cart import State as CartState
from actors.messages.cart import Line
from actors.messages.money.checkout import CancelCheckout, CheckedOut, Checkout, CheckoutOver
from actors.messages.money.paying import PaymentAsked, RequestPayment
from actors.messages.money.payment import FindPayment
from actors.messages.needs import NoteRestrictions
from actors.runtime.address import Address
from core.catalogue.live.catalogue import Catalogue
from core.fleet.directory import BranchInfo
from core.payments import till_codes
from core.payments.providers import registry
from realtime.pipeline.asking import Accepted, in_database, new_id
from realtime.pipeline.row import Ask, Call, Command, Route, no_content, own
from realtime.pipeline.services import Services
from realtime.problems import Problem, invalid
from realtime.views.amounts import DepositView, PromotionView, SavingView, TaxView, amounts_fields
from realtime.views.base import View
from realtime.views.cart import ItemView
from realtime.wire import Body, rfc3339


class CartCheckout(Body):
    """Keep everything in the cart for a while. ``branch`` is needed only without a trolley.

    ``pay``: ``till`` gives a code that a cashier scans to take the money.
    """

    branch: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    pay: Literal["till"] | None = None


class CartCancelCheckout(Body):
    """Give the goods back and thaw the cart."""


class CheckoutView(View, frozen=True):
    """What is kept, and until when; ``code`` is that of the payment at the till, if there is one."""

    reservation_id: str
    status: Literal["ACTIVE"]
    expires_at: str
    items: tuple[ItemView, ...]
    subtotal: Decimal
    """The goods before anything was taken off; from here to the total as in a cart."""
    savings: tuple[SavingView, ...]
    promotions: tuple[PromotionView, ...]
    deposits: tuple[DepositView, ...]
    taxes: tuple[TaxView, ...]
    tax_included: bool
    rounding: Decimal
    total: Decimal
    """What is to be paid."""
    currency: str
    payment_id: str | None
    code: str | None


class CancelledView(View, frozen=True):
    """The cart can be changed again."""

    reservation_id: str
    revision: int


async def _refer_checkout(call: Call) -> Checkout | RequestPayment:
    state = await as_restricted_today(call, call.body.branch)
    if call.body.pay is None:
        return beginning(call.services, state, call.body.branch)[0]
    if await in_database(registry.find, registry.TILL) is None:
        raise invalid("pay", "Nobody takes money at a till here.", code="unknown_payment_method")
    return paying(call.services, state, call.body.branch, registry.TILL, settings.TILL_HOLD_S)


async def as_restricted_today(call: Call, branch: str | None) -> CartState:
    """Return the caller's cart, in which goods need what they would if they were scanned now.

    What a product needs may have changed since it was put in. Raises the 400 of an unknown branch.
    """
    asking, who = call.services.asking, call.who
    state: CartState = (await asking.look("cart", who.id, who)).state
    if state.checkout is not None or not state.lines:
        return state
    catalogue = call.services.goods.catalogue(_branch(call.services, state, branch).chain)
    changed = {
        key: product.restricted
        for key, line in state.lines.items()
        if (product := catalogue.by_id(line.product_id)) and product.restricted != line.restricted
    }
    if not changed:
        return state
    done = await asking.outcome(asking.ask("cart", who.id, NoteRestrictions(changed), who))
    noted: CartState = done.state
    return noted


def paying(
    services: Services,
    state: CartState,
    branch: str | None,
    provider: str,
    hold_s: float,
    currency: str | None = None,
) -> RequestPayment:
    """Return the request for a payment, with the checkout to begin if there is none. Raises the 400."""
    held, begin, chain = state.checkout, None, ""
    if held is not None:
        info = services.fleet.directory.branch(held.branch)
        chain = "" if info is None else info.chain
    elif state.lines:
        begin, chain = beginning(services, state, branch, hold_s)
    return RequestPayment(new_id(), provider, chain, currency, begin)


def beginning(
    services: Services, state: CartState, branch: str | None, hold_s: float | None = None
) -> tuple[Checkout, str]:
    """Return what keeps everything in the cart, and the chain whose goods they are. Raises the 400."""
    info = _branch(services, state, branch)
    gone = _unavailable(services, state, info)
    today = services.goods.today(info.code)
    terms = services.goods.catalogue(info.chain).tax_terms(state.lines, info.code, today)
    deals = services.goods.deals(state, info.chain, info.code)
    hold = hold_s or settings.CHECKOUT_HOLD_S
    return Checkout(new_id(), info.code, hold, gone, terms, deals), info.chain


def _checkout(call: Call, command: Checkout | RequestPayment) -> Ask:
    return Ask("cart", call.who.id, command)


async def _checked_out(
    call: Call, command: Checkout | RequestPayment, outcome: Accepted[CheckedOut | PaymentAsked]
) -> CheckoutView:
    done, asking = outcome.answer, call.services.asking
    state, payment_id = outcome.state, None
    revision = done.revision if isinstance(done, CheckedOut) else outcome.seq
    if isinstance(done, PaymentAsked):
        payment_id = done.payment_id
        await asking.outcome(asking.ask("payment", payment_id, FindPayment(), call.who))
    if state.revision != revision:
        state = await asking.actors.state_at(Address("cart", call.who.id), revision)
    goods = call.services.goods
    amounts = goods.amounts(state)
    return CheckoutView(
        reservation_id=done.reservation_id,
        status="ACTIVE",
        expires_at=rfc3339(done.expires_at),
        items=tuple([goods.item(line, call.who.id) for line in state.lines.values()]),
        **amounts_fields(amounts, state.lines),
        total=amounts.total,
        currency=state.currency,
        payment_id=payment_id,
        code=None if payment_id is None else till_codes.code_of(payment_id),
    )


def _branch(services: Services, state: CartState, named: str | None) -> BranchInfo:
    """Return whose stock it is about: the trolley's branch, the named one, or the only one there is."""
    if state.sessions:
        held = state.sessions[-1].branch
        if named not in (None, held):
            raise invalid("branch", f"Your trolley is in {held}.", code="wrong_branch")
        return services.fleet.branch(held)
    if named is not None:
        return services.fleet.branch(named)
    branches = services.fleet.directory.branches()
    if len(branches) != 1 and state.lines:
        raise Problem(400, "branch_needed", "Say in which branch, or scan a trolley first.")
    return next(iter(branches), None) or services.fleet.branch("")


def _unavailable(services: Services, state: CartState, branch: BranchInfo) -> tuple[str, ...]:
    """Return the keys of lines that the branch's chain does not sell any more."""
    catalogue = services.goods.catalogue(branch.chain)
    return tuple(key for key, line in state.lines.items() if not _sold(catalogue, line))


def _sold(catalogue: Catalogue, line: Line) -> bool:
    product = catalogue.by_id(line.product_id)
    if product is None or not product.is_active or product.has_recalled(line.lots):
        return False
    return line.variant_id is None or product.variant(line.variant_id) is not None


def _cancel(call: Call, found: object) -> Ask:
    return Ask("cart", call.who.id, CancelCheckout())


def _cancelled(call: Call, found: object, outcome: Accepted[CheckoutOver]) -> CancelledView:
    over = outcome.answer
    return CancelledView(reservation_id=over.reservation_id, revision=over.revision)


CHECKOUT = (
    "cart_empty",
    "items_unavailable",
    "quantity_limit",
    "approval_needed",
    "insufficient_stock",
    "checkout_in_progress",
    "checkout_cancelled",
    "voucher_expired",
    "voucher_used_up",
    "branch_needed",
    "wrong_branch",
    "branch_not_found",
)
"""Refusals of a checkout."""
PAYING = (
    "unknown_payment_method",
    "currency_mismatch",
    "already_paid",
    "too_many_payments",
    "provider_unavailable",
)
"""Refusals of a payment that is asked for."""

ROWS = (
    Command(
        name="cart.checkout",
        body=CartCheckout,
        answer=CheckoutView,
        permission="own",
        where=own,
        refer=_refer_checkout,
        command=_checkout,
        show=_checked_out,
        kept_in_cart=True,
        routes=(Route("POST", "/cart/checkout", 201),),
        refusals=(*CHECKOUT, *PAYING),
    ),
    Command(
        name="cart.cancel_checkout",
        body=CartCancelCheckout,
        answer=CancelledView,
        permission="own",
        where=own,
        command=_cancel,
        show=_cancelled,
        kept_in_cart=True,
        routes=(Route("DELETE", "/cart/checkout", 204, no_content),),
        refusals=("no_checkout",),
    ),
)
