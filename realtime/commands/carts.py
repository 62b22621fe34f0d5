"""Handlers of the cart's commands. A cart is always the caller's own."""

from __future__ import annotations

from collections.abc import Coroutine
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta

from actors.cart.decider import State as CartState
from actors.cart.decider import key_of
from actors.cart.state import sku_of
from actors.messages.cart import (
    AddItem,
    ClearCart,
    FindSession,
    ItemPut,
    ItemsGone,
    Line,
    Offer,
    RemoveItem,
    Restored,
    RestoreLines,
    SetQuantity,
)
from actors.runtime.address import Address
from actors.trolley.decider import State as TrolleyState
from core.accounts.people import find_tier
from core.accounts.principals import Principal
from core.catalogue.barcodes import BarcodeError
from core.catalogue.labels import Label
from core.catalogue.live.catalogue import Catalogue, CatalogueProduct
from core.inventory.levels import available
from realtime.commands.gateway import Answer, Begun, Direct, Gateway, new_id
from realtime.problems import Problem, invalid, not_found
from realtime.views.base import View
from realtime.views.cart import CartView, ItemView, ProductBrief
from realtime.wire import Body

Quantity = Annotated[int, Meta(ge=1, le=999)]
QuantityOrNone = Annotated[int, Meta(ge=0, le=999)]
ItemId = Annotated[str, Meta(min_length=1, max_length=64)]


# --- bodies -------------------------------------------------------------------


class CartAdd(Body):
    """Put a product into the cart: by ``barcode``, or by ``product_id`` and ``variant_id``.

    A device (a scanner on the network) names ``trolley_id`` or ``session_id``: into the cart of its holder.
    """

    barcode: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    product_id: ItemId | None = None
    variant_id: ItemId | None = None
    quantity: Quantity | None = None
    session_id: ItemId | None = None
    trolley_id: Annotated[str, Meta(min_length=1, max_length=300)] | None = None


class CartSetQuantity(Body):
    """Set a line's quantity; 0 removes it."""

    item_id: ItemId
    quantity: QuantityOrNone


class CartRemove(Body):
    """Remove a line."""

    item_id: ItemId


class CartClear(Body):
    """Remove every line."""


class CartRestore(Body):
    """Bring the lines of the abandoned session back."""


class CartGet(Body):
    """Read the cart."""


# --- answers --------------------------------------------------------------------


class Totals(View, frozen=True):
    """What every change of a cart answers."""

    cart_total: Decimal
    items_count: int
    total_items: int
    currency: str
    revision: int


class Added(Totals, frozen=True):
    """The product, its line after the change and the cart's totals."""

    product: ProductBrief
    item: ItemView


class Changed(Totals, frozen=True):
    """The line after the change; null when it is gone."""

    item: ItemView | None


class Removed(Totals, frozen=True):
    """How many lines went."""

    removed: int


class RestoredView(Totals, frozen=True):
    """How many lines came back."""

    restored: int


# --- handlers -------------------------------------------------------------------


def add(gateway: Gateway, who: Principal, body: CartAdd, key: str) -> Begun:
    """Begin ``cart.add``."""
    if (body.barcode is None) == (body.product_id is None):
        raise invalid("barcode", "Give either barcode or product_id.")
    if body.barcode is not None and body.variant_id is not None:
        raise invalid("variant_id", "Goes with product_id only.")
    if body.trolley_id is not None or who.kind == "device":
        return _add_for_holder(gateway, who, body, key)
    chain = gateway.chain_of(who.id)
    if chain is None:
        return _add_somewhere(gateway, who, body, key)
    return _add(gateway, who, body, key, chain)


async def _add_for_holder(gateway: Gateway, who: Principal, body: CartAdd, key: str) -> Answer:
    """Add to the cart of whoever holds the trolley, if that is the caller or the caller works there."""
    if body.trolley_id is None:
        if body.session_id is None:
            raise invalid("trolley_id", "A device names the trolley or the session.")
        owner = await gateway.session_owner(who, body.session_id)
        found = await gateway.outcome(gateway.ask("cart", owner, FindSession(body.session_id), who))
        trolley_id = found.answer.trolley_id
    else:
        trolley_id = gateway.trolley_code(body.trolley_id)
    ref = gateway.trolley(trolley_id)
    state: TrolleyState = (await gateway.look("trolley", trolley_id, who)).state
    if state.user_id != who.id or state.phase != "held":
        gateway.require(who, "session.for_others", ref.chain, ref.branch, "trolley_not_found")
    if state.phase != "held" or (body.session_id or state.session_id) != state.session_id:
        raise Problem(409, "no_session", "Nobody holds this trolley.")
    user_id = state.user_id or ""
    gateway.remember_place(user_id, ref.chain, ref.branch)
    tier = who.tier if user_id == who.id else await gateway.blocking(find_tier, user_id)
    return await settle(gateway, _add(gateway, who, body, key, ref.chain, user_id, state.session_id, tier))


def _add(
    gateway: Gateway,
    who: Principal,
    body: CartAdd,
    key: str,
    chain: str,
    user_id: str | None = None,
    session_id: str | None = None,
    tier: str = "",
) -> Direct:
    """Add to the caller's cart, or to that of ``user_id``."""
    owner = user_id or who.id
    catalogue = gateway.catalogue(chain)
    product, label = _product(catalogue, body)
    if not product.is_active:
        raise Problem(400, "product_unavailable", f"{product.name} is not available.")
    try:
        branch = gateway.branch_of(owner)
        offer = catalogue.offer(product, body.variant_id, branch, tier or who.tier, label)
    except KeyError:
        raise not_found("variant_not_found", "There is no such variant of the product.") from None
    command = AddItem(offer, body.quantity or 1, session_id or body.session_id, new_id())
    pending = gateway.ask("cart", owner, command, who, key)

    def shape(outcome: Any) -> Answer:
        put: ItemPut = outcome.answer
        line = put.line
        # A repeat's line may be of what the code stood for the first time.
        same = line.product_id == product.product_id
        return Answer(
            Added(
                product=ProductBrief(barcode=line.barcode, name=line.name, price=line.unit_price),
                item=gateway.shown(line, product) if same else gateway.item(line, owner),
                cart_total=put.cart_total,
                items_count=put.items_count,
                total_items=put.total_items,
                currency=put.currency,
                revision=put.revision,
            ),
            outcome=outcome,
        )

    return Direct(pending, shape)


async def _add_somewhere(gateway: Gateway, who: Principal, body: CartAdd, key: str) -> Answer:
    chain = await gateway.find_chain(who, lambda catalogue: _find(catalogue, body) is not None)
    return await settle(gateway, _add(gateway, who, body, key, chain))


async def settle(gateway: Gateway, begun: Begun) -> Answer:
    """Wait for whatever a handler began. Raises Problem."""
    if isinstance(begun, Direct):
        return begun.shape(await gateway.outcome(begun.pending))
    return await begun


def _product(catalogue: Catalogue, body: CartAdd) -> tuple[CatalogueProduct, Label | None]:
    product = _find(catalogue, body)
    if product is None:
        raise not_found("product_not_found", "There is no such product here.")
    if body.barcode is None or product.barcode == body.barcode:
        return product, None
    return product, catalogue.scan(body.barcode)[1]


def _find(catalogue: Catalogue, body: CartAdd) -> CatalogueProduct | None:
    if body.barcode is None:
        return catalogue.by_id(body.product_id or "")
    try:
        return catalogue.by_barcode(body.barcode)
    except BarcodeError as error:
        raise invalid("barcode", error.detail, code=error.code) from error


def set_quantity(gateway: Gateway, who: Principal, body: CartSetQuantity, key: str) -> Begun:
    """Begin ``cart.set_quantity``; the whole line gets today's price."""
    line = gateway.line(body.item_id)
    if line is None and body.quantity:
        return _set_unseen(gateway, who, body, key)
    return _set(gateway, who, body, key, line)


async def _set_unseen(gateway: Gateway, who: Principal, body: CartSetQuantity, key: str) -> Answer:
    state = (await gateway.look("cart", who.id, who)).state
    return await settle(gateway, _set(gateway, who, body, key, state.line(body.item_id)))


def _set(gateway: Gateway, who: Principal, body: CartSetQuantity, key: str, line: Line | None) -> Direct:
    offer = None if line is None or not body.quantity else todays_offer(gateway, who, line)
    pending = gateway.ask("cart", who.id, SetQuantity(body.item_id, body.quantity, offer), who, key)

    def shape(outcome: Any) -> Answer:
        answer = outcome.answer
        item = gateway.item(answer.line, who.id) if isinstance(answer, ItemPut) else None
        return Answer(Changed(item=item, **totals(answer)), outcome=outcome)

    return Direct(pending, shape)


def remove(gateway: Gateway, who: Principal, body: CartRemove, key: str) -> Begun:
    """Begin ``cart.remove``."""
    return Direct(gateway.ask("cart", who.id, RemoveItem(body.item_id), who, key), _removed)


def clear(gateway: Gateway, who: Principal, body: CartClear, key: str) -> Begun:
    """Begin ``cart.clear``."""
    return Direct(gateway.ask("cart", who.id, ClearCart(), who, key), _removed)


def _removed(outcome: Any) -> Answer:
    answer: ItemsGone = outcome.answer
    return Answer(Removed(removed=answer.removed, **totals(answer)), outcome=outcome)


def restore(gateway: Gateway, who: Principal, body: CartRestore, key: str) -> Coroutine[Any, Any, Answer]:
    """Begin ``cart.restore``; today's offers of the saved lines go along."""
    return _restore(gateway, who, key)


async def _restore(gateway: Gateway, who: Principal, key: str) -> Answer:
    state = (await gateway.look("cart", who.id, who)).state
    offers = offers_of(gateway, who, state.saved)
    outcome = await gateway.outcome(gateway.ask("cart", who.id, RestoreLines(offers), who, key))
    answer: Restored = outcome.answer
    return Answer(RestoredView(restored=answer.restored, **totals(answer)), outcome=outcome)


def offers_of(gateway: Gateway, who: Principal, lines: Any) -> dict[str, Offer]:
    """Return today's offers of lines still sold, keyed as the decider keys its lines."""
    found = ((line, todays_offer(gateway, who, line)) for line in lines)
    return {key_of(line): offer for line, offer in found if offer is not None}


def todays_offer(gateway: Gateway, who: Principal, line: Line) -> Offer | None:
    """Return what the line's product costs this shopper today, or None if it is not sold any more.

    None for a weighed piece too: it costs what its label said when it was put in.
    """
    if line.label is not None:
        return None
    product = gateway.finder(who.id)(line.product_id)
    if product is None or not product.is_active:
        return None
    if line.variant_id is not None and product.variant(line.variant_id) is None:
        return None
    return gateway.offer(who, product, line.variant_id)


def get(gateway: Gateway, who: Principal, body: CartGet, key: str) -> Coroutine[Any, Any, Answer]:
    """Begin reading the cart; a pure read, also of a cart never used."""
    return _get(gateway, who)


async def _get(gateway: Gateway, who: Principal) -> Answer:
    outcome = await gateway.look("cart", who.id, who)
    return Answer(gateway.cart(outcome.state, await short(gateway, outcome.state)), outcome=outcome)


async def short(gateway: Gateway, state: CartState) -> frozenset[str]:
    """Return the SKUs of which the shopper's branch has less than the cart holds.

    Only who reads the whole cart pays for the question: it takes a look at the read model of the
    stock, and putting something in does not. A cart at the checkout has its goods already.
    """
    branch = state.sessions[-1].branch if state.sessions else gateway.branch_of(state.user_id)
    if not branch or not state.lines or state.checkout is not None:
        return frozenset()
    wanted: dict[str, int] = {}
    for line in state.lines.values():
        sku = sku_of(line)
        wanted[sku] = wanted.get(sku, 0) + line.quantity
    there = await gateway.blocking(available, branch, tuple(wanted))
    return frozenset(sku for sku, units in wanted.items() if there.get(sku, 0) < units)


async def view_after(gateway: Gateway, who: Principal, outcome: Any) -> CartView:
    """Return the cart as it was right after the command, also for the repeat of an old one."""
    state = outcome.state
    if outcome.replayed:
        state = await gateway.actors.state_at(Address("cart", state.user_id), outcome.seq)
    return gateway.cart(state)


def totals(answer: ItemPut | ItemsGone | Restored) -> dict[str, Any]:
    """Return the totals that every change of a cart answers."""
    return {
        "cart_total": answer.cart_total,
        "items_count": answer.items_count,
        "total_items": answer.total_items,
        "currency": answer.currency,
        "revision": answer.revision,
    }
