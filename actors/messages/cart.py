"""Messages of ``cart/<user_id>``."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from actors.kit.command import Command as Asked
from actors.messages.budget import Standing
from actors.messages.pricing import Rule, Voucher
from actors.messages.restriction import Restriction
from actors.messages.trolley import Outcome


class Offer(msgspec.Struct, frozen=True):
    """What the edge's catalogue says of a product at the moment of the command, to this shopper there."""

    product_id: str
    barcode: str
    name: str
    price: Decimal
    """Unit price of the product in the currency's decimals, before any rule."""
    currency: str
    variant_id: str | None = None
    variant_name: str | None = None
    adjustment: Decimal | None = None
    """What the variant costs more (or less); None without a variant."""
    rules: tuple[tuple[Rule, ...], ...] = ()
    """Every rule that could apply, as ``pricing.stages`` groups and orders them."""
    categories: tuple[str, ...] = ()
    """Ids of the product's category and those above it."""
    label: str | None = None
    """The code on the label of one weighed or priced piece. ``price`` is then the label's, or that of
    a kilogram if ``weight_g`` is given; rules and vouchers leave a printed price alone."""
    weight_g: int | None = None
    restricted: Restriction | None = None
    lot: str = ""
    """The production lot on the label; empty: it says none."""


class PriceStep(msgspec.Struct, frozen=True, gc=False):
    """One step of a price: the rule that made it and the unit price after it."""

    rule: str
    unit_price: Decimal


class Line(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One product (and variant) in the cart, priced as a whole when last changed."""

    line_id: str
    product_id: str
    barcode: str
    name: str
    quantity: int
    unit_price: Decimal
    line_total: Decimal
    price_trace: tuple[PriceStep, ...]
    added_at: float
    variant_id: str | None = None
    variant_name: str | None = None
    label: str | None = None
    """The code on the piece's own label; one with a printed price keeps it."""
    weight_g: int | None = None
    restricted: Restriction | None = None
    lots: tuple[str, ...] = ()
    """The production lots of its units, as far as their labels said."""


class PriceChange(msgspec.Struct, frozen=True):
    """A line whose price differs now; lines of the same answer share the cart's currency."""

    line_id: str
    old_unit_price: Decimal
    new_unit_price: Decimal
    new_line_total: Decimal


def key_of(thing: Line | Offer) -> str:
    """Return what makes two lines one: ``product_id``, ``product_id/variant_id``, ``product_id#label``."""
    if thing.label is not None:
        return f"{thing.product_id}#{thing.label}"
    variant = thing.variant_id
    return thing.product_id if variant is None else f"{thing.product_id}/{variant}"


def sku_of(line: Line) -> str:
    """Return what the stock counts: labelled pieces of one product are so many of it."""
    return line.product_id if line.variant_id is None else f"{line.product_id}/{line.variant_id}"


# --- commands -------------------------------------------------------------


class OpenSession(msgspec.Struct, frozen=True, kw_only=True, tag="OpenSession"):
    """From the trolley: this user claims it. Tells ConfirmClaim or DenyClaim back."""

    session_id: str
    trolley_id: str
    branch: str
    chain: str
    currency: str
    exclusive: bool
    """True: one trolley a user (branch setting)."""
    restore_s: float
    resumed: bool = False
    """True: a session of this user that had expired goes on, with its lines."""


class CloseSession(msgspec.Struct, frozen=True, tag="CloseSession"):
    """From the trolley: the session is over there (end or expiry)."""

    session_id: str
    outcome: Outcome


class NotResumed(msgspec.Struct, frozen=True, tag="NotResumed"):
    """From the trolley: the session that expired does not go on (a hint)."""

    session_id: str


class EndSession(msgspec.Struct, Asked["SessionOver"], frozen=True, tag="EndSession"):
    """The shopper ends it. Pending until the trolley is released. Answer: SessionOver."""

    session_id: str
    outcome: Outcome = "abandoned"


class FindSession(msgspec.Struct, Asked["SessionFound"], frozen=True, tag="FindSession"):
    """Which trolley is that session of mine? Answer: SessionFound; None: the latest open one.

    A session that ran out goes on by this, if the trolley agrees; pending until it has said so.
    """

    session_id: str | None = None


class AddItem(msgspec.Struct, Asked["ItemPut"], frozen=True, tag="AddItem"):
    """Answer: ItemPut. session_id None: no session named (the shopper's cart all the same)."""

    offer: Offer
    quantity: int = 1
    session_id: str | None = None
    line_id: str = ""
    """Id for the line if it is new; made at the edge."""


class SetQuantity(msgspec.Struct, Asked["ItemPut | ItemsGone"], frozen=True, tag="SetQuantity"):
    """Answer: ItemPut (quantity 0: ItemsGone). offer: today's, None keeps the snapshotted price."""

    line_id: str
    quantity: int
    offer: Offer | None = None


class RemoveItem(msgspec.Struct, Asked["ItemsGone"], frozen=True, tag="RemoveItem"):
    """Answer: ItemsGone."""

    line_id: str


class ClearCart(msgspec.Struct, Asked["ItemsGone"], frozen=True, tag="ClearCart"):
    """Answer: ItemsGone."""


class RestoreLines(msgspec.Struct, Asked["Restored"], frozen=True, tag="RestoreLines"):
    """Bring the saved lines back, merged into lines of the same product. Answer: Restored."""

    offers: dict[str, Offer] = {}
    """Today's offer by ``product_id`` (``product_id/variant_id`` of a variant).

    Saved lines without one keep their snapshot.
    """


class Reprice(msgspec.Struct, Asked["Quoted"], frozen=True, tag="Reprice"):
    """``cart.quote``: price every line again. Answer: Quoted."""

    offers: dict[str, Offer]
    """Keyed as in RestoreLines; lines without an offer stay as they are."""
    vouchers: tuple[Voucher, ...] | None = None
    """Of the codes that the cart holds, those that still are; None: as they were."""


class ApplyVoucher(msgspec.Struct, Asked["Quoted"], frozen=True, tag="ApplyVoucher"):
    """Hold a code, and price every line with it. Answer: Quoted. The same code again replaces its rule."""

    voucher: Voucher
    offers: dict[str, Offer]
    """As in Reprice."""


class DropVoucher(msgspec.Struct, Asked["Quoted"], frozen=True, tag="DropVoucher"):
    """Hold a code no longer, and price every line without it. Answer: Quoted."""

    code: str
    offers: dict[str, Offer]


# --- answers --------------------------------------------------------------
# ``standing`` is None without a budget.


class SessionFound(msgspec.Struct, frozen=True, tag="SessionFound"):
    session_id: str
    trolley_id: str
    branch: str
    since: float


class SessionOver(msgspec.Struct, frozen=True, tag="SessionOver"):
    session_id: str
    trolley_id: str
    outcome: Outcome
    items_cleared: int
    """Lines, not units."""


class ItemPut(msgspec.Struct, frozen=True, gc=False, tag="ItemPut"):
    line: Line
    cart_total: Decimal
    currency: str
    items_count: int
    total_items: int
    revision: int
    standing: Standing | None = None


class ItemsGone(msgspec.Struct, frozen=True, tag="ItemsGone"):
    removed: int
    cart_total: Decimal
    currency: str
    items_count: int
    total_items: int
    revision: int
    standing: Standing | None = None


class Restored(msgspec.Struct, frozen=True, tag="Restored"):
    restored: int
    cart_total: Decimal
    currency: str
    items_count: int
    total_items: int
    revision: int
    standing: Standing | None = None


class Quoted(msgspec.Struct, frozen=True, tag="Quoted"):
    changes: tuple[PriceChange, ...]
    cart_total: Decimal
    currency: str
    revision: int
    standing: Standing | None = None


# --- events ---------------------------------------------------------------


class SessionAttached(msgspec.Struct, frozen=True, kw_only=True, tag="SessionAttached"):
    session_id: str
    trolley_id: str
    branch: str
    chain: str
    currency: str
    restore_s: float
    at: float


class SessionRefused(msgspec.Struct, frozen=True, kw_only=True, tag="SessionRefused"):
    """The user holds another trolley; changes nothing, but its tell must not be lost."""

    session_id: str
    trolley_id: str
    held_trolley_id: str
    held_session_id: str
    at: float


class SessionEndRequested(msgspec.Struct, frozen=True, kw_only=True, tag="SessionEndRequested"):
    session_id: str
    trolley_id: str
    outcome: Outcome
    end_id: str
    """The command id that the trolley's release settles."""
    at: float


class SessionDetached(msgspec.Struct, frozen=True, kw_only=True, tag="SessionDetached"):
    """The session is over: lines are cleared, and saved until ``saved_until`` unless paid.

    ``items_cleared`` is 0 when there was nothing to clear, or when another of the
    user's sessions is still open and keeps the lines (only where a branch lets one
    user have several trolleys).
    """

    session_id: str
    trolley_id: str
    outcome: Outcome
    items_cleared: int
    saved_until: float | None
    at: float


class ItemAdded(msgspec.Struct, frozen=True, gc=False, tag="ItemAdded"):
    """``line`` is the line after the change, new or grown by ``quantity``."""

    line: Line
    quantity: int
    session_id: str | None
    currency: str
    at: float


class QuantityChanged(msgspec.Struct, frozen=True, tag="QuantityChanged"):
    line: Line
    at: float


class ItemRemoved(msgspec.Struct, frozen=True, tag="ItemRemoved"):
    line_id: str
    at: float


class CartCleared(msgspec.Struct, frozen=True, tag="CartCleared"):
    items_cleared: int
    at: float


class LinesRestored(msgspec.Struct, frozen=True, tag="LinesRestored"):
    """``lines`` are the changed lines as they are after the merge."""

    lines: tuple[Line, ...]
    at: float


class LinesRepriced(msgspec.Struct, frozen=True, tag="LinesRepriced"):
    lines: tuple[Line, ...]
    at: float


class VouchersChanged(msgspec.Struct, frozen=True, tag="VouchersChanged"):
    """``vouchers`` are all that the cart holds now, ``lines`` those whose price changed by it."""

    vouchers: tuple[Voucher, ...]
    lines: tuple[Line, ...]
    at: float


Command = (
    OpenSession
    | CloseSession
    | EndSession
    | FindSession
    | NotResumed
    | AddItem
    | SetQuantity
    | RemoveItem
    | ClearCart
    | RestoreLines
    | Reprice
    | ApplyVoucher
    | DropVoucher
)
Answer = SessionFound | SessionOver | ItemPut | ItemsGone | Restored | Quoted
Event = (
    SessionAttached
    | SessionRefused
    | SessionEndRequested
    | SessionDetached
    | ItemAdded
    | QuantityChanged
    | ItemRemoved
    | CartCleared
    | LinesRestored
    | LinesRepriced
    | VouchersChanged
)
