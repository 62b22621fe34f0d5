"""What clients see: the shapes of answers and topic data, made from states and reference data.

The structs are also the schemas in the API documents. Money fields are Decimal
with the currency's digits, times are RFC 3339 text. Nothing here asks an actor or a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol, cast
from uuid import NAMESPACE_URL, uuid5

import msgspec

from actors.cart.decider import State as CartState
from actors.cart.state import sku_of
from actors.kit.money import zero
from actors.messages.alarms import Alarm
from actors.messages.branch import DeviceCard, TrolleyCard
from actors.messages.cart import Line
from actors.messages.trolley import LockState
from actors.trolley.decider import State as TrolleyState
from actors.trolley.decider import expires_at
from realtime.views.base import FrozenView, HeldView, SavedView, codes, frozen_view, saved_view
from realtime.views.base import View as View
from realtime.wire import encode, maybe_time, rfc3339


class ProductBrief(View, frozen=True):
    """The product of an add's answer, as the sources' clients read it."""

    barcode: str
    name: str
    price: Decimal


class ProductView(View, frozen=True):
    """The product of a line, as it is today."""

    id: str
    barcode: str
    name: str
    price: Decimal
    is_active: bool
    image: str | None


class VariantView(View, frozen=True):
    """A size, colour or the like."""

    id: str
    name: str | None


class StepView(View, frozen=True):
    """One step of a price: the rule and the unit price after it."""

    rule: str
    unit_price: Decimal


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


class CartView(View, frozen=True):
    """The whole cart; ``items_count`` counts lines, ``total_items`` units."""

    id: str
    items: tuple[ItemView, ...]
    items_count: int
    total_items: int
    total_price: Decimal
    currency: str
    has_unavailable_items: bool
    budget_status: None
    sustainability_score: None
    revision: int
    updated_at: str | None
    vouchers: tuple[str, ...]
    """Codes, in the order they were given."""
    checkout: FrozenView | None
    """The checkout that goes on; meanwhile the lines cannot be changed."""
    saved: SavedView | None
    sessions: tuple[HeldView, ...]


class LockView(View, frozen=True):
    """Shadow of the lock: what is wanted and what the hardware last said."""

    desired: str
    reported: str
    at: str | None


class SessionView(View, frozen=True):
    """The session that holds a trolley, with the trolley's lock and place."""

    session_id: str
    trolley_id: str
    branch: str
    cart_number: int
    started_at: str
    expires_at: str
    timeout_s: float
    lock: LockView
    lock_fault: str
    custody: str


class TrolleyView(View, frozen=True):
    """All that the map shows of a trolley."""

    trolley_id: str
    cart_number: int
    seq: int
    phase: str
    custody: str
    is_active: bool
    maintenance: bool
    maintenance_notes: str
    session_id: str | None
    assigned_to: str | None
    since: str | None
    lock: LockView
    lock_fault: str
    place: Any
    cart_total: Decimal
    cart_units: int


class DeviceView(View, frozen=True):
    """A Pi, as the map shows it."""

    device_id: str
    online: bool
    firmware: str
    last_seen: str | None


class AlarmView(View, frozen=True):
    """Something in the branch that somebody should look at; people by name."""

    alarm_id: str
    kind: str
    severity: str
    subject: str
    trolley_id: str | None
    device_id: str | None
    slot: int | None
    shopper: str | None
    product: str | None
    """What runs out, with its variant; of an alarm about a SKU."""
    detail: str
    raised_at: str
    acknowledged_at: str | None
    acknowledged_by: str | None
    assignee: str | None


# --- making them --------------------------------------------------------------


class ProductLike(Protocol):
    """What a view needs of a catalogue's product."""

    @property
    def price(self) -> Decimal:
        """Of one unit, today."""

    @property
    def is_active(self) -> bool:
        """Whether it is sold."""

    @property
    def image(self) -> str | None:
        """Address of its picture; None or empty without one."""


FindProduct = Callable[[str], ProductLike | None]
"""By product id, from the catalogue in memory."""


@lru_cache(100_000)
def cart_id(user_id: str) -> str:
    """Return the id of a user's cart; derived, so that showing an unused cart writes nothing."""
    return str(uuid5(NAMESPACE_URL, f"cart:{user_id}"))


def item_view(line: Line, product: ProductLike | None, in_stock: bool = True) -> ItemView:
    """Return one line; price and totals are the snapshot's, the rest is today's product."""
    active = product is not None and product.is_active
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
        price_trace=cast("tuple[StepView, ...]", line.price_trace),  # the same fields, the same JSON
        added_at=rfc3339(line.added_at),
        available=active and in_stock,
    )


class Items:
    """Lines as clients see them, encoded once for the reply, the event and every cart they stand in.

    A line never changes, it is replaced by one of the same id; so its encoding holds as long as its
    product is the same.
    """

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._known: dict[str, tuple[Line, ProductLike | None, ItemView]] = {}

    def view(self, line: Line, product: ProductLike | None) -> ItemView:
        """Return the encoded line, which stands for an ItemView wherever one is encoded."""
        known = self._known.get(line.line_id)
        if known is not None and known[0] is line and known[1] is product:
            return known[2]
        if known is None and len(self._known) >= self._most:
            # One by one: to throw all of them away at once would hold everybody up.
            del self._known[next(iter(self._known))]
        view = cast("ItemView", msgspec.Raw(encode(item_view(line, product))))
        self._known[line.line_id] = (line, product, view)
        return view

    def views(
        self, lines: Iterable[Line], find: FindProduct, short: frozenset[str]
    ) -> tuple[tuple[ItemView, ...], bool]:
        """Return a whole cart's lines, and whether all of their products are sold.

        Most answers over HTTP hold the whole cart, so what :meth:`view` does stands here once more,
        without a call for each line.
        """
        known, views, on_sale = self._known, [], True
        for line in lines:
            product = find(line.product_id)
            if product is None or not product.is_active:
                on_sale = False
            was = known.get(line.line_id)
            if short and sku_of(line) in short:
                views.append(item_view(line, product, False))
            elif was is not None and was[0] is line and was[1] is product:
                views.append(was[2])
            else:
                views.append(self.view(line, product))
        return tuple(views), on_sale

    def line(self, line_id: str) -> Line | None:
        """Return the line of that id that was shown last, or None."""
        known = self._known.get(line_id)
        return None if known is None else known[0]


def lock_view(lock: LockState) -> LockView:
    """Return the lock's shadow."""
    return LockView(desired=lock.desired, reported=lock.reported, at=maybe_time(lock.at))


def trolley_view(card: TrolleyCard, names: Mapping[str, str]) -> TrolleyView:
    """Return a trolley's card; ``names`` gives the holder's shown name by user id, for every id."""
    return TrolleyView(
        trolley_id=card.trolley_id,
        cart_number=card.cart_number,
        seq=card.seq,
        phase=card.phase,
        custody=card.custody,
        is_active=card.is_active,
        maintenance=card.maintenance,
        maintenance_notes=card.maintenance_notes,
        session_id=card.session_id,
        assigned_to=None if card.user_id is None else names[card.user_id],
        since=maybe_time(card.since),
        lock=lock_view(card.lock),
        lock_fault=card.lock_fault,
        place=card.place,
        cart_total=card.cart_total,
        cart_units=card.cart_units,
    )


def device_view(card: DeviceCard) -> DeviceView:
    """Return a device's card."""
    return DeviceView(
        device_id=card.device_id,
        online=card.online,
        firmware=card.firmware,
        last_seen=maybe_time(card.last_seen),
    )


def alarm_view(alarm: Alarm, display: Callable[[str], str], goods: Callable[[str], str]) -> AlarmView:
    """Return an alarm; ``display`` gives the shown name of a user id, or an empty text, ``goods`` a SKU's."""

    def name(user_id: str | None) -> str | None:
        return None if user_id is None else display(user_id) or "—"

    about = alarm.about
    return AlarmView(
        alarm_id=alarm.alarm_id,
        kind=alarm.kind,
        severity=alarm.severity,
        subject=about.subject,
        trolley_id=about.trolley_id,
        device_id=about.device_id,
        slot=about.slot,
        shopper=name(about.user_id),
        product=goods(about.subject[4:]) or "—" if about.subject.startswith("sku/") else None,
        detail=about.detail,
        raised_at=rfc3339(alarm.raised_at),
        acknowledged_at=maybe_time(alarm.acknowledged_at),
        acknowledged_by=name(alarm.acknowledged_by),
        assignee=name(alarm.assignee),
    )


def cart_view(
    state: CartState,
    find: FindProduct,
    currency: str,
    shown: Items,
    short: frozenset[str] = frozenset(),
) -> CartView:
    """Return the whole cart.

    ``currency`` is shown while the cart has none of its own; of the SKUs in ``short`` the branch has
    less than the cart holds.
    """
    lines = state.lines
    items, on_sale = shown.views(lines.values(), find, short)
    currency = state.currency or currency
    return CartView(
        id=cart_id(state.user_id),
        items=items,
        items_count=len(lines),
        total_items=state.units,
        total_price=state.total if lines else zero(currency),
        currency=currency,
        has_unavailable_items=bool(short) or not on_sale,
        budget_status=None,
        sustainability_score=None,
        revision=state.revision,
        updated_at=rfc3339(state.updated_at) if state.updated_at else None,
        vouchers=codes(state),
        checkout=frozen_view(state),
        saved=saved_view(state),
        sessions=tuple(
            [HeldView(session_id=held.session_id, trolley_id=held.trolley_id) for held in state.sessions]
        ),
    )


def session_view(state: TrolleyState) -> SessionView | None:
    """Return the session that holds the trolley, or None."""
    ref = state.ref
    if state.phase != "held" or ref is None or state.session_id is None or state.since is None:
        return None
    return SessionView(
        session_id=state.session_id,
        trolley_id=state.trolley_id,
        branch=ref.branch,
        cart_number=ref.cart_number,
        started_at=rfc3339(state.since),
        expires_at=rfc3339(expires_at(state) or state.since),
        timeout_s=ref.session_timeout_s,
        lock=lock_view(state.lock),
        lock_fault=state.lock_fault,
        custody=state.custody,
    )
