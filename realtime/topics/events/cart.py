"""Events of the topic ``cart``. Each that is numbered carries the totals after it."""

from __future__ import annotations

from decimal import Decimal

from realtime.commands.recommendations import RecommendationsView
from realtime.views.base import View
from realtime.views.budget import BudgetStatus, BudgetView
from realtime.views.cart import FrozenView, ItemView, NeedView, SavedView


class Totals(View, frozen=True):
    """The cart in sum; every event has these."""

    revision: int
    items_count: int
    """Lines."""
    total_items: int
    """Units."""
    total_price: Decimal
    currency: str
    updated_at: str
    budget_status: BudgetStatus
    budget: BudgetView | None


class TotalsChanged(Totals, frozen=True):
    """The revision went on; nothing else that is shown has changed."""


class ItemAdded(Totals, frozen=True):
    """A line is new or has grown; ``item`` is the line after it."""

    item: ItemView


class QuantityChanged(Totals, frozen=True):
    """A line's quantity was set; ``item`` is the line after it."""

    item: ItemView


class ItemRemoved(Totals, frozen=True):
    """A line was removed."""

    item_id: str


class CartCleared(Totals, frozen=True):
    """Every line was removed."""


class LinesRestored(Totals, frozen=True):
    """Saved lines came back: ``items`` are to be put in, and nothing is saved any more."""

    items: tuple[ItemView, ...]


class LinesRepriced(Totals, frozen=True):
    """Prices were renewed: ``items`` are to be put in."""

    items: tuple[ItemView, ...]


class VouchersChanged(Totals, frozen=True):
    """Vouchers came or went: ``vouchers`` are all codes held now, ``items`` are to be put in."""

    items: tuple[ItemView, ...]
    vouchers: tuple[str, ...]


class BudgetChanged(Totals, frozen=True):
    """The shopper means to spend something else, or spent less than was counted."""


class BudgetAlerted(Totals, frozen=True):
    """What is spent has reached ``share`` of the budget, for the first time in this period."""

    share: Decimal


class SessionAttached(Totals, frozen=True):
    """The shopper has a trolley."""

    session_id: str
    trolley_id: str


class SessionDetached(Totals, frozen=True):
    """The shopper's session is over; ``cleared``: the lines are gone, ``saved`` can be restored."""

    session_id: str
    trolley_id: str
    outcome: str
    saved: SavedView | None
    cleared: bool
    vouchers: tuple[str, ...]


class _CheckoutEvent(Totals, frozen=True):
    checkout: FrozenView | None


class CheckoutRequested(_CheckoutEvent, frozen=True):
    """The stock is asked for the lines; meanwhile they cannot be changed."""


class CheckoutReserved(_CheckoutEvent, frozen=True):
    """The stock holds the lines until the checkout expires."""


class CheckoutEnded(Totals, frozen=True):
    """Base of the events that give the lines back to their shopper."""

    checkout: None
    saved: SavedView | None
    cleared: bool


class CheckoutRefused(CheckoutEnded, frozen=True):
    """There is not enough in stock; the lines can be changed again."""


class CheckoutCancelled(CheckoutEnded, frozen=True):
    """The checkout was given up; the lines can be changed again."""


class CheckoutExpired(CheckoutEnded, frozen=True):
    """The checkout's time is over; the lines can be changed again."""


class CheckoutCompleted(Totals, frozen=True):
    """The checkout is over, its stock is committed."""

    checkout: None


class PaymentRequested(_CheckoutEvent, frozen=True):
    """A payment of the checkout was begun."""

    payment_id: str


class PaymentDeclined(_CheckoutEvent, frozen=True):
    """The payment failed; another may be tried while the checkout lasts."""

    payment_id: str
    reason: str
    detail: str


class CheckoutReopened(_CheckoutEvent, frozen=True):
    """It was paid late: the stock is asked again for the lines that were paid."""

    payment_id: str


class CheckoutPaid(Totals, frozen=True):
    """Paid: the lines have become an order."""

    checkout: None
    payment_id: str
    order_id: str
    vouchers: tuple[str, ...]


class PaymentReturned(Totals, frozen=True):
    """What was paid goes back; ``detail`` says why."""

    payment_id: str
    detail: str


class NeedsChanged(Totals, frozen=True):
    """Staff has something to decide, has decided, or need not any more: ``needs`` are all there are now.

    ``items`` are to be put in: what was weighed.
    """

    items: tuple[ItemView, ...]
    needs: tuple[NeedView, ...]


class FootprintChanged(View, frozen=True):
    """What the goods do to the climate, once the cart has rested; numbered as the event before it."""

    sustainability_score: int | None
    carbon_kg: Decimal | None


class RecommendationsChanged(RecommendationsView, frozen=True):
    """What is suggested, once the cart has rested; numbered as the event before it."""


UNNUMBERED = frozenset({"FootprintChanged", "RecommendationsChanged"})
"""Events that stand beside the topic's own: each has the offset of the last one, and is not sent again."""

Event = (
    TotalsChanged
    | ItemAdded
    | QuantityChanged
    | ItemRemoved
    | CartCleared
    | LinesRestored
    | LinesRepriced
    | VouchersChanged
    | BudgetChanged
    | BudgetAlerted
    | SessionAttached
    | SessionDetached
    | CheckoutRequested
    | CheckoutReserved
    | CheckoutRefused
    | CheckoutCancelled
    | CheckoutExpired
    | CheckoutCompleted
    | PaymentRequested
    | PaymentDeclined
    | CheckoutReopened
    | CheckoutPaid
    | PaymentReturned
    | NeedsChanged
    | FootprintChanged
    | RecommendationsChanged
)
