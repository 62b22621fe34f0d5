"""The state of an order, and how its events change it."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec
from msgspec.structs import replace

from actors.kit.decider import (
    Events,
    Move,
    counted,
)
from actors.messages.money.order import (
    Dispute,
    ExitVerified,
    GoodsBack,
    OrderDisputed,
    OrderNumbered,
    OrderPlaced,
    OrderRefunded,
    RefundRefused,
    RefundRequested,
    RefundReversed,
)
from actors.messages.money.purchase import NO_PURCHASE, Purchase

Phase = Literal["new", "paid", "partly_refunded", "refunded"]
NOTHING = Decimal(0)


class Refund(msgspec.Struct, frozen=True):
    """Money that goes back, or went, or did not."""

    amount: Decimal
    reason: str
    user_id: str
    """Who gave it; empty if it was given at the provider itself."""
    returned: tuple[GoodsBack, ...]
    at: float
    status: Literal["pending", "made", "failed"] = "pending"
    detail: str = ""
    """Why it failed."""
    settled_at: float | None = None


class State(msgspec.Struct, frozen=True):
    """One order; ``order_id`` is that of the payment that made it."""

    order_id: str
    seq: int = 0
    """Events so far; the journal's seq."""
    phase: Phase = "new"
    number: int = 0
    """Unique in the branch; 0 until the branch has numbered it."""
    user_id: str = ""
    purchase: Purchase = NO_PURCHASE
    placed_at: float = 0.0
    verified_at: float | None = None
    verified_by: str = ""
    refunds: dict[str, Refund] = {}
    """By id, in the order in which they were asked for."""
    disputes: dict[str, Dispute] = {}
    """By the provider's id; the one that was told last comes last."""

    @property
    def units(self) -> int:
        """How many units were bought."""
        return sum(line.quantity for line in self.purchase.lines)

    @property
    def refunded(self) -> Decimal:
        """What was given back."""
        return self._sum("made")

    @property
    def left(self) -> Decimal:
        """What can still be given back: neither given, nor on its way, nor in a bank's dispute."""
        disputed = sum((each.amount for each in self.disputes.values() if each.status != "won"), NOTHING)
        return max(self.purchase.total - self._sum("made", "pending") - disputed, NOTHING)

    @property
    def dispute(self) -> Dispute | None:
        """The dispute as last reported."""
        return next(reversed(self.disputes.values()), None)

    def came_back(self, line_id: str) -> int:
        """Return how many units of a line went back into the stock."""
        return sum(
            back.units
            for refund in self.refunds.values()
            for back in refund.returned
            if back.line_id == line_id
        )

    def _sum(self, *statuses: str) -> Decimal:
        amounts = (refund.amount for refund in self.refunds.values() if refund.status in statuses)
        return sum(amounts, NOTHING)


def _placed(state: State, event: OrderPlaced) -> State:
    return replace(state, phase="paid", user_id=event.user_id, purchase=event.purchase, placed_at=event.at)


def _numbered(state: State, event: OrderNumbered) -> State:
    return replace(state, number=event.number)


def _verified(state: State, event: ExitVerified) -> State:
    return replace(state, verified_at=event.at, verified_by=event.user_id)


def _requested(state: State, event: RefundRequested) -> State:
    refund = Refund(event.amount, event.reason, event.user_id, event.returned, event.at)
    return replace(state, refunds={**state.refunds, event.refund_id: refund})


def _refunded(state: State, event: OrderRefunded) -> State:
    asked = state.refunds.get(event.refund_id) or Refund(event.amount, "", "", (), event.at)
    made = replace(asked, amount=event.amount, status="made", detail="", settled_at=event.at)
    after = replace(state, refunds={**state.refunds, event.refund_id: made})
    return replace(after, phase=_phase(after))


def _phase(state: State) -> Phase:
    if not state.refunded:
        return "paid"
    return "refunded" if state.refunded >= state.purchase.total else "partly_refunded"


def _refused(state: State, event: RefundRefused) -> State:
    return _failed(state, event)


def _reversed(state: State, event: RefundReversed) -> State:
    after = _failed(state, event)
    return replace(after, phase=_phase(after))


def _failed(state: State, event: RefundRefused | RefundReversed) -> State:
    failed = replace(
        state.refunds[event.refund_id], status="failed", detail=event.reason, settled_at=event.at
    )
    return replace(state, refunds={**state.refunds, event.refund_id: failed})


def _disputed(state: State, event: OrderDisputed) -> State:
    others = {key: each for key, each in state.disputes.items() if key != event.dispute.dispute_id}
    return replace(state, disputes={**others, event.dispute.dispute_id: event.dispute})


def _any_time(phase: Phase) -> dict[type, Move]:
    return {
        OrderNumbered: Move(_numbered, (phase,)),
        ExitVerified: Move(_verified, (phase,)),
        RefundRequested: Move(_requested, (phase,)),
        RefundRefused: Move(_refused, (phase,)),
        OrderDisputed: Move(_disputed, (phase,)),
    }


EVENTS = Events[State](
    {
        "new": {OrderPlaced: Move(_placed, ("paid",))},
        "paid": {**_any_time("paid"), OrderRefunded: Move(_refunded, ("refunded", "partly_refunded"))},
        "partly_refunded": {
            **_any_time("partly_refunded"),
            OrderRefunded: Move(_refunded, ("refunded", "partly_refunded")),
            RefundReversed: Move(_reversed, ("paid", "partly_refunded")),
        },
        "refunded": {
            OrderNumbered: Move(_numbered, ("refunded",)),
            RefundRefused: Move(_refused, ("refunded",)),
            RefundReversed: Move(_reversed, ("paid", "partly_refunded")),
            OrderDisputed: Move(_disputed, ("refunded",)),
        },
    },
    counted,
)
evolve = EVENTS.evolve
