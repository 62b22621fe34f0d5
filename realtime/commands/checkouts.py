"""The checkout: keep the cart's goods for the shopper, or give them back."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from django.conf import settings
from msgspec import Meta

from actors.cart import State as CartState
from actors.messages.cart import Line
from actors.messages.money.checkout import CancelCheckout, CheckedOut, Checkout, CheckoutOver
from actors.runtime.address import Address
from core.catalogue.live.catalogue import Catalogue
from core.fleet.directory import BranchInfo
from realtime.pipeline.asking import Accepted, new_id
from realtime.pipeline.row import Ask, Call, Command, Route, no_content, own
from realtime.pipeline.services import Services
from realtime.problems import Problem, invalid
from realtime.views.base import View
from realtime.views.cart import ItemView
from realtime.wire import Body, rfc3339


class CartCheckout(Body):
    """Keep everything in the cart for a while. ``branch`` is needed only without a trolley."""

    branch: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class CartCancelCheckout(Body):
    """Give the goods back and thaw the cart."""


class CheckoutView(View, frozen=True):
    """What is kept, and until when."""

    reservation_id: str
    status: Literal["ACTIVE"]
    expires_at: str
    items: tuple[ItemView, ...]
    total: Decimal
    currency: str


class CancelledView(View, frozen=True):
    """The cart can be changed again."""

    reservation_id: str
    revision: int


async def _refer_checkout(call: Call) -> Checkout:
    state: CartState = (await call.services.asking.look("cart", call.who.id, call.who)).state
    return beginning(call.services, state, call.body.branch)[0]


def beginning(services: Services, state: CartState, branch: str | None) -> tuple[Checkout, str]:
    """Return what keeps everything in the cart, and the chain whose goods they are. Raises the 400."""
    info = _branch(services, state, branch)
    gone = _unavailable(services, state, info)
    return Checkout(new_id(), info.code, settings.CHECKOUT_HOLD_S, gone), info.chain


def _checkout(call: Call, command: Checkout) -> Ask:
    return Ask("cart", call.who.id, command)


async def _checked_out(call: Call, command: Checkout, outcome: Accepted[CheckedOut]) -> CheckoutView:
    done = outcome.answer
    state = outcome.state
    if state.revision != done.revision:
        actors = call.services.asking.actors
        state = await actors.state_at(Address("cart", call.who.id), done.revision)
    goods = call.services.goods
    return CheckoutView(
        reservation_id=done.reservation_id,
        status="ACTIVE",
        expires_at=rfc3339(done.expires_at),
        items=tuple([goods.item(line, call.who.id) for line in state.lines.values()]),
        total=state.total,
        currency=state.currency,
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
    if product is None or not product.is_active:
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
        refusals=CHECKOUT,
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
