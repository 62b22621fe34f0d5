"""A cart as its shopper sees it: the lines, their products, the checkout, what can be restored."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

import msgspec

from actors.cart import State as CartState
from actors.messages.budget import Standing
from actors.messages.cart import Line, sku_of
from actors.messages.money.amounts import Amounts
from actors.messages.needs import Need
from realtime.views.amounts import DepositView, PromotionView, SavingView, TaxView, amounts_fields
from realtime.views.base import View
from realtime.views.budget import BudgetStatus, BudgetView, budget_view
from realtime.views.footprint import Greener, SwapView, footprint, no_swap, swap_of
from realtime.views.product import FindProduct, ProductLike, ProductView
from realtime.wire import encode, rfc3339

NOTHING: frozenset[str] = frozenset()


class VariantView(View, frozen=True):
    """A size, colour or the like."""

    id: str
    name: str | None


class StepView(View, frozen=True):
    """One step of a price: the rule and the unit price after it."""

    rule: str
    unit_price: Decimal


class WarningView(View, frozen=True):
    """Why the shopper may not want a line: it contains what they must not eat."""

    kind: Literal["allergen"]
    about: str
    """One of ``core.catalogue.allergens``."""


class ItemView(View, frozen=True):
    """One line of a cart."""

    id: str
    product: ProductView
    variant: VariantView | None
    quantity: int
    unit_price: Decimal
    line_total: Decimal
    price_trace: tuple[StepView, ...]
    added_at: str
    available: bool
    recalled: tuple[str, ...]
    """Lots of it that were called back: it is to be put back."""
    warnings: tuple[WarningView, ...]


class LineView(ItemView, frozen=True):
    """One line of a whole cart, and what could come in its place."""

    swap: SwapView | None


class SavedView(View, frozen=True):
    """Lines of an abandoned cart that can still be restored."""

    items_count: int
    until: str


class HeldView(View, frozen=True):
    """A session of the shopper, and its trolley."""

    session_id: str
    trolley_id: str


class FrozenView(View, frozen=True):
    """A checkout: ``status`` is PENDING until the stock has answered, then ACTIVE; ``payment_id`` goes on."""

    reservation_id: str
    branch: str
    status: str
    expires_at: str
    payment_id: str | None


class NeedView(View, frozen=True):
    """What staff has to decide before the cart can be paid: ``waiting``, ``approved`` or ``refused``.

    ``kind``: an ``age`` to look at, a ``check`` that takes a security tag off, something to ``weigh``.
    ``item_id``: the line that asked for it first; ``age`` is null but for an age.
    """

    id: str
    kind: str
    item_id: str
    state: str
    age: int | None
    name: str
    reason: str | None


class CartView(View, frozen=True):
    """The whole cart; ``items_count`` counts lines, ``total_items`` units."""

    id: str
    items: tuple[ItemView, ...]
    items_count: int
    total_items: int
    total_price: Decimal
    currency: str
    has_unavailable_items: bool
    budget_status: BudgetStatus
    budget: BudgetView | None
    sustainability_score: int | None
    """0 to 100: the mean of its units' scores, as far as they are known; null: of none."""
    carbon_kg: Decimal | None
    """Kilograms of CO2 equivalent of all goods whose footprint is known; null: of none."""
    revision: int
    updated_at: str | None
    vouchers: tuple[str, ...]
    """Codes, in the order they were given."""
    checkout: FrozenView | None
    """The checkout that goes on; meanwhile the lines cannot be changed."""
    saved: SavedView | None
    sessions: tuple[HeldView, ...]
    needs: tuple[NeedView, ...]


class CartAnswer(CartView, frozen=True):
    """The whole cart with how its price comes about; followers of the topic read that where they show it.

    ``subtotal - savings + deposits (+ taxes, unless they are included) + rounding = total_price``.
    """

    items: tuple[LineView, ...]
    subtotal: Decimal
    """The goods before anything was taken off."""
    savings: tuple[SavingView, ...]
    """By rule, and by promotion (``promotion:`` and its name)."""
    promotions: tuple[PromotionView, ...]
    """What of the savings promotions made, by line."""
    deposits: tuple[DepositView, ...]
    taxes: tuple[TaxView, ...]
    tax_included: bool
    """Whether the prices hold the taxes."""
    rounding: Decimal
    """To an amount that can be paid."""


@lru_cache(100_000)
def cart_id(user_id: str) -> str:
    """Return the id of a user's cart; derived, so that showing an unused cart writes nothing."""
    return str(uuid5(NAMESPACE_URL, f"cart:{user_id}"))


def item_view(
    line: Line, product: ProductLike | None, in_stock: bool = True, avoided: frozenset[str] = NOTHING
) -> ItemView:
    """Return one line; price and totals are the snapshot's, the rest is today's product.

    ``avoided`` are the allergens that its shopper is warned of.
    """
    active = product is not None and product.is_active
    recalled = () if product is None or not product.recalled else recalled_of(line, product)
    steps: Any = line.price_trace  # the same fields as a StepView, the same JSON
    return ItemView(
        id=line.line_id,
        product=ProductView(
            id=line.product_id,
            barcode=line.barcode,
            name=line.name,
            price=line.unit_price if product is None else product.price,
            is_active=active,
            image=None if product is None else product.image or None,
        ),
        variant=None if line.variant_id is None else VariantView(id=line.variant_id, name=line.variant_name),
        quantity=line.quantity,
        unit_price=line.unit_price,
        line_total=line.line_total,
        price_trace=steps,
        added_at=rfc3339(line.added_at),
        available=active and in_stock and not recalled,
        recalled=recalled,
        warnings=warnings_of(product, avoided) if avoided else (),
    )


def recalled_of(line: Line, product: ProductLike) -> tuple[str, ...]:
    """Return the lots of a line that were called back."""
    return tuple(lot for lot in line.lots if lot.upper() in product.recalled)


def warnings_of(product: ProductLike | None, avoided: frozenset[str]) -> tuple[WarningView, ...]:
    """Return the warnings for a shopper who must avoid these allergens."""
    if product is None or not avoided:
        return ()
    return tuple([WarningView(kind="allergen", about=each) for each in sorted(product.allergens & avoided)])


class Items:
    """Lines as clients see them, encoded once for the reply, the event and every cart they stand in.

    A line never changes, it is replaced by one of the same id; so its encoding holds as long as its
    product is the same.
    """

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._known: dict[str, tuple[Line, ProductLike | None, frozenset[str], ItemView]] = {}

    def view(self, line: Line, product: ProductLike | None, avoided: frozenset[str] = NOTHING) -> ItemView:
        """Return the encoded line, which stands for an ItemView wherever one is encoded."""
        known = self._known.get(line.line_id)
        if known is not None and known[0] is line and known[1] is product and known[2] is avoided:
            return known[3]
        if known is None and len(self._known) >= self._most:
            # One by one: to throw all of them away at once would hold everybody up.
            del self._known[next(iter(self._known))]
        encoded: Any = msgspec.Raw(encode(item_view(line, product, avoided=avoided)))
        view: ItemView = encoded
        self._known[line.line_id] = (line, product, avoided, view)
        return view

    def views(
        self, lines: Iterable[Line], find: FindProduct, short: frozenset[str], avoided: frozenset[str]
    ) -> tuple[tuple[ItemView, ...], bool]:
        """Return a whole cart's lines, and whether all of their products are sold.

        Most answers over HTTP hold the whole cart, so what :meth:`view` does stands here once more,
        without a call for each line.
        """
        known, views, on_sale = self._known, [], True
        for line in lines:
            product = find(line.product_id)
            if product is None or not product.is_active or (product.recalled and recalled_of(line, product)):
                on_sale = False
            was = known.get(line.line_id)
            if short and sku_of(line) in short:
                views.append(item_view(line, product, False, avoided))
            elif was is not None and was[0] is line and was[1] is product and was[2] is avoided:
                views.append(was[3])
            else:
                views.append(self.view(line, product, avoided))
        return tuple(views), on_sale

    def line(self, line_id: str) -> Line | None:
        """Return the line of that id that was shown last, or None."""
        known = self._known.get(line_id)
        return None if known is None else known[0]


def cart_view(
    state: CartState,
    find: FindProduct,
    currency: str,
    shown: Items,
    total: Decimal,
    avoided: frozenset[str] = NOTHING,
    standing: Standing | None = None,
) -> CartView:
    """Return the whole cart as followers of its topic have it; of the rest see :func:`cart_answer`."""
    return CartView(**_whole(state, find, currency, shown, NOTHING, avoided, standing), total_price=total)


def cart_answer(
    state: CartState,
    find: FindProduct,
    currency: str,
    shown: Items,
    amounts: Amounts,
    short: frozenset[str] = NOTHING,
    avoided: frozenset[str] = NOTHING,
    standing: Standing | None = None,
    greener: Greener = no_swap,
) -> CartAnswer:
    """Return the whole cart, with what it amounts to.

    ``currency`` is shown while the cart has none of its own; of the SKUs in ``short`` the branch has
    less than the cart holds. ``avoided`` are the allergens that its shopper is warned of,
    ``standing`` is how the shopper stands to their budget, ``greener`` finds what could come instead.
    """
    whole = _whole(state, find, currency, shown, short, avoided, standing)
    swaps = [swap_of(line, find, greener) for line in state.lines.values()]
    whole["items"] = tuple(map(_line_view, whole["items"], swaps))
    return CartAnswer(
        **whole,
        **amounts_fields(amounts, state.lines),
        total_price=amounts.total,
    )


def _line_view(item: ItemView, swap: SwapView | None) -> LineView:
    """Return the line with its swap; what is encoded of it already is not encoded again."""
    line: Any = msgspec.Raw(encode(item)[:-1] + b',"swap":' + encode(swap) + b"}")
    view: LineView = line
    return view


def _whole(
    state: CartState,
    find: FindProduct,
    currency: str,
    shown: Items,
    short: frozenset[str],
    avoided: frozenset[str],
    standing: Standing | None,
) -> dict[str, Any]:
    lines = state.lines
    items, on_sale = shown.views(lines.values(), find, short, avoided)
    status, budget = budget_view(standing)
    carbon_kg, score = footprint(lines.values(), find)
    return {
        "id": cart_id(state.user_id),
        "items": items,
        "items_count": len(lines),
        "total_items": state.units,
        "currency": state.currency or currency,
        "has_unavailable_items": bool(short) or not on_sale,
        "budget_status": status,
        "budget": budget,
        "sustainability_score": score,
        "carbon_kg": carbon_kg,
        "revision": state.revision,
        "updated_at": rfc3339(state.updated_at) if state.updated_at else None,
        "vouchers": codes(state),
        "checkout": frozen_view(state),
        "saved": saved_view(state),
        "sessions": tuple(
            [HeldView(session_id=held.session_id, trolley_id=held.trolley_id) for held in state.sessions]
        ),
        "needs": need_views(state),
    }


def need_views(state: CartState) -> tuple[NeedView, ...]:
    """Return all that staff has to decide of the cart, or has decided."""
    return tuple([need_view(each) for each in state.needs]) if state.needs else ()


def need_view(need: Need) -> NeedView:
    """Return one request for a decision of staff, as its shopper sees it."""
    return NeedView(
        id=need.need_id,
        kind=need.kind,
        item_id=need.line_id,
        state=need.state,
        age=need.age or None,
        name=need.name,
        reason=need.reason or None,
    )


def saved_view(state: CartState) -> SavedView | None:
    """Return the lines that can be restored; the client compares ``until`` with its clock."""
    if not state.saved or state.saved_until is None:
        return None
    return SavedView(items_count=len(state.saved), until=rfc3339(state.saved_until))


def codes(state: CartState) -> tuple[str, ...]:
    """Return the codes of the vouchers that the cart holds."""
    return tuple([each.code for each in state.vouchers])


def frozen_view(state: CartState) -> FrozenView | None:
    """Return the checkout that goes on, or None."""
    held = state.checkout
    if held is None:
        return None
    status = "ACTIVE" if held.reserved else "PENDING"
    return FrozenView(
        reservation_id=held.reservation_id,
        branch=held.branch,
        status=status,
        expires_at=rfc3339(held.expires_at),
        payment_id=held.payment_id if held.paid is None else held.paid.payment_id,
    )
