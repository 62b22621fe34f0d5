"""Messages of ``order/<payment id>``: what was bought and paid, and what became of it.

An order has the id of the payment that made it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from actors.kit.command import Command as Asked
from actors.messages.money.purchase import Purchase


class GoodsBack(msgspec.Struct, frozen=True, gc=False):
    """So many units of an order's line that came back."""

    line_id: str
    units: int


DisputeStatus = Literal["needs_response", "under_review", "won", "lost"]
"""The bank asks why money was taken; has heard; leaves the money here; takes it back for good."""


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A buyer's bank wants money back: as the provider told it last."""

    dispute_id: str
    """The provider's own id."""
    amount: Decimal
    status: DisputeStatus
    reason: str
    """The provider's code, e.g. ``fraudulent``."""
    due_by: float | None
    """Until when it can be answered, POSIX seconds; None: there is nothing to answer."""


# --- commands -------------------------------------------------------------


class PlaceOrder(msgspec.Struct, frozen=True, tag="PlaceOrder"):
    """From the cart: it is paid, at the reserved prices."""

    user_id: str
    purchase: Purchase


class RefundMade(msgspec.Struct, frozen=True, tag="RefundMade"):
    """From the payment: the provider gave ``amount`` back."""

    refund_id: str
    amount: Decimal


class RefundFailed(msgspec.Struct, frozen=True, tag="RefundFailed"):
    """From the payment: the provider refused, be it after it was made; its reason as a sentence."""

    refund_id: str
    reason: str


class NoteDispute(msgspec.Struct, frozen=True, tag="NoteDispute"):
    """From the payment: the buyer's bank wants the money back, or has decided."""

    dispute: Dispute


class GiveNumber(msgspec.Struct, frozen=True, tag="GiveNumber"):
    """From the branch's order numbers: what people call the order."""

    number: int


class VerifyExit(msgspec.Struct, Asked["ExitPassed"], frozen=True, tag="VerifyExit"):
    """Somebody at the exit of ``branch`` has seen the pass. Once only. Answer: ExitPassed."""

    chain: str
    branch: str
    user_id: str
    """Who looked."""
    valid_s: float
    """How long after the purchase a pass is good."""


class RefundOrder(msgspec.Struct, Asked["RefundBegun"], frozen=True, kw_only=True, tag="RefundOrder"):
    """Staff gives ``amount`` back (None: all that is left). Answer: RefundBegun; the payment decides."""

    refund_id: str
    amount: Decimal | None
    reason: str
    user_id: str
    """Who gives it."""
    returned: tuple[GoodsBack, ...] = ()
    """What goes back into the branch's stock."""


# --- answers --------------------------------------------------------------


class ExitPassed(msgspec.Struct, frozen=True, tag="ExitPassed"):
    verified_at: float


class RefundBegun(msgspec.Struct, frozen=True, tag="RefundBegun"):
    """``left`` can still be given back after this one."""

    refund_id: str
    amount: Decimal
    left: Decimal


# --- events ---------------------------------------------------------------


class OrderPlaced(msgspec.Struct, frozen=True, tag="OrderPlaced"):
    """It was paid. The purchase's total is the sum of its lines' totals, always."""

    user_id: str
    purchase: Purchase
    at: float


class OrderNumbered(msgspec.Struct, frozen=True, tag="OrderNumbered"):
    """``number`` is unique in the branch."""

    number: int
    at: float


class ExitVerified(msgspec.Struct, frozen=True, tag="ExitVerified"):
    """The goods have left the branch under somebody's eyes."""

    user_id: str
    at: float


class RefundRequested(msgspec.Struct, frozen=True, kw_only=True, tag="RefundRequested"):
    """The payment is told to give ``amount`` back, the stock what came back."""

    refund_id: str
    amount: Decimal
    reason: str
    user_id: str
    returned: tuple[GoodsBack, ...]
    at: float


class OrderRefunded(msgspec.Struct, frozen=True, tag="OrderRefunded"):
    """The provider refunded ``amount``, no matter who requested it."""

    refund_id: str
    amount: Decimal
    at: float


class RefundRefused(msgspec.Struct, frozen=True, tag="RefundRefused"):
    """The provider did not; the amount can be asked for again."""

    refund_id: str
    reason: str
    at: float


class RefundReversed(msgspec.Struct, frozen=True, tag="RefundReversed"):
    """A refund that was made came back from the bank: the buyer does not have the money."""

    refund_id: str
    reason: str
    at: float


class OrderDisputed(msgspec.Struct, frozen=True, tag="OrderDisputed"):
    """The buyer's bank wants the money back, or has decided."""

    dispute: Dispute
    at: float


Command = PlaceOrder | GiveNumber | VerifyExit | RefundOrder | RefundMade | RefundFailed | NoteDispute
Answer = ExitPassed | RefundBegun
Event = (
    OrderPlaced
    | OrderNumbered
    | ExitVerified
    | RefundRequested
    | OrderRefunded
    | RefundRefused
    | RefundReversed
    | OrderDisputed
)
