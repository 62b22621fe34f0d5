"""The cart's commands. A cart is the caller's own, but for adds by the devices and the staff of a branch."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from actors.cart import State as CartState
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
    key_of,
    sku_of,
)
from actors.runtime.address import Address
from actors.trolley import State as TrolleyState
from core.accounts.people import find_tier
from core.accounts.principals import Principal
from core.catalogue.barcodes import BarcodeError
from core.catalogue.labels import Label
from core.catalogue.live.catalogue import Catalogue, CatalogueProduct, Scanned
from core.inventory.levels import available
from realtime.commands.asking import Accepted, Answer, in_database, new_id
from realtime.commands.lookups import QR
from realtime.commands.row import OWN, Ask, Call, Command, Place, Route, own
from realtime.commands.services import Services
from realtime.commands.sessions import find_session, resume, trolley_place
from realtime.problems import Problem, invalid, not_found
from realtime.views.base import View
from realtime.views.cart import CartView, ItemView, ProductBrief
from realtime.wire import Body, Uuid

MOST_OF_A_LINE = 999
Quantity = Annotated[int, Meta(ge=1, le=MOST_OF_A_LINE)]
QuantityOrNone = Annotated[int, Meta(ge=0, le=MOST_OF_A_LINE)]


# --- bodies -------------------------------------------------------------------


class CartAdd(Body):
    """Put a product into the cart: by ``barcode``, or by ``product_id`` and ``variant_id``.

    A device (a scanner on the network) names ``trolley_id`` or ``session_id``: into the cart of its holder.
    """

    barcode: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    product_id: Uuid | None = None
    variant_id: Uuid | None = None
    quantity: Quantity | None = None
    session_id: Uuid | None = None
    trolley_id: Annotated[str, Meta(min_length=1, max_length=300)] | None = None


class CartSetQuantity(Body):
    """Set a line's quantity; 0 removes it."""

    item_id: Uuid
    quantity: QuantityOrNone


class CartRemove(Body):
    """Remove a line."""

    item_id: Uuid


class CartClear(Body):
    """Remove every line."""


class CartRestore(Body):
    """Bring the lines of the abandoned session back."""


class CartGet(Body):
    """Read the cart."""


# --- answers --------------------------------------------------------------------


class CartTotals(View, frozen=True):
    """What every change of a cart answers."""

    cart_total: Decimal
    items_count: int
    total_items: int
    currency: str
    revision: int


class Added(CartTotals, frozen=True):
    """The product, its line after the change and the cart's totals."""

    product: ProductBrief
    item: ItemView


class Changed(CartTotals, frozen=True):
    """The line after the change; null when it is gone."""

    item: ItemView | None


class Removed(CartTotals, frozen=True):
    """How many lines went."""

    removed: int


class RestoredView(CartTotals, frozen=True):
    """How many lines came back."""

    restored: int


class AddedWithCart(Added, frozen=True):
    """000's answer, with the whole cart."""

    cart: CartView


class MessageWithCart(View, frozen=True):
    """001's answer."""

    message: str
    cart: CartView


# --- cart.add -------------------------------------------------------------------


class Adding(msgspec.Struct, frozen=True, gc=False):
    """What an add takes along: whose cart, in which session, which product at what price."""

    owner: str
    session_id: str | None
    product: CatalogueProduct
    offer: Offer
    units: int = 1
    """How many the code stands for."""


def add_place(call: Call) -> Place | Coroutine[Any, Any, Place]:
    """Return whose cart it is: the caller's own, or that of whoever holds the trolley that is named."""
    body: CartAdd = call.body
    if body.trolley_id is not None:
        return holders_place(call, body.trolley_id)
    if call.who.kind == "user":
        return OWN
    if body.session_id is None:
        raise invalid("trolley_id", "A device names the trolley or the session.")
    return find_session(call, body.session_id)


async def holders_place(call: Call, text: str) -> Place:
    """Return where a trolley is, as its holder's; ``thing`` is the trolley and its state."""
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
    """Return what goes into the cart of whoever holds the trolley. Raises the 409 if nobody does."""
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
    if label is not None and label.expires is not None:
        _refuse_expired(call, product, label, branch)
    try:
        variant_id = body.variant_id if which is None else which.variant_id
        offer = catalogue.offer(product, variant_id, branch, tier, label)
    except KeyError:
        raise not_found("variant_not_found", "There is no such variant of the product.") from None
    if which is None:
        return Adding(owner, session_id, product, offer)
    if which.units * (body.quantity or 1) > MOST_OF_A_LINE:
        raise invalid(
            "quantity",
            f"Expected at most {MOST_OF_A_LINE} in all, got {body.quantity or 1} cases of {which.units}.",
        )
    return Adding(owner, session_id, product, offer, which.units)


def _refuse_expired(call: Call, product: CatalogueProduct, label: Label, branch: str) -> None:
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
    # A repeat's line may be of what the code stood for the first time.
    same = line.product_id == product.product_id
    return Added(
        product=ProductBrief(barcode=line.barcode, name=line.name, price=line.unit_price),
        item=goods.shown(line, product) if same else goods.item(line, adding.owner),
        cart_total=put.cart_total,
        items_count=put.items_count,
        total_items=put.total_items,
        currency=put.currency,
        revision=put.revision,
    )


async def _added_with_cart(call: Call, answer: Answer) -> tuple[int, Any]:
    cart = await cart_after(call, answer.accepted)
    if call.body.barcode is None:
        return 200, MessageWithCart(message="Item added successfully", cart=cart)
    added: Added = answer.data
    fields = {name: getattr(added, name) for name in added.__struct_fields__}
    return 200, AddedWithCart(cart=cart, **fields)


async def _item(call: Call, answer: Answer) -> tuple[int, Any]:
    return 201, answer.data.item


# --- lines ----------------------------------------------------------------------


def _refer_line(call: Call) -> Offer | Coroutine[Any, Any, Offer | None] | None:
    """Return today's offer of the line: the whole of it gets today's price."""
    body: CartSetQuantity = call.body
    if not body.quantity:
        return None
    line = call.services.goods.line(body.item_id)
    return _refer_unseen(call) if line is None else todays_offer(call.services, call.who, line)


async def _refer_unseen(call: Call) -> Offer | None:
    state = (await call.services.asking.look("cart", call.who.id, call.who)).state
    line = state.line(call.body.item_id)
    return None if line is None else todays_offer(call.services, call.who, line)


def _set_quantity(call: Call, offer: Offer | None) -> Ask:
    return Ask("cart", call.who.id, SetQuantity(call.body.item_id, call.body.quantity, offer))


def _changed(call: Call, offer: Offer | None, outcome: Accepted[ItemPut | ItemsGone]) -> Changed:
    answer = outcome.answer
    item = call.services.goods.item(answer.line, call.who.id) if isinstance(answer, ItemPut) else None
    return Changed(item=item, **totals(answer))


async def _item_or_nothing(call: Call, answer: Answer) -> tuple[int, Any]:
    return (204, None) if answer.data.item is None else (200, answer.data.item)


def _remove(call: Call, found: object) -> Ask:
    return Ask("cart", call.who.id, RemoveItem(call.body.item_id))


def _clear(call: Call, found: object) -> Ask:
    return Ask("cart", call.who.id, ClearCart())


def _removed(call: Call, found: object, outcome: Accepted[ItemsGone]) -> Removed:
    answer = outcome.answer
    return Removed(removed=answer.removed, **totals(answer))


async def no_content(call: Call, answer: Answer) -> tuple[int, Any]:
    """Answer 204."""
    return 204, None


# --- cart.restore ---------------------------------------------------------------


async def _refer_saved(call: Call) -> dict[str, Offer]:
    state = (await call.services.asking.look("cart", call.who.id, call.who)).state
    return offers_of(call.services, call.who, state.saved)


def _restore(call: Call, offers: dict[str, Offer]) -> Ask:
    return Ask("cart", call.who.id, RestoreLines(offers))


def _restored(call: Call, offers: object, outcome: Accepted[Restored]) -> RestoredView:
    answer = outcome.answer
    return RestoredView(restored=answer.restored, **totals(answer))


async def _whole_cart(call: Call, answer: Answer) -> tuple[int, Any]:
    return 200, await cart_after(call, answer.accepted)


def offers_of(services: Services, who: Principal, lines: Iterable[Line]) -> dict[str, Offer]:
    """Return today's offers of lines still sold, keyed as the decider keys its lines."""
    found = ((line, todays_offer(services, who, line)) for line in lines)
    return {key_of(line): offer for line, offer in found if offer is not None}


def todays_offer(services: Services, who: Principal, line: Line) -> Offer | None:
    """Return what the line's product costs this shopper today, or None if it is not sold any more.

    None for a weighed piece too: it costs what its label said when it was put in.
    """
    if line.label is not None:
        return None
    product = services.goods.finder(who.id)(line.product_id)
    if product is None or not product.is_active:
        return None
    if line.variant_id is not None and product.variant(line.variant_id) is None:
        return None
    return services.goods.offer(who, product, line.variant_id)


# --- cart.get -------------------------------------------------------------------


async def _read(call: Call) -> CartView:
    asking, who = call.services.asking, call.who
    state = (await asking.look("cart", who.id, who)).state
    if state.resumable is not None:
        await resume(asking, who.id, who)
        state = (await asking.look("cart", who.id, who)).state
    return call.services.goods.cart(state, await _short(call, state))


async def _short(call: Call, state: CartState) -> frozenset[str]:
    """Return the SKUs of which the shopper's branch has less than the cart holds.

    Only who reads the whole cart pays for the question: it takes a look at the read model of the
    stock, and putting something in does not. A cart at the checkout has its goods already.
    """
    branch = state.sessions[-1].branch if state.sessions else call.services.places.branch_of(state.user_id)
    if not branch or not state.lines or state.checkout is not None:
        return frozenset()
    wanted: dict[str, int] = {}
    for line in state.lines.values():
        sku = sku_of(line)
        wanted[sku] = wanted.get(sku, 0) + line.quantity
    there = await in_database(available, branch, tuple(wanted))
    return frozenset(sku for sku, units in wanted.items() if there.get(sku, 0) < units)


def ask_nothing(call: Call, found: object) -> None:
    """Say that what was looked up is the answer."""


def as_found(call: Call, found: Any, outcome: object) -> Any:
    """Show what was looked up."""
    return found


async def cart_after(call: Call, outcome: Accepted[object]) -> CartView:
    """Return the cart as it was right after the command, also for the repeat of an old one."""
    state = outcome.state
    if outcome.replayed:
        actors = call.services.asking.actors
        state = await actors.state_at(Address("cart", state.user_id), outcome.seq)
    return call.services.goods.cart(state)


def totals(answer: ItemPut | ItemsGone | Restored) -> dict[str, Any]:
    """Return the totals that every change of a cart answers."""
    return {
        "cart_total": answer.cart_total,
        "items_count": answer.items_count,
        "total_items": answer.total_items,
        "currency": answer.currency,
        "revision": answer.revision,
    }


PRODUCT = ("product_not_found", "product_unavailable", "variant_not_found")
"""Refusals of what names a product."""
BARCODE = ("barcode_malformed", "barcode_check_digit", "label_empty", "label_expired")
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
    routes=(
        Route("POST", "/cart/add", 200, _added_with_cart, answer=(AddedWithCart, MessageWithCart)),
        Route("POST", "/cart/items", 201, _item, answer=ItemView),
    ),
    refusals=(*PRODUCT, "which_product", *BARCODE, *QR, "session_not_found", "no_session"),
    devices=True,
)

ROWS = (
    Command(
        name="cart.get",
        body=CartGet,
        answer=CartView,
        permission="own",
        where=own,
        refer=_read,
        command=ask_nothing,
        show=as_found,
        routes=(Route("GET", "/cart", etag=True),),
        socket=False,
    ),
    ADD,
    Command(
        name="cart.set_quantity",
        body=CartSetQuantity,
        answer=Changed,
        permission="own",
        where=own,
        refer=_refer_line,
        command=_set_quantity,
        show=_changed,
        kept_in_cart=True,
        routes=(
            Route("PATCH", "/cart/items/{item_id}", 200, _item_or_nothing, answer=ItemView, also=(204,)),
        ),
        refusals=("item_not_found",),
    ),
    Command(
        name="cart.remove",
        body=CartRemove,
        answer=Removed,
        permission="own",
        where=own,
        command=_remove,
        show=_removed,
        kept_in_cart=True,
        routes=(Route("DELETE", "/cart/items/{item_id}", 204, no_content),),
        refusals=("item_not_found",),
    ),
    Command(
        name="cart.clear",
        body=CartClear,
        answer=Removed,
        permission="own",
        where=own,
        command=_clear,
        show=_removed,
        kept_in_cart=True,
        routes=(Route("DELETE", "/cart/items", 204, no_content),),
    ),
    Command(
        name="cart.restore",
        body=CartRestore,
        answer=RestoredView,
        permission="own",
        where=own,
        refer=_refer_saved,
        command=_restore,
        show=_restored,
        kept_in_cart=True,
        routes=(Route("POST", "/cart/restore", 200, _whole_cart, answer=CartView),),
        refusals=("nothing_to_restore",),
    ),
)
