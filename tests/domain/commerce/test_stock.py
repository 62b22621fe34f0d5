"""The stock of a branch: deliveries, counts, reservations; all or nothing, and never less than none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from actors import stock
from actors.messages.money.checkout import ReservationMade, ReservationOverdue, ReservationRefused
from actors.messages.stock import (
    AdjustStock,
    CommitReservation,
    Quantity,
    ReceiveStock,
    ReleaseReservation,
    ReservationDenied,
    Reserve,
    Shortage,
    StockLevel,
    StockLevels,
    StockReceived,
    StockReserved,
    SweepReservations,
    Swept,
)
from tests.domain.given import Given, given, through_json

MILK, TEA = "product-milk", "product-tea/mint"


def q(sku: str, units: int) -> Quantity:
    return Quantity(sku, units)


def branch(milk: int = 10, tea: int = 5) -> Given:
    return given(stock, "B", StockReceived((q(MILK, milk), q(TEA, tea)), "", 1.0))


def reserve(*lines: Quantity, number: int = 1) -> Reserve:
    return Reserve(f"r{number}", "alice", lines, 400.0)


def level(state: Any, sku: str) -> tuple[int, int, int, int]:
    at = state.level(sku)
    return at.on_hand, at.reserved, at.received, at.sold


def test_a_delivery_adds_up_by_sku() -> None:
    then = branch().when(ReceiveStock((q(MILK, 2), q(MILK, 3)), "lorry"))
    then.then(StockReceived((q(MILK, 5),), "lorry", 100.0))
    then.answers(StockLevels((StockLevel(MILK, 15, 0, 0),)))


@pytest.mark.parametrize("units", [0, -1, 10**9])
def test_a_delivery_of_nothing_less_or_too_much_is_refused(units: int) -> None:
    branch().when(ReceiveStock((q(MILK, 1), q(TEA, units)))).refused(400, "invalid_quantity")
    branch().when(ReceiveStock(())).refused(400, "nothing_received")


def test_a_reservation_keeps_every_line_and_tells_the_cart() -> None:
    then = branch().when(reserve(q(MILK, 10), q(TEA, 1)))
    then.then(
        StockReserved(
            reservation_id="r1", user_id="alice", lines=(q(MILK, 10), q(TEA, 1)), expires_at=400.0, at=100.0
        )
    )
    then.tells(("cart", "alice", ReservationMade("r1", "B")))
    assert level(then.state, MILK) == (10, 10, 10, 0)


def test_all_lines_or_none_and_each_shortage_is_named() -> None:
    """Invariant 4."""
    then = branch().when(reserve(q(MILK, 1), q(TEA, 6), q("unknown", 1)))
    short = (Shortage(TEA, 6, 5), Shortage("unknown", 1, 0))
    then.then(ReservationDenied("r1", "alice", short, 100.0))
    then.tells(("cart", "alice", ReservationRefused("r1", short)))
    assert level(then.state, MILK) == (10, 0, 10, 0)


def test_demand_is_summed_by_sku() -> None:
    branch().when(reserve(q(MILK, 6), q(MILK, 5))).then(
        ReservationDenied("r1", "alice", (Shortage(MILK, 11, 10),), 100.0)
    )
    branch().when(reserve(q(MILK, 6), q(MILK, 4))).then(
        StockReserved(reservation_id="r1", user_id="alice", lines=(q(MILK, 10),), expires_at=400.0, at=100.0)
    )


@pytest.mark.parametrize("units", [0, -3])
def test_nobody_reserves_nothing_or_less(units: int) -> None:
    branch().when(reserve(q(MILK, units))).names("ReservationDenied")


def test_a_repeated_reservation_release_or_sale_does_nothing() -> None:
    held = branch().after(reserve(q(MILK, 3)))
    held.when(reserve(q(MILK, 3)), command_id="d").nothing()
    sold = held.after(CommitReservation("r1"), command_id="e")
    assert level(sold.state, MILK) == (7, 0, 10, 3)
    sold.when(CommitReservation("r1"), command_id="f").nothing()
    sold.when(ReleaseReservation("r1", "expired"), command_id="g").nothing()


def test_a_release_puts_everything_back() -> None:
    held = branch().after(reserve(q(MILK, 3), q(TEA, 5)))
    released = held.when(ReleaseReservation("r1", "cancelled"), command_id="d").names("StockReleased")
    assert level(released.state, TEA) == (5, 0, 5, 0)
    assert list(released.state.reservations()) == []


def test_a_count_is_a_correction_and_leaves_what_is_reserved() -> None:
    held = branch().after(reserve(q(MILK, 3)))
    counted = held.when(AdjustStock(sku=MILK, reason="counted", counted=8), command_id="d").names(
        "StockAdjusted"
    )
    assert level(counted.state, MILK) == (8, 3, 8, 0)
    held.when(AdjustStock(sku=MILK, reason="broken", delta=-8), command_id="e").refused(
        400, "below_reserved", reserved=3
    )
    held.when(AdjustStock(sku=MILK, reason="x", delta=-11), command_id="f").refused(400, "invalid_quantity")
    held.when(AdjustStock(sku=MILK, reason="x", delta=1, counted=1), command_id="g").refused(
        400, "count_or_change"
    )
    held.when(AdjustStock(sku=MILK, reason="x", counted=10), command_id="h").nothing()


def test_running_low_raises_one_alarm_and_a_delivery_clears_it() -> None:
    watched = branch().after(AdjustStock(sku=MILK, reason="watch", low_at=4))
    low = watched.when(reserve(q(MILK, 6)), command_id="d").names("StockReserved", "StockRanLow")
    [_, (kind, key, alarm)] = [(t.kind, t.key, t.command) for t in low.told if t.durable]
    assert (kind, key, alarm.kind, alarm.about.subject) == ("alarms", "B", "low_stock", f"sku/{MILK}")
    lower = low.and_then().when(reserve(q(MILK, 1), number=2), command_id="e").names("StockReserved")
    lower.and_then().when(ReceiveStock((q(MILK, 9),)), command_id="f").names(
        "StockReceived", "StockRecovered"
    )
    back = lower.and_then().after(ReleaseReservation("r2", "expired"), command_id="g")
    back.when(ReleaseReservation("r1", "expired"), command_id="h").names("StockReleased", "StockRecovered")


def test_a_sweep_asks_the_carts_of_what_is_overdue() -> None:
    held = branch().after(reserve(q(MILK, 1)))
    held.when(SweepReservations(60.0), at=459.0, command_id="d").nothing().answers(Swept(0))
    swept = held.when(SweepReservations(60.0), at=460.0, command_id="e").nothing().answers(Swept(1))
    assert swept.hints("cart", "alice") == [ReservationOverdue("r1", "B")]


units = st.integers(-2, 6)
moves = st.one_of(
    st.builds(lambda n, a, b: reserve(q(MILK, a), q(TEA, b), number=n), st.integers(1, 9), units, units),
    st.builds(lambda n: ReleaseReservation(f"r{n}", "expired"), st.integers(1, 9)),
    st.builds(lambda n: CommitReservation(f"r{n}"), st.integers(1, 9)),
    st.builds(lambda a: ReceiveStock((q(MILK, a),)), units),
    st.builds(lambda d: AdjustStock(sku=TEA, reason="x", delta=d), units),
    st.builds(lambda c, low: AdjustStock(sku=MILK, reason="x", counted=c, low_at=low), units, units),
)


@hypothesis_given(st.lists(moves, max_size=30))
def test_whatever_happens_the_units_add_up(commands: list[Any]) -> None:
    """Invariant 3."""
    state = branch().state
    for number, command in enumerate(commands):
        decision = stock.DECIDER.decide(state, command, stock.DECIDER.context(100.0, f"c{number}", "p"))
        for event in decision.events:
            before = state
            state = stock.DECIDER.evolve(state, through_json(event))
            assert through_json(before) == before, "the state before is left as it was"
            for sku, at in (level for bucket in state.levels.values() for level in bucket.items()):
                held = sum(
                    line.units for _, each in state.reservations() for line in each.lines if line.sku == sku
                )
                assert 0 <= at.reserved <= at.on_hand
                assert at.sold + at.on_hand == at.received
                assert at.reserved == held
