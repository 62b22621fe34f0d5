"""Messages of ``payment/<payment_id>``, and its requests to the edge ``provider/<name>``.

What a provider says comes back as a command. Such a word may come late, twice and in any order: as the answer
of a call, as a webhook, and from a reconciliation.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from actors.kit.command import Command as Asked
from actors.messages.money.order import Dispute
from actors.messages.money.purchase import Purchase
from actors.messages.money.refund import RefundPayment

Waits = Literal["shopper", "action", "bank"]
"""For whom an open payment waits: the shopper has to pay, to prove something, or has done their part."""

TillMethod = Literal["cash", "card"]

# --- commands: from the cart and the shopper ------------------------------------------------


class StartPayment(msgspec.Struct, frozen=True, kw_only=True, tag="StartPayment"):
    """From the cart: somebody is to pay for what it keeps."""

    user_id: str
    purchase: Purchase
    provider: str
    expires_at: float
    """When the reservation ends; a payment may come later all the same."""
    cart_revision: int
    """Of the cart when it asked."""


class FindPayment(msgspec.Struct, Asked["PaymentStands"], frozen=True, tag="FindPayment"):
    """How does it stand? Pending until the provider knows of it. Answer: PaymentStands."""


class ConfirmPayment(msgspec.Struct, Asked["PaymentStands"], frozen=True, tag="ConfirmPayment"):
    """The shopper has done something. Pending until the provider has said what. Answer: PaymentStands.

    Neither the card nor ``approve`` is ever journalled.
    """

    card: str | None = None
    approve: bool | None = None


class SettleAtTill(msgspec.Struct, Asked["TillSettled"], frozen=True, kw_only=True, tag="SettleAtTill"):
    """A cashier of the branch has the money before them. Answer: TillSettled.

    ``received``: cash, None: just what is due.
    """

    branch: str
    by: str
    method: TillMethod
    received: Decimal | None = None


class CheckPayment(msgspec.Struct, frozen=True, tag="CheckPayment"):
    """From the reconciliation: ask the provider about whatever is not settled."""


class PaymentKept(msgspec.Struct, frozen=True, tag="PaymentKept"):
    """From the cart: an order was made of it."""

    order_id: str


# --- commands: what the provider says ---------------------------------------------------------


class Opened(msgspec.Struct, frozen=True, tag="Opened"):
    """The provider knows of it, under its own ``reference``; nobody has paid yet."""

    reference: str
    waits: Waits


class Taken(msgspec.Struct, frozen=True, kw_only=True, tag="Taken"):
    """The money is taken; ``capture`` is the provider's id of what can be given back."""

    reference: str
    capture: str
    amount: Decimal
    currency: str
    at: float
    """By the provider's clock."""


class NotTaken(msgspec.Struct, frozen=True, tag="NotTaken"):
    """It will not be paid. ``reason`` is a code, ``detail`` a sentence for the shopper."""

    reason: str
    detail: str
    reference: str = ""


class NeverHeard(msgspec.Struct, frozen=True, tag="NeverHeard"):
    """The provider has no such payment."""


class Silent(msgspec.Struct, frozen=True, tag="Silent"):
    """A call ended without an answer: nobody knows whether it was done."""

    asked: Literal["create", "confirm", "look_up", "refund"]
    refund_id: str = ""


class Unheard(msgspec.Struct, frozen=True, tag="Unheard"):
    """What the shopper handed over makes no sense to the provider; nothing was done."""

    command_id: str
    detail: str


class GivenBack(msgspec.Struct, frozen=True, tag="GivenBack"):
    """A refund is made: one of ours, or one that somebody made at the provider itself."""

    refund_id: str
    """Ours; empty: nobody here asked for it."""
    reference: str = ""
    """The provider's own id of the refund."""
    amount: Decimal | None = None
    """Of a refund that nobody here asked for."""
    capture: str = ""
    """What it gives back; empty: what the payment took."""


class GivingBack(msgspec.Struct, frozen=True, tag="GivingBack"):
    """A refund is on its way, but not certain."""

    refund_id: str
    reference: str = ""


class NotGivenBack(msgspec.Struct, frozen=True, tag="NotGivenBack"):
    """A refund is refused, be it after it was made; with a sentence for staff."""

    refund_id: str
    """As in GivenBack."""
    detail: str
    reference: str = ""


class Disputed(msgspec.Struct, frozen=True, tag="Disputed"):
    """The buyer's bank wants money back, or has decided."""

    dispute: Dispute


# --- to the edge provider/<name> ----------------------------------------------------------------


class ToCharge(msgspec.Struct, frozen=True):
    """Which payment it is about, in every call."""

    payment_id: str
    amount: Decimal
    currency: str
    reference: str = ""
    """Empty while the provider's answer is not known."""


class Charge(msgspec.Struct, frozen=True, tag="Charge"):
    """Make it known to the provider."""

    charge: ToCharge


class Confirm(msgspec.Struct, frozen=True, tag="Confirm"):
    """Hand over what the shopper did."""

    charge: ToCharge
    command_id: str
    card: str | None = None
    approve: bool | None = None


class LookUp(msgspec.Struct, frozen=True, tag="LookUp"):
    """Ask how it stands."""

    charge: ToCharge


class GiveBack(msgspec.Struct, frozen=True, kw_only=True, tag="GiveBack"):
    """Give money back, or say how that refund stands."""

    charge: ToCharge
    refund_id: str
    capture: str
    amount: Decimal
    reason: str


ToProvider = Charge | Confirm | LookUp | GiveBack

# --- answers --------------------------------------------------------------------------------------


class PaymentStands(msgspec.Struct, frozen=True, tag="PaymentStands"):
    """The result is in the state that is returned with this answer."""

    payment_id: str


class TillSettled(msgspec.Struct, frozen=True, tag="TillSettled"):
    """``due`` is the amount as coins can make it up; ``change`` goes back to the shopper."""

    due: Decimal
    received: Decimal
    change: Decimal


# --- events ---------------------------------------------------------------------------------------


class ChargeStarted(msgspec.Struct, frozen=True, kw_only=True, tag="ChargeStarted"):
    """The provider is asked to open it, as often as it takes."""

    user_id: str
    purchase: Purchase
    provider: str
    expires_at: float
    cart_revision: int
    at: float


class ChargeOpened(msgspec.Struct, frozen=True, tag="ChargeOpened"):
    """It waits for somebody, who may change."""

    reference: str
    waits: Waits
    at: float


class ChargeTaken(msgspec.Struct, frozen=True, tag="ChargeTaken"):
    """Paid, in full; the cart is told, and says what becomes of it."""

    reference: str
    capture: str
    paid_at: float
    at: float


class TillPaid(msgspec.Struct, frozen=True, kw_only=True, tag="TillPaid"):
    """A cashier took ``received`` for ``due`` and gave the rest back; ChargeTaken follows."""

    by: str
    method: TillMethod
    due: Decimal
    received: Decimal
    at: float


class ChargeDeclined(msgspec.Struct, frozen=True, tag="ChargeDeclined"):
    """Nobody will pay; the cart is told. What is paid all the same comes as ChargeTaken."""

    reason: str
    detail: str
    reference: str
    at: float


class ChargeKept(msgspec.Struct, frozen=True, tag="ChargeKept"):
    """An order was made of it."""

    order_id: str
    at: float


class RefundStarted(msgspec.Struct, frozen=True, kw_only=True, tag="RefundStarted"):
    """The provider is asked to give ``amount`` of ``capture`` back."""

    refund_id: str
    capture: str
    amount: Decimal
    reason: str
    order_id: str | None
    """The order that asked; None: there is no use for the money."""
    at: float


class RefundSettled(msgspec.Struct, frozen=True, kw_only=True, tag="RefundSettled"):
    """The provider has said how a refund ended; an order that asked for it is told."""

    refund_id: str
    made: bool
    amount: Decimal
    detail: str
    """Why not, as a sentence."""
    reference: str
    order_id: str | None
    at: float


class RefundFound(msgspec.Struct, frozen=True, kw_only=True, tag="RefundFound"):
    """Somebody gave money back at the provider itself; the order is told."""

    refund_id: str
    """Made from the provider's id of it."""
    capture: str
    amount: Decimal
    reference: str
    order_id: str | None
    """None: no order was made of the payment, or not yet."""
    at: float


class ChargeDisputed(msgspec.Struct, frozen=True, kw_only=True, tag="ChargeDisputed"):
    """The buyer's bank wants money back, or has decided; the order is told."""

    dispute: Dispute
    order_id: str | None
    at: float


FromProvider = (
    Opened
    | Taken
    | NotTaken
    | NeverHeard
    | Silent
    | Unheard
    | GivenBack
    | GivingBack
    | NotGivenBack
    | Disputed
)
Command = (
    StartPayment
    | FindPayment
    | ConfirmPayment
    | SettleAtTill
    | CheckPayment
    | PaymentKept
    | RefundPayment
    | FromProvider
)
Answer = PaymentStands | TillSettled
Event = (
    ChargeStarted
    | ChargeOpened
    | ChargeTaken
    | TillPaid
    | ChargeDeclined
    | ChargeKept
    | RefundStarted
    | RefundSettled
    | RefundFound
    | ChargeDisputed
)
