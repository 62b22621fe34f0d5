"""Messages of ``cart/<user_id>`` about what its owner means to spend."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from actors.kit.command import Command as Asked

Period = Literal["trip", "week", "month"]
"""A trip is what the cart holds, until it is paid or its session is over."""
Status = Literal["none", "ok", "near", "over"]
ALERTS = (Decimal("0.8"), Decimal(1))
"""At which shares of the amount one is told, unless somebody wants it otherwise."""


class Budget(msgspec.Struct, frozen=True):
    """What somebody means to spend in each period."""

    amount: Decimal
    currency: str
    """Empty: whatever the cart is in, for nobody knew it when the budget was set."""
    period: Period
    alerts: tuple[Decimal, ...]
    """Shares of the amount, rising; each tells once a period."""
    zone: str = "UTC"
    """IANA name of the zone in which weeks and months begin."""


class Standing(msgspec.Struct, frozen=True, gc=False):
    """How somebody stands to their budget."""

    amount: Decimal
    spent: Decimal
    """Paid in this period and not given back, and what the cart holds."""
    currency: str
    period: Period
    near: Decimal
    """From which share of the amount on it is nearly spent."""

    @property
    def left(self) -> Decimal:
        """What may still be spent; below nothing when it was too much."""
        return self.amount - self.spent

    @property
    def status(self) -> Status:
        """How it stands in a word."""
        if self.spent > self.amount:
            return "over"
        return "near" if self.spent >= self.amount * self.near else "ok"


# --- commands -------------------------------------------------------------


class SetBudget(msgspec.Struct, Asked["BudgetKept"], frozen=True, tag="SetBudget"):
    """Mean to spend so much. Answer: BudgetKept."""

    budget: Budget


class DropBudget(msgspec.Struct, Asked["BudgetKept"], frozen=True, tag="DropBudget"):
    """Mean to spend nothing in particular. Answer: BudgetKept."""


class NoteRefunds(msgspec.Struct, frozen=True, tag="NoteRefunds"):
    """From an order of this user: so much of it was given back in all."""

    order_id: str
    refunded: Decimal


# --- answers --------------------------------------------------------------


class BudgetKept(msgspec.Struct, frozen=True, tag="BudgetKept"):
    """``standing`` is None without a budget."""

    standing: Standing | None
    revision: int


# --- events ---------------------------------------------------------------


class BudgetSet(msgspec.Struct, frozen=True, tag="BudgetSet"):
    budget: Budget
    at: float


class BudgetDropped(msgspec.Struct, frozen=True, tag="BudgetDropped"):
    at: float


class BudgetAlerted(msgspec.Struct, frozen=True, tag="BudgetAlerted"):
    """What is spent has reached ``share`` of the amount, for the first time in the period that ``began``."""

    share: Decimal
    began: float
    """POSIX seconds; 0 of a trip."""
    standing: Standing
    at: float


class SpendingCorrected(msgspec.Struct, frozen=True, tag="SpendingCorrected"):
    """Of a purchase that may still count, ``refunded`` is given back in all."""

    order_id: str
    refunded: Decimal
    at: float


Command = SetBudget | DropBudget | NoteRefunds
Answer = BudgetKept
Event = BudgetSet | BudgetDropped | BudgetAlerted | SpendingCorrected
