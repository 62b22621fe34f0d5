"""Handlers of the checkout: keep the cart's goods for the shopper, or give them back."""

from __future__ import annotations

from collections.abc import Coroutine
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.conf import settings
from msgspec import Meta

from actors.cart.decider import State as CartState
from actors.messages.cart import Line
from actors.messages.checkout import CancelCheckout, CheckedOut, Checkout
from actors.runtime.address import Address
from core.accounts.principals import Principal
from core.catalogue.live.catalogue import Catalogue
from core.fleet.directory import BranchInfo
from realtime.commands.gateway import Answer, Direct, Gateway, new_id
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


def checkout(gateway: Gateway, who: Principal, body: CartCheckout, key: str) -> Coroutine[Any, Any, Answer]:
    """Begin ``cart.checkout``."""
    return _checkout(gateway, who, body, key)


def beginning(gateway: Gateway, state: CartState, branch: str | None) -> tuple[Checkout, str]:
    """Return what keeps everything in the cart, and the chain whose goods they are. Raises the 400."""
    info = _branch(gateway, state, branch)
    gone = _unavailable(gateway, state, info)
    return Checkout(new_id(), info.code, settings.CHECKOUT_HOLD_S, gone), info.chain


async def _checkout(gateway: Gateway, who: Principal, body: CartCheckout, key: str) -> Answer:
    state: CartState = (await gateway.look("cart", who.id, who)).state
    command, _ = beginning(gateway, state, body.branch)
    outcome = await gateway.outcome(gateway.ask("cart", who.id, command, who, key))
    done: CheckedOut = outcome.answer
    state = outcome.state
    if state.revision != done.revision:
        state = await gateway.actors.state_at(Address("cart", who.id), done.revision)
    view = CheckoutView(
        reservation_id=done.reservation_id,
        status="ACTIVE",
        expires_at=rfc3339(done.expires_at),
        items=tuple([gateway.item(line, who.id) for line in state.lines.values()]),
        total=state.total,
        currency=state.currency,
    )
    return Answer(view, outcome=outcome)


def _branch(gateway: Gateway, state: CartState, named: str | None) -> BranchInfo:
    """Return whose stock it is about: the trolley's branch, the named one, or the only one there is."""
    if state.sessions:
        held = state.sessions[-1].branch
        if named not in (None, held):
            raise invalid("branch", f"Your trolley is in {held}.", code="wrong_branch")
        return gateway.branch(held)
    if named is not None:
        return gateway.branch(named)
    branches = gateway.directory.branches()
    if len(branches) != 1 and state.lines:
        raise Problem(400, "branch_needed", "Say in which branch, or scan a trolley first.")
    return next(iter(branches), None) or gateway.branch("")


def _unavailable(gateway: Gateway, state: CartState, branch: BranchInfo) -> tuple[str, ...]:
    """Return the keys of lines that the branch's chain does not sell any more."""
    catalogue = gateway.catalogue(branch.chain)
    return tuple(key for key, line in state.lines.items() if not _sold(catalogue, line))


def _sold(catalogue: Catalogue, line: Line) -> bool:
    product = catalogue.by_id(line.product_id)
    if product is None or not product.is_active:
        return False
    return line.variant_id is None or product.variant(line.variant_id) is not None


def cancel(gateway: Gateway, who: Principal, body: CartCancelCheckout, key: str) -> Direct:
    """Begin ``cart.cancel_checkout``."""

    def shape(outcome: Any) -> Answer:
        over = outcome.answer
        return Answer(
            CancelledView(reservation_id=over.reservation_id, revision=over.revision), outcome=outcome
        )

    return Direct(gateway.ask("cart", who.id, CancelCheckout(), who, key), shape)
