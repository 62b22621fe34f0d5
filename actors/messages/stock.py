"""Messages of ``stock/<branch code>``: a branch's units of each SKU, and its reservations.

A SKU is a product, or a product's variant: ``product_id`` or ``product_id/variant_id``.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from actors.kit.command import Command as Asked

ReleaseReason = Literal["cancelled", "expired", "session_ended", "returned"]


class Quantity(msgspec.Struct, frozen=True, gc=False):
    """So many units of a SKU."""

    sku: str
    units: int


class Shortage(msgspec.Struct, frozen=True, gc=False):
    """A SKU of which there is not enough."""

    sku: str
    wanted: int
    available: int


# --- commands -------------------------------------------------------------


class ReceiveStock(msgspec.Struct, Asked["StockLevels"], frozen=True, tag="ReceiveStock"):
    """A delivery. Answer: StockLevels."""

    lines: tuple[Quantity, ...]
    note: str = ""


class AdjustStock(msgspec.Struct, Asked["StockLevels"], frozen=True, kw_only=True, tag="AdjustStock"):
    """Somebody counted (``counted``), or units came or went otherwise (``delta``). Answer: StockLevels."""

    sku: str
    reason: str
    delta: int | None = None
    counted: int | None = None
    low_at: int | None = None
    """From so few available units on the SKU is low; 0: never. None: as it was."""


class Reserve(msgspec.Struct, frozen=True, tag="Reserve"):
    """From a cart: keep all of it or nothing. Tells ReservationMade or ReservationRefused back."""

    reservation_id: str
    user_id: str
    lines: tuple[Quantity, ...]
    expires_at: float
    """The cart sees to it; here it is only what a sweep goes by."""


class ReleaseReservation(msgspec.Struct, frozen=True, tag="ReleaseReservation"):
    """From the cart: put it back."""

    reservation_id: str
    reason: ReleaseReason


class CommitReservation(msgspec.Struct, frozen=True, tag="CommitReservation"):
    """From the cart: it is sold."""

    reservation_id: str


class SweepReservations(msgspec.Struct, Asked["Swept"], frozen=True, tag="SweepReservations"):
    """The safety net: ask the carts about what should have ended ``grace_s`` ago. Answer: Swept."""

    grace_s: float


# --- answers --------------------------------------------------------------


class StockLevel(msgspec.Struct, frozen=True):
    """One SKU, as it stands."""

    sku: str
    on_hand: int
    reserved: int
    low_at: int


class StockLevels(msgspec.Struct, frozen=True, tag="StockLevels"):
    levels: tuple[StockLevel, ...]


class Swept(msgspec.Struct, frozen=True, tag="Swept"):
    overdue: int


# --- events ---------------------------------------------------------------


class StockReceived(msgspec.Struct, frozen=True, tag="StockReceived"):
    lines: tuple[Quantity, ...]
    note: str
    at: float


class StockAdjusted(msgspec.Struct, frozen=True, kw_only=True, tag="StockAdjusted"):
    sku: str
    delta: int
    low_at: int
    reason: str
    at: float


class StockReserved(msgspec.Struct, frozen=True, kw_only=True, tag="StockReserved"):
    """``lines`` are summed by SKU."""

    reservation_id: str
    user_id: str
    lines: tuple[Quantity, ...]
    expires_at: float
    at: float


class ReservationDenied(msgspec.Struct, frozen=True, tag="ReservationDenied"):
    """Changes nothing, but its tell must not be lost."""

    reservation_id: str
    user_id: str
    shortages: tuple[Shortage, ...]
    at: float


class StockReleased(msgspec.Struct, frozen=True, tag="StockReleased"):
    reservation_id: str
    lines: tuple[Quantity, ...]
    reason: ReleaseReason
    at: float


class StockSold(msgspec.Struct, frozen=True, tag="StockSold"):
    reservation_id: str
    lines: tuple[Quantity, ...]
    at: float


class StockRanLow(msgspec.Struct, frozen=True, tag="StockRanLow"):
    sku: str
    available: int
    at: float


class StockRecovered(msgspec.Struct, frozen=True, tag="StockRecovered"):
    sku: str
    available: int
    at: float


Command = ReceiveStock | AdjustStock | Reserve | ReleaseReservation | CommitReservation | SweepReservations
Answer = StockLevels | Swept
Event = (
    StockReceived
    | StockAdjusted
    | StockReserved
    | ReservationDenied
    | StockReleased
    | StockSold
    | StockRanLow
    | StockRecovered
)
