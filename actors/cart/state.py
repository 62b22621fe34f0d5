"""The state of a user's cart."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from actors.messages.budget import Budget
from actors.messages.cart import Line
from actors.messages.money.amounts import Amounts
from actors.messages.money.checkout import Wish
from actors.messages.money.purchase import Purchase
from actors.messages.needs import Need
from actors.messages.pricing import Voucher
from actors.messages.trolley import Outcome

Phase = Literal["free", "shopping", "ending"]
"""No session; at least one that goes on; sessions, but all of them are being ended."""

ENDED_KEPT = 32
"""How many ended sessions a cart remembers, to give their answer again."""


class OpenedSession(msgspec.Struct, frozen=True):
    """A session that this user's trolley has, or is about to confirm."""

    session_id: str
    trolley_id: str
    branch: str
    chain: str
    currency: str
    restore_s: float
    since: float
    end_id: str | None = None
    """The command that asked for its end; None while nobody did."""


class EndedSession(msgspec.Struct, frozen=True):
    """What is remembered of a session that is over."""

    session_id: str
    trolley_id: str
    outcome: Outcome
    items_cleared: int


class PaidBefore(msgspec.Struct, frozen=True):
    """What an order will say of a checkout that was reopened."""

    payment_id: str
    chain: str
    trolley_id: str | None


class Bought(msgspec.Struct, frozen=True):
    """A purchase that may count to a budget."""

    order_id: str
    at: float
    total: Decimal
    currency: str
    refunded: Decimal = Decimal(0)


class Frozen(msgspec.Struct, frozen=True):
    """A checkout that goes on. The lines stay as they are until it is over."""

    reservation_id: str
    branch: str
    request_id: str
    expires_at: float
    session_id: str | None
    restore_s: float
    reserved: bool = False
    """The stock keeps the goods; False while it has not answered."""
    payment_id: str | None = None
    """The payment that goes on."""
    provider: str = ""
    tried: int = 0
    """How many payments there were."""
    wish: Wish | None = None
    """To pay as soon as the goods are kept."""
    vouchers: tuple[Voucher, ...] = ()
    """Those with a limit that changed a price of these lines."""
    vouchers_kept: tuple[str, ...] = ()
    """Ids of those that have said so."""
    paid: PaidBefore | None = None
    """The money came before the goods were kept again."""
    amounts: Amounts | None = None
    """What is to be paid; None: the lines' total."""


class State(msgspec.Struct, frozen=True):
    """One user's cart."""

    user_id: str
    phase: Phase = "free"
    revision: int = 0
    """Events so far; the journal's seq."""
    currency: str = ""
    """Empty until a session or a line brings one."""
    lines: dict[str, Line] = {}
    """By ``key_of``, in the order they were added."""
    total: Decimal = Decimal(0)
    units: int = 0
    sessions: tuple[OpenedSession, ...] = ()
    """Oldest first; more than one only where a branch allows it."""
    ended: tuple[EndedSession, ...] = ()
    """The last 32, oldest first."""
    saved: tuple[Line, ...] = ()
    """Lines of the last session that was not paid, to be restored until ``saved_until``."""
    saved_until: float | None = None
    saved_currency: str = ""
    vouchers: tuple[Voucher, ...] = ()
    """In the order they were given; one of each code."""
    checkout: Frozen | None = None
    """While it goes on the lines cannot be changed."""
    sold: tuple[str, ...] = ()
    """The last reservations that were paid."""
    paid: tuple[str, ...] = ()
    """The payments that paid them."""
    paid_revision: int = 0
    """Of the cart when it was last paid."""
    voucher_uses: dict[str, int] = {}
    """How many purchases this person has paid with a voucher of which a person has so many, by its id."""
    needs: tuple[Need, ...] = ()
    """What staff has to decide of these goods or has decided, in the order in which it was asked."""
    budget: Budget | None = None
    alerted: tuple[Decimal, ...] = ()
    """The shares of the budget that were told of, in the period that began at ``alerted_in``."""
    alerted_in: float = 0.0
    removed: int = 0
    """Lines that were taken out since the last purchase or session."""
    bought: tuple[Bought, ...] = ()
    """The purchases of the last month, the latest last."""
    updated_at: float = 0.0
    joiners: tuple[tuple[str, str], ...] = ()
    """(session, command) of repeated ends that wait for the same release (memory only)."""

    finders: tuple[tuple[str, str], ...] = ()
    """(session or empty, command) of those who wait whether the expired session goes on (memory only)."""
    gone: str = ""
    """The session of which the trolley has said that it does not (memory only)."""

    @property
    def resumable(self) -> EndedSession | None:
        """The last session, if it expired and may go on with a sign of life."""
        last = self.ended[-1] if self.ended and not self.sessions else None
        if last is None or last.outcome != "expired" or last.session_id == self.gone:
            return None
        return last

    def session(self, session_id: str) -> OpenedSession | None:
        """Return the open session of that id, or None."""
        for each in self.sessions:
            if each.session_id == session_id:
                return each
        return None

    def over(self, session_id: str) -> EndedSession | None:
        """Return what is remembered of an ended session, or None."""
        for each in self.ended:
            if each.session_id == session_id:
                return each
        return None

    def need(self, need_id: str) -> Need | None:
        """Return the need of that id, or None."""
        return next((each for each in self.needs if each.need_id == need_id), None)

    def line(self, line_id: str) -> Line | None:
        """Return the line of that id, or None."""
        for each in self.lines.values():
            if each.line_id == line_id:
                return each
        return None


def limited(state: State) -> tuple[Voucher, ...]:
    """Return the vouchers with a limit that changed the price of a line."""
    if not state.vouchers:
        return ()
    rules = {step.rule for line in state.lines.values() for step in line.price_trace}
    return tuple(
        each for each in state.vouchers if each.rule.label in rules and (each.max_uses or each.max_per_person)
    )


def phase_of(sessions: Sequence[OpenedSession]) -> Phase:
    """Return the phase of a cart with these sessions."""
    if not sessions:
        return "free"
    return "ending" if all(each.end_id is not None for each in sessions) else "shopping"


def held_of(state: State) -> Frozen:
    """Return the checkout of a frozen cart."""
    assert state.checkout is not None
    return state.checkout


def purchase_of(state: State, *, chain: str, trolley_id: str | None) -> Purchase:
    """Return what a frozen cart is about to buy."""
    held = held_of(state)
    return Purchase(
        reservation_id=held.reservation_id,
        branch=held.branch,
        chain=chain,
        session_id=held.session_id,
        trolley_id=trolley_id,
        lines=tuple(state.lines.values()),
        total=state.total if held.amounts is None else held.amounts.total,
        currency=state.currency,
        amounts=held.amounts,
        removed=state.removed,
    )
