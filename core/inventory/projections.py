"""Read models of a branch's stock, made from its events and the state after them alone."""

from __future__ import annotations

from typing import Any

from actors.messages.stock import (
    Quantity,
    StockAdjusted,
    StockReceived,
    StockReleased,
    StockReserved,
    StockSold,
)
from actors.runtime.journal import Recorded, Write
from actors.stock import Level
from core.journal.tables import Posix, Row, Uuid

_NOTE, _PRINCIPAL = 200, 200


class LevelRow(Row, table="inventory_stocklevel", key="id", mode="upsert"):
    """One SKU, as it stands."""

    id: str
    branch_code: str
    sku: str
    product_id: Uuid
    variant_id: Uuid | None
    on_hand: int
    reserved: int
    received: int
    sold: int
    low_at: int
    low: bool
    updated_at: Posix


class MovementRow(Row, table="inventory_movement", key="id", mode="upsert"):
    """Units that came or went."""

    id: str
    branch_code: str
    sku: str
    product_id: Uuid
    variant_id: Uuid | None
    kind: str
    units: int
    reservation_id: Uuid | None
    note: str
    principal: str
    at: Posix


class ReservationRow(Row, table="inventory_reservation", key="reservation_id", mode="upsert"):
    """A reservation, from its beginning."""

    reservation_id: Uuid
    branch_code: str
    user_id: Uuid
    status: str
    reason: str
    units: int
    created_at: Posix
    expires_at: Posix
    closed_at: Posix | None


class ReservationClosed(Row, table="inventory_reservation", key="reservation_id", mode="update"):
    """How a reservation of an earlier commit ended."""

    reservation_id: Uuid
    status: str
    reason: str
    closed_at: Posix


def stock_rows(write: Write) -> list[Row]:
    """Return the SKUs that changed, what moved, and the reservations that began or ended."""
    branch = write.address.key
    changed: dict[str, float] = {}
    begun: dict[str, ReservationRow] = {}
    rows: list[Row] = []
    for recorded, event in zip(write.events, write.decoded, strict=True):
        changed.update(dict.fromkeys(_skus(event), recorded.at))
        rows += _movements(branch, recorded, event)
        kind = type(event)
        if kind is StockReserved:
            begun[event.reservation_id] = _begun(branch, event)
        elif kind is StockReleased:
            rows += _closed(event.reservation_id, "released", event.reason, event.at, begun)
        elif kind is StockSold:
            rows += _closed(event.reservation_id, "sold", "", event.at, begun)
    rows += [_level(branch, sku, write.state.level(sku), at) for sku, at in changed.items()]
    return [*rows, *begun.values()]


def _skus(event: Any) -> list[str]:
    lines = getattr(event, "lines", None)
    if lines is not None:
        return [line.sku for line in lines]
    sku = getattr(event, "sku", None)
    return [] if sku is None else [sku]


def _movements(branch: str, recorded: Recorded, event: Any) -> list[Row]:
    kind = type(event)
    if kind is StockReceived:
        moves, what, note = event.lines, "received", event.note
    elif kind is StockAdjusted:
        moves, what, note = (Quantity(event.sku, event.delta),), "adjusted", event.reason
    elif kind is StockSold:
        moves, what, note = tuple(Quantity(line.sku, -line.units) for line in event.lines), "sold", ""
    else:
        return []
    reservation_id = event.reservation_id if kind is StockSold else None
    return [
        MovementRow(
            id=f"{branch}:{recorded.seq}:{place}",
            branch_code=branch,
            sku=move.sku,
            product_id=_product(move.sku)[0],
            variant_id=_product(move.sku)[1],
            kind=what,
            units=move.units,
            reservation_id=reservation_id,
            note=note[:_NOTE],
            principal=recorded.principal[:_PRINCIPAL],
            at=event.at,
        )
        for place, move in enumerate(moves)
        if move.units
    ]


def _begun(branch: str, event: StockReserved) -> ReservationRow:
    units = sum(line.units for line in event.lines)
    return ReservationRow(
        reservation_id=event.reservation_id,
        branch_code=branch,
        user_id=event.user_id,
        status="active",
        reason="",
        units=units,
        created_at=event.at,
        expires_at=event.expires_at,
        closed_at=None,
    )


def _closed(
    reservation_id: str, status: str, reason: str, at: float, begun: dict[str, ReservationRow]
) -> list[Row]:
    """Close the reservation in its row if it began in this commit, else return the update that does."""
    row = begun.get(reservation_id)
    if row is None:
        return [ReservationClosed(reservation_id=reservation_id, status=status, reason=reason, closed_at=at)]
    row.status, row.reason, row.closed_at = status, reason, at
    return []


def _level(branch: str, sku: str, level: Level, at: float) -> LevelRow:
    product_id, variant_id = _product(sku)
    return LevelRow(
        id=f"{branch}:{sku}",
        branch_code=branch,
        sku=sku,
        product_id=product_id,
        variant_id=variant_id,
        on_hand=level.on_hand,
        reserved=level.reserved,
        received=level.received,
        sold=level.sold,
        low_at=level.low_at,
        low=level.low,
        updated_at=at,
    )


def _product(sku: str) -> tuple[str, str | None]:
    product_id, _, variant_id = sku.partition("/")
    return product_id, variant_id or None
