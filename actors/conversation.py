"""The messages about money between cart, payment, order and provider, as one table.

Each side has a table of its own of what it does with a word; this one is what they have agreed on.
A word may come late, twice and in any order unless its row says otherwise, and the receiver's table has
a place for it in every phase in which it can come: ``tests/domain/test_conversation.py`` checks both ways.
"""

from __future__ import annotations

from typing import NamedTuple

from actors.messages.alarms import ClearAlarm, RaiseAlarm
from actors.messages.budget import NoteRefunds
from actors.messages.money import order, paying, payment, receipt, refund
from actors.messages.money.order_numbers import TakeNumber
from actors.messages.stock import AdjustStock


class Word(NamedTuple):
    """One message of the conversation."""

    sender: str
    receiver: str
    message: type
    when: str
    """What has happened, in plain words."""
    not_while: tuple[str, ...] = ()
    """Phases of the receiver in which it cannot come."""


WORDS: tuple[Word, ...] = (
    # --- somebody is to pay
    Word("cart", "payment", payment.StartPayment, "the shopper wants to pay"),
    Word("payment", "provider", payment.Charge, "the provider is to know of it; again until it answers"),
    Word("payment", "provider", payment.Confirm, "the shopper has done something"),
    Word("payment", "provider", payment.LookUp, "nobody has said for a while how it stands"),
    Word("provider", "payment", payment.Opened, "it knows of it and waits for somebody"),
    Word("provider", "payment", payment.Taken, "the money is taken"),
    Word("provider", "payment", payment.NotTaken, "it will not be paid"),
    Word("provider", "payment", payment.NeverHeard, "it has no such payment"),
    Word("provider", "payment", payment.Silent, "a call ended without an answer"),
    Word("provider", "payment", payment.Unheard, "what the shopper handed over makes no sense"),
    # --- what becomes of the money
    Word("payment", "cart", paying.PaymentSucceeded, "the money is taken: what is it for?"),
    Word("payment", "cart", paying.PaymentFailed, "nobody pays"),
    Word("cart", "payment", payment.PaymentKept, "an order was made of it", ("new", "opening", "open")),
    Word("cart", "payment", refund.RefundPayment, "there is no use for it", ("new", "opening", "open")),
    Word("cart", "order", order.PlaceOrder, "it is paid"),
    Word("order", "till", TakeNumber, "it was placed and needs a number"),
    Word("till", "order", order.GiveNumber, "the number is taken", ("new",)),
    Word("order", "receipt", receipt.SendReceipt, "it has its number"),
    # --- money goes back
    Word("order", "payment", refund.RefundPayment, "staff gives money back", ("new", "opening", "open")),
    Word("order", "stock", AdjustStock, "goods came back"),
    Word("order", "cart", NoteRefunds, "a refund is made or came back: the buyer's budget counts it"),
    Word("payment", "provider", payment.GiveBack, "a refund is to be made; again until it answers"),
    Word("provider", "payment", payment.GivingBack, "a refund takes its time"),
    Word("provider", "payment", payment.GivenBack, "a refund is made, ours or one made at the provider"),
    Word("provider", "payment", payment.NotGivenBack, "a refund is refused, be it after it was made"),
    Word("payment", "order", order.RefundMade, "a refund is made, whoever asked for it", ("new",)),
    Word("payment", "order", order.RefundFailed, "a refund is refused, be it after it was made", ("new",)),
    # --- the buyer's bank wants it back
    Word("provider", "payment", payment.Disputed, "a dispute was opened or decided"),
    Word("payment", "order", order.NoteDispute, "a dispute was opened or decided", ("new",)),
    Word("payment", "alarms", RaiseAlarm, "a refund failed, or a dispute waits for an answer"),
    Word("payment", "alarms", ClearAlarm, "the failed refund is made after all, or the bank has decided"),
)
