"""What is put into a cart: a code that was scanned or typed, or a product that was chosen.

A cart is the caller's own, but for adds by the devices and the staff of a branch.
"""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from actors.cart import State as CartState
from actors.messages.cart import (
    AddItem,
    FindSession,
    ItemPut,
    ItemsGone,
    Offer,
    Restored,
)
from actors.trolley import State as TrolleyState
from core.accounts.people import find_tier
from core.catalogue.barcodes import LONGEST, BarcodeError
from core.catalogue.labels import ScaleLabel
from core.catalogue.live.catalogue import Catalogue, CatalogueProduct, Scanned
from realtime.commands.sessions import find_session, resume, trolley_place
from realtime.pipeline.asking import Accepted, Answer, in_database, new_id
from realtime.pipeline.lookups import QR
from realtime.pipeline.row import OWN, Ask, Call, Command, CommandPlace, Route
from realtime.problems import Problem, invalid, not_found
from realtime.views.base import View
from realtime.views.budget import NO_BUDGET, BudgetStatus, BudgetView, budget_view
from realtime.views.cart import NOTHING, CartAnswer, ItemView
from realtime.views.product import ProductBrief
from realtime.wire import Body, Uuid

MOST_OF_A_LINE = 999
Quantity = Annotated[int, Meta(ge=1, le=MOST_OF_A_LINE)]


# --- body and answers ---


class CartAdd(Body):
    """Put a product into the cart: by ``barcode``, or by ``product_id`` and ``variant_id``.

    A device (a scanner on the network) names ``trolley_id`` or ``session_id``: into the cart of its holder.
    """

    barcode: Annotated[str, Meta(min_length=1, max_length=LONGEST)] | None = None
    product_id: Uuid | None = None
    variant_id: Uuid | None = None
    quantity: Quantity | None = None
    session_id: Uuid | None = None
    trolley_id: Annotated[str, Meta(min_length=1, max_length=300)] | None = None


class CartTotals(View, frozen=True):
    """What every change of a cart answers."""

    cart_total: Decimal
    items_count: int
    total_items: int
    currency: str
    revision: int
    budget_status: BudgetStatus
    budget: BudgetView | None


class Added(CartTotals, frozen=True):
    """The product, its line after the change and the cart's totals."""

    product: ProductBrief
    item: ItemView


class AddedWithCart(Added, frozen=True):
    """000's answer, with the whole cart."""

    cart: CartAnswer


class MessageWithCart(View, frozen=True):
    """001's answer."""

    message: str
    cart: CartAnswer


# --- what an add takes along ---


class Adding(msgspec.Struct, frozen=True, gc=False):
    """What an add takes along: whose cart, in which session, which product at what price."""

    owner: str
    session_id: str | None
    product: CatalogueProduct
    offer: Offer
    simple: bool
    """Whether the cart costs the sum of its lines."""
    units: int = 1
    """How many the code stands for."""


def add_place(call: Call) -> CommandPlace | Coroutine[Any, Any, CommandPlace]:
    """Return the place of the cart: the caller's own, or that of the holder of the named trolley."""
    body: CartAdd = call.body
    if body.trolley_id is not None:
        return holders_place(call, body.trolley_id)
    if call.who.kind == "user":
        return OWN
    if body.session_id is None:
        raise invalid("trolley_id", "A device names the trolley or the session.")
    return find_session(call, body.session_id)


async def holders_place(call: Call, text: str) -> CommandPlace:
    """Return where a trolley is, as its holder's place; ``thing`` is the trolley and its state."""
    ref = call.services.fleet.trolley(text)
    state: TrolleyState = (await call.services.asking.look("trolley", ref.trolley_id, call.who)).state
    owner = (state.user_id or "") if state.phase == "held" else ""
    return msgspec.structs.replace(trolley_place(ref, owner), thing=(ref, state))


def _refer_add(call: Call) -> Adding | Coroutine[Any, Any, Adding]:
    body: CartAdd = call.body
    if (body.barcode is None) == (body.product_id is None):
        raise invalid("barcode", "Give either barcode or product_id.", code="which_product")
    if body.barcode is not None and body.variant_id is not None:
        raise invalid("variant_id", "Goes with product_id only.", code="which_product")
    if call.place is not OWN:
        return refer_for_holder(call)
    who = call.who
    if who.kind != "user":
        raise not_found("session_not_found", "There is no such session.")
    chain, branch = call.services.places.of(who.id)
    if chain is None:
        return _refer_somewhere(call)
    return _adding(call, chain, branch, who.id, body.session_id, who.tier)


async def _refer_somewhere(call: Call) -> Adding:
    who, body, services = call.who, call.body, call.services

    def has(catalogue: Catalogue) -> bool:
        return _product(catalogue, body)[0] is not None

    chain = await services.places.find_chain(services.asking, who, has)
    branch = services.places.branch_of(who.id)
    return _adding(call, chain, branch, who.id, body.session_id, who.tier)


async def refer_for_holder(call: Call) -> Adding:
    """Return what goes into the cart of the trolley's holder. Raises the 409 if it has none."""
    services, who, place = call.services, call.who, call.place
    if place.thing is None:
        command = FindSession(call.body.session_id)
        found = await services.asking.outcome(services.asking.ask("cart", place.owner, command, who))
        place = call.place = await holders_place(call, found.answer.trolley_id)
    ref, state = place.thing
    if state.phase == "available" and state.lapsed is not None:
        # A scan of the trolley's own scanner is a sign of life of whoever left it there.
        await resume(services.asking, state.lapsed.user_id, who, state.lapsed.session_id)
        place = call.place = await holders_place(call, ref.trolley_id)
        ref, state = place.thing
    if state.phase != "held" or (call.body.session_id or state.session_id) != state.session_id:
        raise Problem(409, "no_session", "Nobody holds this trolley.")
    user_id = state.user_id or ""
    services.places.remember(user_id, ref.chain, ref.branch, ref.trolley_id)
    tier = who.tier if user_id == who.id else await in_database(find_tier, user_id)
    return _adding(call, ref.chain, ref.branch, user_id, state.session_id, tier)


def _adding(call: Call, chain: str, branch: str, owner: str, session_id: str | None, tier: str) -> Adding:
    body: CartAdd = call.body
    catalogue = call.services.goods.catalogue(chain)
    product, label, which = _product(catalogue, body)
    if product is None:
        raise not_found("product_not_found", "There is no such product here.")
    if not product.is_active:
        raise Problem(400, "product_unavailable", f"{product.name} is not available.")
    if label is not None:
        if label.lot and product.has_recalled((label.lot,)):
            _refuse_recalled(product, label)
        if label.expires is not None:
            _refuse_expired(call, product, label, branch)
    try:
        variant_id = body.variant_id if which is None else which.variant_id
        offer = catalogue.offer(product, variant_id, branch, tier, label)
    except KeyError:
        raise not_found("variant_not_found", "There is no such variant of the product.") from None
    if which is None:
        return Adding(owner, session_id, product, offer, catalogue.simple)
    if which.units * (body.quantity or 1) > MOST_OF_A_LINE:
        raise invalid(
            "quantity",
            f"Expected at most {MOST_OF_A_LINE} in all, got {body.quantity or 1} cases of {which.units}.",
        )
    return Adding(owner, session_id, product, offer, catalogue.simple, which.units)


def _refuse_recalled(product: CatalogueProduct, label: ScaleLabel) -> None:
    detail = f"{product.name}, lot {label.lot}, was called back: please put it back and tell the staff."
    raise invalid("barcode", detail, code="label_recalled")


def _refuse_expired(call: Call, product: CatalogueProduct, label: ScaleLabel, branch: str) -> None:
    info = call.services.fleet.directory.find_branch(branch)
    zone = ZoneInfo(info.timezone if info is not None else "UTC")
    if label.expires is not None and label.expires < datetime.fromtimestamp(call.services.now(), zone).date():
        lot = f", lot {label.lot}" if label.lot else ""
        detail = f"{product.name}{lot}, expired on {label.expires}: please take another and tell the staff."
        raise invalid("barcode", detail, code="label_expired")


def _product(catalogue: Catalogue, body: CartAdd) -> Scanned:
    if body.barcode is None:
        return catalogue.by_id(body.product_id or ""), None, None
    try:
        return catalogue.scan(body.barcode)
    except BarcodeError as error:
        raise invalid("barcode", error.detail, code=error.code) from error


def add_command(call: Call, adding: Adding) -> Ask:
    """Return the actor's command of an add."""
    command = AddItem(adding.offer, (call.body.quantity or 1) * adding.units, adding.session_id, new_id())
    return Ask("cart", adding.owner, command)


def _added(call: Call, adding: Adding, outcome: Accepted[ItemPut]) -> Added:
    put = outcome.answer
    line, product, goods = put.line, adding.product, call.services.goods
    if line.product_id != product.product_id:
        # A repeat's line may be of what the code stood for the first time.
        shown = goods.finder(adding.owner)(line.product_id)
    else:
        shown = product
    # Whoever puts it in for somebody else is told nothing of what that person must not eat, nor of money.
    own = call.place is OWN
    status, budget = budget_view(put.standing) if own and put.standing is not None else NO_BUDGET
    return Added(
        product=ProductBrief(barcode=line.barcode, name=line.name, price=line.unit_price),
        item=goods.shown(line, shown, goods.avoided(adding.owner) if own else NOTHING),
        cart_total=put.cart_total if adding.simple else goods.due(outcome.state, put.cart_total),
        items_count=put.items_count,
        total_items=put.total_items,
        currency=put.currency,
        revision=put.revision,
        budget_status=status,
        budget=budget,
    )


async def _added_with_cart(call: Call, answer: Answer) -> tuple[int, Any]:
    cart = cart_after(call, answer.accepted)
    if call.body.barcode is None:
        return 200, MessageWithCart(message="Item added successfully", cart=cart)
    added: Added = answer.data
    fields = {name: getattr(added, name) for name in added.__struct_fields__}
    return 200, AddedWithCart(cart=cart, **fields)


async def _item(call: Call, answer: Answer) -> tuple[int, Any]:
    return 201, answer.data.item


def cart_after(call: Call, outcome: Accepted[object]) -> CartAnswer:
    """Return the cart as it was right after the command."""
    return call.services.goods.cart(outcome.state, to=call.who.id)


def totals(call: Call, answer: ItemPut | ItemsGone | Restored, state: CartState) -> dict[str, Any]:
    """Return the totals that every change of a cart answers; ``state`` is the cart after it."""
    status, budget = budget_view(answer.standing)
    return {
        "budget_status": status,
        "budget": budget,
        "cart_total": call.services.goods.due(state, answer.cart_total),
        "items_count": answer.items_count,
        "total_items": answer.total_items,
        "currency": answer.currency,
        "revision": answer.revision,
    }


PRODUCT = ("product_not_found", "product_unavailable", "variant_not_found")
"""Refusals of what names a product."""
BARCODE = (
    "barcode_malformed",
    "barcode_check_digit",
    "label_empty",
    "label_currency",
    "label_expired",
    "label_recalled",
)
"""Refusals of what is scanned or typed as a barcode."""

ADD = Command(
    name="cart.add",
    body=CartAdd,
    answer=Added,
    permission="session.for_others",
    where=add_place,
    for_owner=True,
    refer=_refer_add,
    command=add_command,
    show=_added,
    kept_in_cart=True,
    shows_cart=True,
    routes=(
        Route("POST", "/cart/add", 200, _added_with_cart, answer=(AddedWithCart, MessageWithCart)),
        Route("POST", "/cart/items", 201, _item, answer=ItemView),
    ),
    refusals=(
        "invalid",
        *PRODUCT,
        "which_product",
        "quantity_limit",
        *BARCODE,
        *QR,
        "session_not_found",
        "no_session",
    ),
    devices=True,
)
