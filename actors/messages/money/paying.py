"""Messages of ``cart/<user_id>`` about paying for what it keeps: exchanged with ``payment/<payment_id>``."""

from __future__ import annotations

import msgspec

from actors.kit.command import Command as Asked
from actors.messages.money.amounts import Amounts
from actors.messages.money.checkout import Checkout
from actors.messages.money.purchase import Purchase

# --- commands -------------------------------------------------------------


class RequestPayment(msgspec.Struct, Asked["PaymentAsked"], frozen=True, tag="RequestPayment"):
    """Pay for the cart; pending while its goods are not kept yet. Answer: PaymentAsked.

    The same provider again: the payment that goes on.
    """

    payment_id: str
    provider: str
    chain: str
    currency: str | None = None
    """What the shopper thinks it costs; None: whatever the cart is in."""
    checkout: Checkout | None = None
    """What to begin with if there is no checkout."""


class PaymentSucceeded(msgspec.Struct, frozen=True, tag="PaymentSucceeded"):
    """From a payment: the money is there, for these goods, whether anybody still waits for it or not."""

    payment_id: str
    purchase: Purchase
    cart_revision: int
    """Of the cart when it asked for this payment."""


class PaymentFailed(msgspec.Struct, frozen=True, tag="PaymentFailed"):
    """From a payment: it came to nothing. ``reason`` is a code, ``detail`` a sentence for the shopper."""

    payment_id: str
    reason: str
    detail: str


# --- answers --------------------------------------------------------------


class PaymentAsked(msgspec.Struct, frozen=True, tag="PaymentAsked"):
    payment_id: str
    reservation_id: str
    expires_at: float
    """When the reservation ends."""


# --- events ---------------------------------------------------------------


class PaymentRequested(msgspec.Struct, frozen=True, kw_only=True, tag="PaymentRequested"):
    """The payment is told to start, for what the checkout holds."""

    payment_id: str
    reservation_id: str
    provider: str
    chain: str
    trolley_id: str | None
    at: float


class PaymentDeclined(msgspec.Struct, frozen=True, kw_only=True, tag="PaymentDeclined"):
    """The payment of this checkout came to nothing; another may be tried while the time lasts."""

    payment_id: str
    reservation_id: str
    reason: str
    detail: str
    at: float


class CheckoutReopened(msgspec.Struct, frozen=True, kw_only=True, tag="CheckoutReopened"):
    """The money came after the checkout's end: the cart freezes again, and the stock is asked once more."""

    payment_id: str
    reservation_id: str
    branch: str
    chain: str
    session_id: str | None
    trolley_id: str | None
    expires_at: float
    restore_s: float
    at: float
    amounts: Amounts | None = None
    """What was paid; None: the lines' total."""


class CheckoutPaid(msgspec.Struct, frozen=True, kw_only=True, tag="CheckoutPaid"):
    """Sold. Stock, order and payment are told; the trolleys of the branch are released as paid."""

    payment_id: str
    order_id: str
    purchase: Purchase
    at: float


class PaymentReturned(msgspec.Struct, frozen=True, tag="PaymentReturned"):
    """There is no use for the money: the payment is told to give it back. ``reason`` is a sentence."""

    payment_id: str
    refund_id: str
    reason: str
    at: float


Command = RequestPayment | PaymentSucceeded | PaymentFailed
Answer = PaymentAsked
Event = PaymentRequested | PaymentDeclined | CheckoutReopened | CheckoutPaid | PaymentReturned
