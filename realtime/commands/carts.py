"""A cart's lines: their quantities, removal, clearing and restoring, and how a cart is read."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Annotated, Any

from msgspec import Meta

from actors.cart import State as CartState
from actors.messages.cart import (
    ClearCart,
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
from core.accounts.principals import Principal
from core.catalogue.labels import ScaleLabel
from core.inventory.levels import available
from realtime.commands.adding import ADD, MOST_OF_A_LINE, CartTotals, cart_after, totals
from realtime.commands.sessions import resume
from realtime.pipeline.asking import Accepted, Answer, in_database
from realtime.pipeline.row import (
    Ask,
    Call,
    Command,
    Route,
    as_found,
    ask_nothing,
    no_content,
    own,
)
from realtime.pipeline.services import Services
from realtime.views.cart import CartAnswer, ItemView
from realtime.wire import Body, Uuid

QuantityOrNone = Annotated[int, Meta(ge=0, le=MOST_OF_A_LINE)]


# --- bodies -------------------------------------------------------------------


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


class Changed(CartTotals, frozen=True):
    """The line after the change; null when it was removed."""

    item: ItemView | None


class Removed(CartTotals, frozen=True):
    """How many lines went."""

    removed: int


class RestoredView(CartTotals, frozen=True):
    """How many lines came back."""

    restored: int


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
    return Changed(item=item, **totals(call, answer, outcome.state))


async def _item_or_nothing(call: Call, answer: Answer) -> tuple[int, Any]:
    return (204, None) if answer.data.item is None else (200, answer.data.item)


def _remove(call: Call, found: object) -> Ask:
    return Ask("cart", call.who.id, RemoveItem(call.body.item_id))


def _clear(call: Call, found: object) -> Ask:
    return Ask("cart", call.who.id, ClearCart())


def _removed(call: Call, found: object, outcome: Accepted[ItemsGone]) -> Removed:
    answer = outcome.answer
    return Removed(removed=answer.removed, **totals(call, answer, outcome.state))


# --- cart.restore ---------------------------------------------------------------


async def _refer_saved(call: Call) -> dict[str, Offer]:
    state = (await call.services.asking.look("cart", call.who.id, call.who)).state
    return offers_of(call.services, call.who, state.saved)


def _restore(call: Call, offers: dict[str, Offer]) -> Ask:
    return Ask("cart", call.who.id, RestoreLines(offers))


def _restored(call: Call, offers: object, outcome: Accepted[Restored]) -> RestoredView:
    answer = outcome.answer
    return RestoredView(restored=answer.restored, **totals(call, answer, outcome.state))


async def _whole_cart(call: Call, answer: Answer) -> tuple[int, Any]:
    return 200, cart_after(call, answer.accepted)


def offers_of(services: Services, who: Principal, lines: Iterable[Line]) -> dict[str, Offer]:
    """Return today's offers of lines still sold, keyed as the decider keys its lines."""
    found = ((line, todays_offer(services, who, line)) for line in lines)
    return {key_of(line): offer for line, offer in found if offer is not None}


def todays_offer(services: Services, who: Principal, line: Line) -> Offer | None:
    """Return what the line's product costs this shopper today, or None if it is not sold any more.

    None for a piece with a printed price too: it costs what its label said when it was put in.
    """
    if line.label is not None and line.weight_g is None:
        return None
    product = services.goods.finder(who.id)(line.product_id)
    if product is None or not product.is_active:
        return None
    if line.variant_id is not None and product.variant(line.variant_id) is None:
        return None
    label = None if line.label is None else ScaleLabel(line.label, weight_g=line.weight_g)
    return services.goods.offer(who, product, line.variant_id, label)


# --- cart.get -------------------------------------------------------------------


async def _read(call: Call) -> CartAnswer:
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


ROWS = (
    Command(
        name="cart.get",
        body=CartGet,
        answer=CartAnswer,
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
        shows_cart=True,
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
        shows_cart=True,
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
        shows_cart=True,
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
        shows_cart=True,
        routes=(Route("POST", "/cart/restore", 200, _whole_cart, answer=CartAnswer),),
        refusals=("nothing_to_restore",),
    ),
)
