"""The recipients of a stock's events: the cart that asked, and the branch's alarms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.kit.decider import Tell
from actors.messages.alarms import About, ClearAlarm, RaiseAlarm
from actors.messages.money.checkout import ReservationMade, ReservationRefused
from actors.messages.stock import ReservationDenied, StockRanLow, StockRecovered, StockReserved
from actors.stock.state import State


def tells(state: State, event: Any) -> tuple[Tell, ...]:
    """Return the messages that the event sends."""
    effect = _EFFECTS.get(type(event))
    return () if effect is None else effect(state, event)


def _made(state: State, event: StockReserved) -> tuple[Tell, ...]:
    return (Tell("cart", event.user_id, ReservationMade(event.reservation_id, state.code)),)


def _refused(state: State, event: ReservationDenied) -> tuple[Tell, ...]:
    return (Tell("cart", event.user_id, ReservationRefused(event.reservation_id, event.shortages)),)


def _low(state: State, event: StockRanLow) -> tuple[Tell, ...]:
    about = About(f"sku/{event.sku}", detail=str(event.available))
    return (Tell("alarms", state.code, RaiseAlarm("low_stock", about, event.at, state.seq)),)


def _recovered(state: State, event: StockRecovered) -> tuple[Tell, ...]:
    return (Tell("alarms", state.code, ClearAlarm(("low_stock",), f"sku/{event.sku}", state.seq)),)


_EFFECTS: dict[type, Callable[[State, Any], tuple[Tell, ...]]] = {
    StockReserved: _made,
    ReservationDenied: _refused,
    StockRanLow: _low,
    StockRecovered: _recovered,
}
