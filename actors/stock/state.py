"""The state of a branch's stock, and how its events change it.

A branch has ten thousand SKUs and more, and a reservation touches three. So levels and
reservations lie in buckets named by the end of their keys, which are random ids: an event
copies the small dict of buckets and the few buckets that it changes, never everything.
Keys that end alike only make that copy longer.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from actors.kit.decider import Events, Move
from actors.messages.stock import (
    Quantity,
    ReservationDenied,
    StockAdjusted,
    StockRanLow,
    StockReceived,
    StockRecovered,
    StockReleased,
    StockReserved,
    StockSold,
)


class Level(msgspec.Struct, frozen=True, gc=False):
    """One SKU. ``on_hand + sold == received`` and ``0 <= reserved <= on_hand`` always hold."""

    on_hand: int = 0
    reserved: int = 0
    received: int = 0
    """Ever, with every adjustment."""
    sold: int = 0
    low_at: int = 0
    """From so few available units on it is low; 0: never."""
    low: bool = False

    @property
    def available(self) -> int:
        """Units that are not reserved."""
        return self.on_hand - self.reserved


class Held(msgspec.Struct, frozen=True):
    """A reservation."""

    user_id: str
    lines: tuple[Quantity, ...]
    expires_at: float


NONE = Level()
"""Of a SKU that never came."""


class State(msgspec.Struct, frozen=True):
    """The stock of one branch."""

    code: str
    phase: str = "open"
    seq: int = 0
    """Events so far; the journal's."""
    levels: dict[str, dict[str, Level]] = {}
    """Bucket -> SKU -> level."""
    held: dict[str, dict[str, Held]] = {}
    """Bucket -> reservation id -> reservation."""

    def level(self, sku: str) -> Level:
        """Return the SKU's level; of an unknown one, nothing."""
        bucket = self.levels.get(sku[-2:])
        return NONE if bucket is None else bucket.get(sku, NONE)

    def reservation(self, reservation_id: str) -> Held | None:
        """Return what is held under that id, or None."""
        bucket = self.held.get(reservation_id[-2:])
        return None if bucket is None else bucket.get(reservation_id)

    def reservations(self) -> Iterator[tuple[str, Held]]:
        """Yield each reservation with its id."""
        for bucket in self.held.values():
            yield from bucket.items()


# --- reservations -------------------------------------------------------------------


def _reserved(state: State, event: StockReserved) -> State:
    levels = state.levels.copy()
    own: set[str] = set()
    for line in event.lines:
        sku = line.sku
        bucket = _own(levels, own, sku[-2:])
        on_hand, reserved, received, sold, low_at, low = _fields(bucket[sku])
        bucket[sku] = Level(on_hand, reserved + line.units, received, sold, low_at, low)
    held = state.held.copy()
    end = event.reservation_id[-2:]
    held[end] = {
        **held.get(end, {}),
        event.reservation_id: Held(event.user_id, event.lines, event.expires_at),
    }
    return State(state.code, state.phase, state.seq + 1, levels, held)


def _released(state: State, event: StockReleased) -> State:
    levels = state.levels.copy()
    own: set[str] = set()
    for line in event.lines:
        bucket = _own(levels, own, line.sku[-2:])
        level = bucket[line.sku]
        bucket[line.sku] = replace(level, reserved=level.reserved - line.units)
    return State(state.code, state.phase, state.seq + 1, levels, _without(state, event.reservation_id))


def _sold(state: State, event: StockSold) -> State:
    levels = state.levels.copy()
    own: set[str] = set()
    for line in event.lines:
        bucket = _own(levels, own, line.sku[-2:])
        level, units = bucket[line.sku], line.units
        bucket[line.sku] = replace(
            level, on_hand=level.on_hand - units, reserved=level.reserved - units, sold=level.sold + units
        )
    return State(state.code, state.phase, state.seq + 1, levels, _without(state, event.reservation_id))


def _denied(state: State, event: ReservationDenied) -> State:
    return replace(state, seq=state.seq + 1)


# --- deliveries, counts, alarms -------------------------------------------------------


def _received(state: State, event: StockReceived) -> State:
    levels = state.levels.copy()
    own: set[str] = set()
    for line in event.lines:
        bucket = _own(levels, own, line.sku[-2:])
        level = bucket.get(line.sku, NONE)
        bucket[line.sku] = replace(
            level, on_hand=level.on_hand + line.units, received=level.received + line.units
        )
    return replace(state, seq=state.seq + 1, levels=levels)


def _adjusted(state: State, event: StockAdjusted) -> State:
    level = state.level(event.sku)
    return _with_level(
        state,
        event.sku,
        replace(
            level,
            on_hand=level.on_hand + event.delta,
            received=level.received + event.delta,
            low_at=event.low_at,
        ),
    )


def _ran_low(state: State, event: StockRanLow) -> State:
    return _with_level(state, event.sku, replace(state.level(event.sku), low=True))


def _recovered(state: State, event: StockRecovered) -> State:
    return _with_level(state, event.sku, replace(state.level(event.sku), low=False))


def _with_level(state: State, sku: str, level: Level) -> State:
    levels = state.levels.copy()
    _own(levels, set(), sku[-2:])[sku] = level
    return replace(state, seq=state.seq + 1, levels=levels)


# --- copies -----------------------------------------------------------------------


def _own(levels: dict[str, dict[str, Level]], own: set[str], end: str) -> dict[str, Level]:
    """Return the bucket, copied into ``levels`` the first time."""
    if end in own:
        return levels[end]
    own.add(end)
    bucket = levels.get(end)
    copy = levels[end] = {} if bucket is None else bucket.copy()
    return copy


def _fields(level: Level) -> tuple[int, int, int, int, int, bool]:
    return level.on_hand, level.reserved, level.received, level.sold, level.low_at, level.low


def _without(state: State, reservation_id: str) -> dict[str, dict[str, Held]]:
    held = state.held.copy()
    end = reservation_id[-2:]
    bucket = held[end].copy()
    del bucket[reservation_id]
    if bucket:
        held[end] = bucket
    else:
        del held[end]
    return held


_OPEN = ("open",)
EVENTS = Events[State](
    {
        "open": {
            StockReceived: Move(_received, _OPEN),
            StockAdjusted: Move(_adjusted, _OPEN),
            StockReserved: Move(_reserved, _OPEN),
            ReservationDenied: Move(_denied, _OPEN),
            StockReleased: Move(_released, _OPEN),
            StockSold: Move(_sold, _OPEN),
            StockRanLow: Move(_ran_low, _OPEN),
            StockRecovered: Move(_recovered, _OPEN),
        }
    }
)
evolve = EVENTS.evolve
