"""Messages of ``check/<order id>``: staff at the exit compares the trolley with what was paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from actors.kit.command import Command as Asked
from actors.messages.money.payment import TillMethod

Outcome = Literal["clean", "differences"]


class Expected(msgspec.Struct, frozen=True, gc=False):
    """What an order's line says is in the trolley."""

    item_id: str
    sku: str
    name: str
    units: int
    unit_price: Decimal


class Found(msgspec.Struct, frozen=True, gc=False):
    """What was scanned out of the trolley."""

    sku: str
    name: str
    units: int
    unit_price: Decimal
    """Today's, in the order's currency."""


class Difference(msgspec.Struct, frozen=True, gc=False):
    """So many units more or less than were paid, and what they are worth."""

    item_id: str
    """The order's line; empty: there is none."""
    sku: str
    name: str
    units: int
    amount: Decimal


# --- commands -------------------------------------------------------------


class BeginCheck(msgspec.Struct, Asked["CheckStands"], frozen=True, kw_only=True, tag="BeginCheck"):
    """Somebody begins, or goes on with it. Answer: CheckStands."""

    buyer_id: str
    chain: str
    branch: str
    currency: str
    expected: tuple[Expected, ...]
    by: str


class ScanInCheck(msgspec.Struct, Asked["CheckStands"], frozen=True, tag="ScanInCheck"):
    """One more item was taken out of the trolley. Answer: CheckStands."""

    found: Found


class FinishCheck(msgspec.Struct, Asked["CheckStands"], frozen=True, tag="FinishCheck"):
    """All is scanned: compare. Answer: CheckStands."""


class SettleCheck(msgspec.Struct, Asked["CheckStands"], frozen=True, tag="SettleCheck"):
    """What was not paid is paid now, to the member of staff who checked. Answer: CheckStands."""

    by: str
    method: TillMethod


# --- answers --------------------------------------------------------------


class CheckStands(msgspec.Struct, frozen=True, tag="CheckStands"):
    """The result is in the state that is returned with this answer."""

    check_id: str


# --- events ---------------------------------------------------------------


class CheckBegun(msgspec.Struct, frozen=True, kw_only=True, tag="CheckBegun"):
    buyer_id: str
    chain: str
    branch: str
    currency: str
    expected: tuple[Expected, ...]
    by: str
    at: float


class GoodsScanned(msgspec.Struct, frozen=True, tag="GoodsScanned"):
    """``found`` as it was scanned this time."""

    found: Found
    at: float


class CheckFinished(msgspec.Struct, frozen=True, kw_only=True, tag="CheckFinished"):
    """``missing`` was paid and is not there, ``unpaid`` is there and was not paid."""

    outcome: Outcome
    missing: tuple[Difference, ...]
    unpaid: tuple[Difference, ...]
    at: float


class CheckSettled(msgspec.Struct, frozen=True, kw_only=True, tag="CheckSettled"):
    """Paid; the stock is told what has left."""

    by: str
    method: TillMethod
    amount: Decimal
    at: float


Command = BeginCheck | ScanInCheck | FinishCheck | SettleCheck
Answer = CheckStands
Event = CheckBegun | GoodsScanned | CheckFinished | CheckSettled
