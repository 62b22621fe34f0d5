"""A check at the exit: what was scanned against what was paid, and what follows of it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from hypothesis import given as given_any
from hypothesis import strategies as st

from actors import exit_check
from actors.messages.money.exit_check import (
    BeginCheck,
    CheckStands,
    Expected,
    FinishCheck,
    Found,
    ScanInCheck,
    SettleCheck,
)
from actors.messages.stock import AdjustStock
from tests.domain.given import Given, given


def expected(sku: str, units: int, price: str = "10.00") -> Expected:
    return Expected(f"line-{sku}", sku, sku, units, Decimal(price))


def scan(sku: str, units: int = 1, price: str = "12.00") -> ScanInCheck:
    return ScanInCheck(Found(sku, sku, units, Decimal(price)))


def begun(*lines: Expected) -> Given:
    begin = BeginCheck(buyer_id="alice", chain="demo", branch="B", currency="INR", expected=lines, by="mia")
    return given(exit_check, "o1").after(begin, command_id="begin")


def after(state: Given, *commands: Any) -> Given:
    for number, command in enumerate(commands):
        state = state.after(command, command_id=f"{type(command).__name__}{number}")
    return state


def test_a_trolley_that_holds_just_what_was_paid_is_clean() -> None:
    done = after(begun(expected("milk", 2), expected("rice", 1)), scan("rice"), scan("milk"), scan("milk"))
    finished = done.when(FinishCheck()).answers(CheckStands("o1"))
    assert (finished.state.outcome, finished.state.missing, finished.state.unpaid) == ("clean", (), ())
    assert (finished.state.amount_due, finished.state.refund_due) == (0, 0)
    finished.and_then().when(SettleCheck("mia", "cash")).refused(409, "nothing_to_pay")


def test_what_is_missing_and_what_is_unpaid_is_named_with_what_it_is_worth() -> None:
    state = after(begun(expected("milk", 3), expected("rice", 1)), scan("milk", 1), scan("gin", 2, "99.50"))
    state = after(state, scan("rice", 2, "12.30"), FinishCheck()).state
    assert state.outcome == "differences"
    assert [(each.item_id, each.units, each.amount) for each in state.missing] == [
        ("line-milk", 2, Decimal("20.00"))
    ]
    assert [(each.sku, each.units, each.amount) for each in state.unpaid] == [
        ("gin", 2, Decimal("199.00")),
        ("rice", 1, Decimal("12.30")),
    ]
    assert (state.amount_due, state.refund_due) == (Decimal("211.30"), Decimal("20.00"))


def test_what_is_paid_after_all_leaves_the_stock_once() -> None:
    over = after(begun(expected("milk", 1)), scan("milk", 3, "12.30"), FinishCheck())
    paid = over.when(SettleCheck("mia", "cash"), command_id="s")
    paid.names("CheckSettled")
    paid.tells(("stock", "B", AdjustStock(sku="milk", reason="Paid at the exit", delta=-2)))
    assert paid.decision.events[0].amount == Decimal("24.50")
    assert paid.state.amount_due == 0
    paid.and_then().when(SettleCheck("mia", "card"), command_id="t").nothing()


def test_each_step_has_its_time() -> None:
    new = given(exit_check, "o1")
    for early in (scan("milk"), FinishCheck(), SettleCheck("mia", "cash")):
        new.when(early).refused(404, "check_not_found")
    state = begun(expected("milk", 1))
    begin = BeginCheck(buyer_id="alice", chain="demo", branch="B", currency="INR", expected=(), by="zoe")
    state.when(begin).answers(CheckStands("o1")).nothing()
    state.when(SettleCheck("mia", "cash")).refused(409, "check_goes_on")
    over = after(state, FinishCheck())
    over.when(scan("milk")).refused(409, "check_over")
    over.when(begin).refused(409, "check_over")
    over.when(FinishCheck(), command_id="again").answers(CheckStands("o1")).nothing()


_SKUS = st.sampled_from(("milk", "rice", "gin"))


@given_any(
    st.lists(st.tuples(_SKUS, st.integers(1, 4)), max_size=5),
    st.lists(st.tuples(_SKUS, st.integers(1, 4)), max_size=8),
)
def test_paid_and_unpaid_and_missing_add_up_to_what_was_found(
    paid: list[tuple[str, int]], there: list[tuple[str, int]]
) -> None:
    lines = tuple(
        Expected(f"line-{number}", sku, sku, units, Decimal(1)) for number, (sku, units) in enumerate(paid)
    )
    state = begun(*lines)
    for number, (sku, units) in enumerate(there):
        state = state.after(scan(sku, units), command_id=f"scan{number}")
    done = state.after(FinishCheck(), command_id="finish").state

    def sums(things: Any) -> Counter[str]:
        found: Counter[str] = Counter()
        for each in things:
            found[each.sku] += each.units
        return found

    bought, found = sums(lines), sums(done.found.values())
    missing, unpaid = sums(done.missing), sums(done.unpaid)
    for sku in ("milk", "rice", "gin"):
        assert bought[sku] - missing[sku] + unpaid[sku] == found[sku]
        assert not (missing[sku] and unpaid[sku])
    assert (done.outcome == "clean") == (bought == found)
