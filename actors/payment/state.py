"""The state of a payment, and how its events change it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from actors.kit import money
from actors.kit.decider import Events, Move
from actors.messages.money.order import Dispute
from actors.messages.money.payment import (
    ChargeDeclined,
    ChargeDisputed,
    ChargeKept,
    ChargeOpened,
    ChargeStarted,
    ChargeTaken,
    RefundFound,
    RefundSettled,
    RefundStarted,
    TillPaid,
    Waits,
)
from actors.messages.money.purchase import NO_PURCHASE, Purchase

Phase = Literal["new", "opening", "open", "declined", "paid", "kept", "returning", "returned"]
"""Nothing yet; told to the provider; waiting for somebody; nobody pays; paid, and the cart is asked what for;
an order was made of it; there is no use for it and it goes back; it went back."""
Status = Literal["pending", "requires_action", "processing", "paid", "declined", "refunded", "failed"]


PATIENCE_S = 60.0
"""After this long without a word the provider is asked again; it answers or times out much earlier."""
NOBODYS_FAULT = ("unreachable", "refused")
"""Reasons of a decline that are not the shopper's: the payment has failed."""


class Refund(msgspec.Struct, frozen=True):
    """Money that goes back, went, or is refused."""

    refund_id: str
    capture: str
    amount: Decimal
    reason: str
    order_id: str | None
    status: Literal["asked", "made", "refused"] = "asked"
    detail: str = ""
    reference: str = ""
    failed_once: bool = False
    """Whether the provider has ever refused it."""


class State(msgspec.Struct, frozen=True):
    """One payment."""

    payment_id: str
    phase: Phase = "new"
    seq: int = 0
    """Events so far; the journal's seq."""
    user_id: str = ""
    purchase: Purchase = NO_PURCHASE
    provider: str = ""
    expires_at: float = 0.0
    cart_revision: int = 0
    started_at: float = 0.0
    reference: str = ""
    waits: Waits = "shopper"
    capture: str = ""
    paid_at: float | None = None
    reason: str = ""
    """Of a decline: a code, and a sentence for the shopper."""
    detail: str = ""
    order_id: str | None = None
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    """As the provider told each last."""
    updated_at: float = 0.0
    ask_at: float | None = None
    """When the provider is asked again (memory only)."""
    tries: int = 0
    """How often it was silent in a row (memory only)."""
    joiners: tuple[str, ...] = ()
    """Commands that wait for the provider's word (memory only)."""

    @property
    def status(self) -> Status:
        """The status shown to people."""
        if self.phase in ("new", "opening"):
            return "pending"
        if self.phase == "open":
            return _WAITING[self.waits]
        if self.phase == "declined":
            return "failed" if self.reason in NOBODYS_FAULT else "declined"
        if self.phase == "returning":
            return "failed" if any(each.status == "refused" for each in self.refunds) else "processing"
        given_back = self.phase == "returned" or (self.refunds and self.refunded == self.purchase.total)
        return "refunded" if given_back else "paid"

    @property
    def refunded(self) -> Decimal:
        """How much of it was given back."""
        return self._sum("made")

    @property
    def left(self) -> Decimal:
        """The amount that can still be refunded: not refunded, not pending, not disputed."""
        zero = money.zero(self.purchase.currency)
        disputed = sum((each.amount for each in self.disputes if each.status != "won"), zero)
        return max(self.purchase.total - self._sum("asked", "made") - disputed, zero)

    def _sum(self, *statuses: str) -> Decimal:
        ours = (each for each in self.refunds if each.capture == self.capture and each.status in statuses)
        return sum((each.amount for each in ours), money.zero(self.purchase.currency))

    def refund(self, refund_id: str) -> Refund | None:
        """Return the refund of that id, or None."""
        return next((each for each in self.refunds if each.refund_id == refund_id), None)

    def meant(self, refund_id: str, reference: str) -> Refund | None:
        """Return the refund of our id or, without one, of the provider's; None if it is not known."""
        if refund_id:
            return self.refund(refund_id)
        return next((each for each in self.refunds if reference and each.reference == reference), None)

    @property
    def refunds_open(self) -> tuple[Refund, ...]:
        """What the provider is to be asked about: not answered, or refused though nobody may keep it."""
        return tuple(
            each
            for each in self.refunds
            if each.status == "asked" or (each.status == "refused" and each.order_id is None)
        )

    @property
    def unsettled(self) -> bool:
        """Whether a reconciliation should ask the provider about it."""
        return self.phase in ("opening", "open") or bool(self.refunds_open)


_WAITING: dict[Waits, Status] = {"shopper": "pending", "action": "requires_action", "bank": "processing"}


def _dated(before: State, event: Any, after: State) -> State:
    return replace(after, seq=before.seq + 1, updated_at=event.at)


def _started(state: State, event: ChargeStarted) -> State:
    return replace(
        state,
        phase="opening",
        user_id=event.user_id,
        purchase=event.purchase,
        provider=event.provider,
        expires_at=event.expires_at,
        cart_revision=event.cart_revision,
        started_at=event.at,
        ask_at=event.at + PATIENCE_S,
    )


def _settled(state: State, **changed: Any) -> State:
    """Whether no request is pending, and the provider has answered."""
    return replace(state, joiners=(), ask_at=None, tries=0, **changed)


def _opened(state: State, event: ChargeOpened) -> State:
    return _settled(state, phase="open", reference=event.reference or state.reference, waits=event.waits)


def _taken(state: State, event: ChargeTaken) -> State:
    return _settled(
        state,
        phase="paid",
        reference=event.reference or state.reference,
        capture=event.capture,
        paid_at=event.paid_at,
        reason="",
        detail="",
    )


def _at_the_till(state: State, event: TillPaid) -> State:
    """What it means follows: the charge is taken."""
    return state


def _declined(state: State, event: ChargeDeclined) -> State:
    reference = event.reference or state.reference
    return _settled(state, phase="declined", reason=event.reason, detail=event.detail, reference=reference)


def _kept(state: State, event: ChargeKept) -> State:
    return replace(state, phase="kept", order_id=event.order_id)


def _refund_started(state: State, event: RefundStarted) -> State:
    refund = Refund(event.refund_id, event.capture, event.amount, event.reason, event.order_id)
    useless = state.phase == "paid" and event.order_id is None and event.capture == state.capture
    return replace(
        state,
        phase="returning" if useless else state.phase,
        refunds=(*state.refunds, refund),
        ask_at=event.at + PATIENCE_S,
        tries=0,
    )


def _refund_settled(state: State, event: RefundSettled) -> State:
    """A refund that is not known was refused before it began."""
    refunds = tuple(
        replace(
            each,
            status="made" if event.made else "refused",
            detail=event.detail,
            reference=event.reference or each.reference,
            failed_once=each.failed_once or not event.made,
        )
        if each.refund_id == event.refund_id
        else each
        for each in state.refunds
    )
    phase = state.phase
    if phase in ("returning", "returned"):
        ours = [each for each in refunds if each.capture == state.capture]
        phase = "returned" if all(each.status == "made" for each in ours) else "returning"
    asked = any(each.status == "asked" for each in refunds)
    return replace(state, phase=phase, refunds=refunds, ask_at=state.ask_at if asked else None, tries=0)


def _refund_found(state: State, event: RefundFound) -> State:
    refund = Refund(
        event.refund_id, event.capture, event.amount, "", event.order_id, "made", reference=event.reference
    )
    return replace(state, refunds=(*state.refunds, refund))


def _disputed(state: State, event: ChargeDisputed) -> State:
    others = (each for each in state.disputes if each.dispute_id != event.dispute.dispute_id)
    return replace(state, disputes=(*others, event.dispute))


def _told(phase: Phase) -> dict[type, Move]:
    """What a provider may tell of money that was taken; the phase stays."""
    return {RefundFound: Move(_refund_found, (phase,)), ChargeDisputed: Move(_disputed, (phase,))}


def _refunds(phase: Phase) -> dict[type, Move]:
    return {
        RefundStarted: Move(_refund_started, (phase,)),
        RefundSettled: Move(_refund_settled, (phase,)),
        **_told(phase),
    }


EVENTS = Events[State](
    {
        "new": {ChargeStarted: Move(_started, ("opening",))},
        "opening": {
            ChargeOpened: Move(_opened, ("open",)),
            ChargeTaken: Move(_taken, ("paid",)),
            ChargeDeclined: Move(_declined, ("declined",)),
        },
        "open": {
            ChargeOpened: Move(_opened, ("open",)),
            TillPaid: Move(_at_the_till, ("open",)),
            ChargeTaken: Move(_taken, ("paid",)),
            ChargeDeclined: Move(_declined, ("declined",)),
        },
        "declined": {ChargeTaken: Move(_taken, ("paid",)), **_refunds("declined")},
        "paid": {
            ChargeKept: Move(_kept, ("kept",)),
            RefundStarted: Move(_refund_started, ("returning", "paid")),
            RefundSettled: Move(_refund_settled, ("paid",)),
        },
        "kept": _refunds("kept"),
        "returning": {
            RefundStarted: Move(_refund_started, ("returning",)),
            RefundSettled: Move(_refund_settled, ("returned", "returning")),
            **_told("returning"),
        },
        "returned": {
            RefundStarted: Move(_refund_started, ("returned",)),
            RefundSettled: Move(_refund_settled, ("returned", "returning")),
            **_told("returned"),
        },
    },
    _dated,
)
evolve = EVENTS.evolve
