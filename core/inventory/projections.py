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
from core.journal.tables import Form, Row

_NOTE, _PRINCIPAL = 200, 200


class LevelRow(Row):
    """One SKU, as it stands."""

    form = Form(
        "inventory_stocklevel",
        "upsert",
        ("id",),
        {
            "id": "text",
            "branch_code": "text",
            "sku": "text",
            "product_id": "uuid",
            "variant_id": "uuid",
            "on_hand": "bigint",
            "reserved": "bigint",
            "received": "bigint",
            "sold": "bigint",
            "low_at": "bigint",
            "low": "boolean",
            "updated_at": "time",
        },
    )
    id: str
    branch_code: str
    sku: str
    product_id: str
    variant_id: str | None
    on_hand: int
    reserved: int
    received: int
    sold: int
    low_at: int
    low: bool
    updated_at: float


class MovementRow(Row):
    """Units that came or went."""

    form = Form(
        "inventory_movement",
        "upsert",
        ("id",),
        {
            "id": "text",
            "branch_code": "text",
            "sku": "text",
            "product_id": "uuid",
            "variant_id": "uuid",
            "kind": "text",
            "units": "bigint",
            "reservation_id": "uuid",
            "note": "text",
            "principal": "text",
            "at": "time",
        },
    )
    id: str
    branch_code: str
    sku: str
    product_id: str
    variant_id: str | None
    kind: str
    units: int
    reservation_id: str | None
    note: str
    principal: str
    at: float


class ReservationRow(Row):
    """A reservation, from its beginning."""

    form = Form(
        "inventory_reservation",
        "upsert",
        ("reservation_id",),
        {
            "reservation_id": "uuid",
            "branch_code": "text",
            "user_id": "uuid",
            "status": "text",
            "reason": "text",
            "units": "bigint",
            "created_at": "time",
            "expires_at": "time",
            "closed_at": "time",
        },
    )
    reservation_id: str
    branch_code: str
    user_id: str
    status: str
    reason: str
    units: int
    created_at: float
    expires_at: float
    closed_at: float | None


class ReservationClosed(Row):
    """How a reservation of an earlier commit ended."""

    form = Form(
        "inventory_reservation",
        "update",
        ("reservation_id",),
        {"reservation_id": "uuid", "status": "text", "reason": "text", "closed_at": "time"},
    )
    reservation_id: str
    status: str
    reason: str
    closed_at: float


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
            f"{branch}:{recorded.seq}:{place}",
            branch,
            move.sku,
            *_product(move.sku),
            what,
            move.units,
            reservation_id,
            note[:_NOTE],
            recorded.principal[:_PRINCIPAL],
            event.at,
        )
        for place, move in enumerate(moves)
        if move.units
    ]


def _begun(branch: str, event: StockReserved) -> ReservationRow:
    units = sum(line.units for line in event.lines)
    return ReservationRow(
        event.reservation_id, branch, event.user_id, "active", "", units, event.at, event.expires_at, None
    )


def _closed(
    reservation_id: str, status: str, reason: str, at: float, begun: dict[str, ReservationRow]
) -> list[Row]:
    """Close the reservation in its row if it began in this commit, else return the update that does."""
    row = begun.get(reservation_id)
    if row is None:
        return [ReservationClosed(reservation_id, status, reason, at)]
    row.status, row.reason, row.closed_at = status, reason, at
    return []


def _level(branch: str, sku: str, level: Level, at: float) -> LevelRow:
    return LevelRow(
        f"{branch}:{sku}",
        branch,
        sku,
        *_product(sku),
        level.on_hand,
        level.reserved,
        level.received,
        level.sold,
        level.low_at,
        level.low,
        at,
    )


def _product(sku: str) -> tuple[str, str | None]:
    product_id, _, variant_id = sku.partition("/")
    return product_id, variant_id or None
