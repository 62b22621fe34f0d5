"""Messages of ``cart/<user_id>`` about its checkout: the exchange with the branch's stock."""

from __future__ import annotations

from typing import Literal

import msgspec

from actors.kit.command import Command as Asked
from actors.messages.money.amounts import Amounts, TaxTerms
from actors.messages.money.promotions import Deal
from actors.messages.stock import Shortage


class Wish(msgspec.Struct, frozen=True):
    """To pay as soon as the stock keeps the goods."""

    payment_id: str
    provider: str
    chain: str


CancelReason = Literal["cancelled", "session_ended"]

# --- commands -------------------------------------------------------------


class Checkout(msgspec.Struct, Asked["CheckedOut"], frozen=True, tag="Checkout"):
    """Keep all of the cart for the shopper. Pending until the stock has answered. Answer: CheckedOut."""

    reservation_id: str
    branch: str
    hold_s: float
    unavailable: tuple[str, ...] = ()
    """Keys of lines whose product is not sold any more, as the edge knows it."""
    terms: TaxTerms = TaxTerms()
    """On which the branch sells these goods today."""
    deals: tuple[Deal, ...] = ()
    """The promotions that are about these goods today."""


class CancelCheckout(msgspec.Struct, Asked["CheckoutOver"], frozen=True, tag="CancelCheckout"):
    """Thaw the cart and give the goods back. Answer: CheckoutOver."""


class ReservationMade(msgspec.Struct, frozen=True, tag="ReservationMade"):
    """From the stock."""

    reservation_id: str
    branch: str


class ReservationRefused(msgspec.Struct, frozen=True, tag="ReservationRefused"):
    """From the stock: there is not enough."""

    reservation_id: str
    shortages: tuple[Shortage, ...]


class ReservationOverdue(msgspec.Struct, frozen=True, tag="ReservationOverdue"):
    """From the stock's sweep: this should have ended; what became of it?"""

    reservation_id: str
    branch: str


class VoucherKept(msgspec.Struct, frozen=True, tag="VoucherKept"):
    """From a voucher: one of its uses is this checkout's."""

    reservation_id: str
    voucher_id: str


class VoucherGone(msgspec.Struct, frozen=True, tag="VoucherGone"):
    """From a voucher: all of its uses are taken."""

    reservation_id: str
    voucher_id: str


# --- answers --------------------------------------------------------------


class CheckedOut(msgspec.Struct, frozen=True, tag="CheckedOut"):
    """The lines and the total are the cart's at ``revision``."""

    reservation_id: str
    expires_at: float
    revision: int


class CheckoutOver(msgspec.Struct, frozen=True, tag="CheckoutOver"):
    reservation_id: str
    revision: int


# --- events ---------------------------------------------------------------


class CheckoutRequested(msgspec.Struct, frozen=True, kw_only=True, tag="CheckoutRequested"):
    """The cart is frozen; the stock is told."""

    reservation_id: str
    branch: str
    request_id: str
    """The command that the stock's answer settles."""
    expires_at: float
    session_id: str | None
    """The session in which the goods were put in, if one is open in that branch."""
    restore_s: float
    at: float
    wish: Wish | None = None
    amounts: Amounts | None = None
    """What is to be paid; None: the lines' total (from before there were taxes)."""


class CheckoutReserved(msgspec.Struct, frozen=True, tag="CheckoutReserved"):
    reservation_id: str
    at: float


class CheckoutRefused(msgspec.Struct, frozen=True, kw_only=True, tag="CheckoutRefused"):
    """Not enough; the cart thaws. Of ``items_cleared`` see CheckoutExpired."""

    reservation_id: str
    shortages: tuple[Shortage, ...]
    items_cleared: int
    saved_until: float | None
    at: float


class CheckoutCancelled(msgspec.Struct, frozen=True, kw_only=True, tag="CheckoutCancelled"):
    """The cart thaws. ``reserved``: the stock keeps the goods, and is told to put them back."""

    reservation_id: str
    branch: str
    reserved: bool
    reason: CancelReason
    items_cleared: int
    saved_until: float | None
    at: float


class CheckoutExpired(msgspec.Struct, frozen=True, kw_only=True, tag="CheckoutExpired"):
    """The time is over; the stock is told, the cart thaws with its lines.

    If the session in which they were put in is over meanwhile, they are cleared and saved
    until ``saved_until``, as its end would have done.
    """

    reservation_id: str
    branch: str
    items_cleared: int
    saved_until: float | None
    at: float


class CheckoutCompleted(msgspec.Struct, frozen=True, tag="CheckoutCompleted"):
    """Paid; the stock is told that it is sold."""

    reservation_id: str
    branch: str
    at: float


class ReservationReturned(msgspec.Struct, frozen=True, tag="ReservationReturned"):
    """A reservation that no checkout waits for any more: the stock is told to put it back."""

    reservation_id: str
    branch: str
    at: float


class CheckoutVoucherKept(msgspec.Struct, frozen=True, tag="CheckoutVoucherKept"):
    """A voucher is sure. With the last one of them the stock is told."""

    reservation_id: str
    voucher_id: str
    at: float


class VouchersFreed(msgspec.Struct, frozen=True, tag="VouchersFreed"):
    """A checkout came to nothing, or was over before: the vouchers are told."""

    reservation_id: str
    voucher_ids: tuple[str, ...]
    at: float


class VouchersUsed(msgspec.Struct, frozen=True, tag="VouchersUsed"):
    """A checkout is paid: ``voucher_ids`` are told, ``counted`` are those of which a person has so many."""

    reservation_id: str
    voucher_ids: tuple[str, ...]
    counted: tuple[str, ...]
    at: float


Command = (
    Checkout
    | CancelCheckout
    | ReservationMade
    | ReservationRefused
    | ReservationOverdue
    | VoucherKept
    | VoucherGone
)
Answer = CheckedOut | CheckoutOver
Event = (
    CheckoutRequested
    | CheckoutReserved
    | CheckoutRefused
    | CheckoutCancelled
    | CheckoutExpired
    | CheckoutCompleted
    | ReservationReturned
    | CheckoutVoucherKept
    | VouchersFreed
    | VouchersUsed
)
