"""The decider of ``stock/<branch code>``: a branch's units and their reservations.

The stock decides whether there is enough, and nothing else: how long a reservation lives
and how it ends is the cart's word, so that no two clocks disagree on one shopper's goods.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from actors.kit.decider import (
    NOTHING,
    Commands,
    Context,
    Decider,
    Decision,
    Tell,
    TimeReached,
    ignored,
    refuse,
)
from actors.messages.money.checkout import ReservationOverdue
from actors.messages.stock import (
    AdjustStock,
    Answer,
    Command,
    CommitReservation,
    Event,
    Quantity,
    ReceiveStock,
    ReleaseReservation,
    ReservationDenied,
    Reserve,
    Shortage,
    StockAdjusted,
    StockLevel,
    StockLevels,
    StockRanLow,
    StockReceived,
    StockRecovered,
    StockReleased,
    StockReserved,
    StockSold,
    SweepReservations,
    Swept,
)
from actors.stock.state import EVENTS, Level, State, evolve
from actors.stock.tells import tells

MAX_UNITS = 1_000_000_000
"""Of one SKU in one branch; what the read model's columns hold."""


# --- staff -------------------------------------------------------------------------


def _receive(state: State, command: ReceiveStock, ctx: Context) -> Decision:
    if not command.lines:
        return refuse(400, "nothing_received", "A delivery has at least one line.")
    summed = _summed(command.lines)
    for line in summed:
        if line.units < 1 or state.level(line.sku).on_hand + line.units > MAX_UNITS:
            return _impossible(line.sku, line.units)
    received = StockReceived(summed, command.note, ctx.now)
    changes = tuple((line.sku, line.units) for line in summed)
    return _changed(state, received, changes, ctx)


def _adjust(state: State, command: AdjustStock, ctx: Context) -> Decision:
    level = state.level(command.sku)
    low_at = level.low_at if command.low_at is None else command.low_at
    if command.counted is not None and command.delta is not None:
        return refuse(400, "count_or_change", "Give either what was counted, or a change.")
    delta = command.delta or 0
    if command.counted is not None:
        delta = command.counted - level.on_hand
    on_hand = level.on_hand + delta
    if not 0 <= on_hand <= MAX_UNITS or not 0 <= low_at <= MAX_UNITS:
        return _impossible(command.sku, delta)
    if on_hand < level.reserved:
        return refuse(
            400,
            "below_reserved",
            f"{level.reserved} units are reserved for shoppers at the checkout.",
            sku=command.sku,
            reserved=level.reserved,
        )
    if delta == 0 and low_at == level.low_at:
        return Decision(answer=_levels(state, (command.sku,)))
    event = StockAdjusted(sku=command.sku, delta=delta, low_at=low_at, reason=command.reason, at=ctx.now)
    return _changed(state, event, ((command.sku, delta),), ctx)


def _changed(state: State, event: Any, changes: tuple[tuple[str, int], ...], ctx: Context) -> Decision:
    after = evolve(state, event)
    more = tuple(_alarms(((sku, after.level(sku), 0) for sku, _ in changes), ctx.now))
    return Decision((event, *more), _levels(after, [sku for sku, _ in changes]))


def _levels(state: State, skus: Iterable[str]) -> StockLevels:
    found = ((sku, state.level(sku)) for sku in skus)
    return StockLevels(tuple(StockLevel(sku, at.on_hand, at.reserved, at.low_at) for sku, at in found))


def _impossible(sku: str, units: int) -> Decision:
    return refuse(400, "invalid_quantity", f"There cannot be {units} more units of this.", sku=sku, got=units)


# --- carts -------------------------------------------------------------------------


def _reserve(state: State, command: Reserve, ctx: Context) -> Decision:
    """All lines or none. The hot path."""
    if state.reservation(command.reservation_id) is not None:
        return NOTHING
    lines = command.lines
    if len({line.sku for line in lines}) != len(lines):
        lines = _summed(lines)
    level_of = state.level
    levels = [(line.sku, level_of(line.sku), -line.units) for line in lines]
    for _, level, change in levels:
        if change >= 0 or level.on_hand - level.reserved + change < 0:
            return _deny(command, levels, ctx)
    event = StockReserved(
        reservation_id=command.reservation_id,
        user_id=command.user_id,
        lines=lines,
        expires_at=command.expires_at,
        at=ctx.now,
    )
    for _, level, change in levels:
        if level.low_at and level.on_hand - level.reserved + change <= level.low_at:
            return Decision((event, *_alarms(levels, ctx.now)))
    return Decision((event,))


def _deny(command: Reserve, levels: list[tuple[str, Level, int]], ctx: Context) -> Decision:
    short = tuple(
        Shortage(sku, -change, level.available)
        for sku, level, change in levels
        if change >= 0 or level.available + change < 0
    )
    return Decision((ReservationDenied(command.reservation_id, command.user_id, short, ctx.now),))


def _release(state: State, command: ReleaseReservation, ctx: Context) -> Decision:
    held = state.reservation(command.reservation_id)
    if held is None:
        return NOTHING
    event = StockReleased(command.reservation_id, held.lines, command.reason, ctx.now)
    back = ((line.sku, state.level(line.sku), line.units) for line in held.lines)
    return Decision((event, *_alarms(back, ctx.now)))


def _commit(state: State, command: CommitReservation, ctx: Context) -> Decision:
    held = state.reservation(command.reservation_id)
    if held is None:
        return NOTHING
    return Decision((StockSold(command.reservation_id, held.lines, ctx.now),))


def _sweep(state: State, command: SweepReservations, ctx: Context) -> Decision:
    overdue = [
        Tell("cart", held.user_id, ReservationOverdue(reservation_id, state.code), durable=False)
        for reservation_id, held in state.reservations()
        if ctx.now >= held.expires_at + command.grace_s
    ]
    return Decision(answer=Swept(len(overdue)), hints=tuple(overdue))


# --- parts -------------------------------------------------------------------------


def _summed(lines: Iterable[Quantity]) -> tuple[Quantity, ...]:
    """Return the lines with one for each SKU."""
    units: dict[str, int] = {}
    for line in lines:
        units[line.sku] = units.get(line.sku, 0) + line.units
    return tuple(Quantity(sku, total) for sku, total in units.items())


def _alarms(levels: Iterable[tuple[str, Level, int]], now: float) -> list[StockRanLow | StockRecovered]:
    """Return what is low now, or is not any more; each level with the change of what is available."""
    found: list[StockRanLow | StockRecovered] = []
    for sku, level, change in levels:
        available = level.available + change
        low = bool(level.low_at) and available <= level.low_at
        if low and not level.low:
            found.append(StockRanLow(sku, available, now))
        elif level.low and not low:
            found.append(StockRecovered(sku, available, now))
    return found


COMMANDS: Commands = {
    "open": {
        ReceiveStock: _receive,
        AdjustStock: _adjust,
        Reserve: _reserve,
        ReleaseReservation: _release,
        CommitReservation: _commit,
        SweepReservations: _sweep,
        TimeReached: ignored,
    }
}

DECIDER: Decider[State, Command, Event, Answer] = Decider(
    State, COMMANDS, EVENTS, tells, command=Command, event=Event, answer=Answer
)
