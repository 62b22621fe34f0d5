"""Answers of payment providers as commands for ``payment/<id>``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.messages.money import payment as words
from actors.messages.money.order import Dispute
from core.payments import providers


def word_of(said: providers.Said | providers.RefundSaid | providers.Disputed) -> words.FromProvider:
    """Return the command that tells a payment what its provider said; without anybody's secrets."""
    return _WORDS[type(said)](said)


def _pending(said: providers.Pending) -> words.Opened:
    return words.Opened(said.reference, "bank" if said.processing else "shopper")


def _paid(said: providers.Paid) -> words.Taken:
    return words.Taken(
        reference=said.reference, capture=said.capture, amount=said.amount, currency=said.currency, at=said.at
    )


def _disputed(said: providers.Disputed) -> words.Disputed:
    return words.Disputed(
        Dispute(
            dispute_id=said.reference,
            amount=said.amount,
            status=said.status,
            reason=said.detail,
            due_by=said.due_by,
        )
    )


_WORDS: dict[type, Callable[[Any], words.FromProvider]] = {
    providers.Created: lambda said: words.Opened(said.reference, "shopper"),
    providers.Pending: _pending,
    providers.NeedsAction: lambda said: words.Opened(said.reference, "action"),
    providers.Paid: _paid,
    providers.Declined: lambda said: words.NotTaken(said.reason, said.detail, said.reference),
    providers.NotKnown: lambda said: words.NeverHeard(),
    providers.Refunded: lambda said: words.GivenBack(
        said.refund_id, said.reference, said.amount, said.capture
    ),
    providers.RefundPending: lambda said: words.GivingBack(said.refund_id, said.reference),
    providers.RefundRefused: lambda said: words.NotGivenBack(said.refund_id, said.detail, said.reference),
    providers.Disputed: _disputed,
}
