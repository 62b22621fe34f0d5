"""What a shopper means to spend: what counts, and when they are told."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

from actors import cart
from actors.cart.budget import standing
from actors.kit import calendar
from actors.messages.budget import (
    ALERTS,
    Budget,
    BudgetAlerted,
    BudgetDropped,
    BudgetKept,
    BudgetSet,
    DropBudget,
    NoteRefunds,
    SetBudget,
    SpendingCorrected,
    Standing,
)
from actors.messages.cart import (
    AddItem,
    ApplyVoucher,
    CloseSession,
    ItemAdded,
    RemoveItem,
    RestoreLines,
    SessionAttached,
    SessionDetached,
    SetQuantity,
)
from actors.messages.money.checkout import CheckoutExpired, CheckoutRequested, CheckoutReserved
from actors.messages.money.paying import CheckoutPaid
from actors.messages.money.purchase import Purchase
from actors.messages.pricing import Rule, Voucher
from tests.domain.given import Given, given
from tests.domain.things import offer
from tests.domain.trolley.test_cart_lines import line

MONDAY = datetime(2026, 11, 30, tzinfo=UTC).timestamp()
DAY = 86_400.0


def budget(amount: str = "100", period: Any = "trip", **more: Any) -> Budget:
    return Budget(Decimal(amount), more.pop("currency", "INR"), period, ALERTS, **more)


def added(name: str, quantity: int, unit: str, at: float = 100.0) -> ItemAdded:
    return ItemAdded(line(name, quantity, unit), quantity, None, "INR", at)


def attached(at: float = 100.0) -> SessionAttached:
    return SessionAttached(
        session_id="s1", trolley_id="T", branch="B", chain="demo", currency="INR", restore_s=900.0, at=at
    )


def frozen(at: float = 100.0) -> tuple[Any, ...]:
    asked = CheckoutRequested(
        reservation_id="r1", branch="B", request_id="c1", expires_at=at + 300, session_id=None,
        restore_s=0.0, at=at, wish=None,
    )  # fmt: skip
    return asked, CheckoutReserved("r1", at)


def paid(total: str, at: float, order_id: str = "o1", currency: str = "INR") -> tuple[Any, ...]:
    bought = line("milk", 1, total)
    purchase = Purchase(
        reservation_id="r1", branch="B", chain="demo", session_id=None, trolley_id=None, lines=(bought,),
        total=Decimal(total), currency=currency,
    )  # fmt: skip
    return (
        ItemAdded(bought, 1, None, currency, at),
        *frozen(at),
        CheckoutPaid(payment_id=order_id, order_id=order_id, purchase=purchase, at=at),
    )


def of(*events: Any) -> Given:
    return given(cart, "u1", *events)


def spent(then: Any, now: float) -> tuple[Decimal, str]:
    found = standing(then.state, now)
    assert found is not None
    return found.spent, found.status


def test_without_a_budget_nothing_is_told_of_one() -> None:
    then = of().when(AddItem(offer("milk", "500"), line_id="line-milk")).names("ItemAdded")
    assert then.decision.answer.standing is None
    assert standing(then.state, 100.0) is None


def test_every_answer_of_the_cart_says_how_it_stands() -> None:
    before = of(BudgetSet(budget(), 1.0), added("milk", 1, "40"))
    expected = Standing(Decimal(100), Decimal(80), "INR", "trip", Decimal("0.8"))
    then = before.when(SetQuantity("line-milk", 2)).names("QuantityChanged", "BudgetAlerted")
    assert then.decision.answer.standing == expected
    assert (expected.left, expected.status) == (Decimal(20), "near")
    assert then.decision.answer.revision == then.state.revision == 4
    gone = then.and_then().when(RemoveItem("line-milk")).names("ItemRemoved")
    assert gone.decision.answer.standing.spent == 0
    assert gone.decision.answer.standing.status == "ok"


def test_each_share_is_told_once_a_trip() -> None:
    then = of(BudgetSet(budget(), 1.0)).when(AddItem(offer("milk", "85"), line_id="line-milk"))
    then.names("ItemAdded", "BudgetAlerted")
    assert then.decision.events[1].share == Decimal("0.8")
    less = then.and_then().when(RemoveItem("line-milk")).names("ItemRemoved")
    less.and_then().when(AddItem(offer("milk", "85"), line_id="x")).names("ItemAdded")
    over = (
        less.and_then().when(AddItem(offer("milk", "120"), line_id="x")).names("ItemAdded", "BudgetAlerted")
    )
    assert over.decision.events[1] == BudgetAlerted(
        Decimal(1), 0.0, Standing(Decimal(100), Decimal(120), "INR", "trip", Decimal("0.8")), 100.0
    )
    assert over.decision.answer.standing.status == "over"


def test_one_scan_may_reach_several_shares() -> None:
    then = of(BudgetSet(budget(), 1.0)).when(AddItem(offer("milk", "100"), line_id="x"))
    then.names("ItemAdded", "BudgetAlerted", "BudgetAlerted")
    assert then.decision.answer.standing.status == "near"
    assert then.decision.answer.revision == then.state.revision


@pytest.mark.parametrize(
    "end",
    [
        paid("90", 200.0)[1:],
        (SessionDetached(
            session_id="s1", trolley_id="T", outcome="abandoned", items_cleared=1, saved_until=1e9, at=200.0
        ),),
    ],
    ids=["paid", "session over"],
)  # fmt: skip
def test_the_next_trip_tells_again(end: tuple[Any, ...]) -> None:
    first = of(BudgetSet(budget(), 1.0), attached(), *paid("90", 200.0)[:1])
    told = BudgetAlerted(
        Decimal("0.8"), 0.0, Standing(Decimal(100), Decimal(90), "INR", "trip", Decimal("0.8")), 150.0
    )
    then = of(*first.history, told, *end).when(AddItem(offer("bread", "90"), line_id="x"))
    then.names("ItemAdded", "BudgetAlerted")


def test_a_week_counts_what_was_paid_in_it_and_what_the_cart_holds() -> None:
    before = of(
        BudgetSet(budget(period="week"), 1.0), *paid("30", MONDAY - DAY, "o0"),
        *paid("50", MONDAY + DAY, "o1"), *paid("999", MONDAY + DAY, "o2", "KWD"),
    )  # fmt: skip
    then = before.when(AddItem(offer("milk", "20"), line_id="x"), at=MONDAY + 2 * DAY)
    assert spent(then, MONDAY + 2 * DAY) == (Decimal(70), "ok")
    assert spent(then, MONDAY + 7 * DAY) == (Decimal(20), "ok")


def test_a_month_begins_where_its_owner_lives() -> None:
    midnight = datetime(2026, 12, 1, tzinfo=ZoneInfo("Asia/Kolkata")).timestamp()
    before = of(
        BudgetSet(budget(period="month", zone="Asia/Kolkata"), 1.0), *paid("30", midnight - 60, "o0"),
        *paid("50", midnight + 60, "o1"),
    )  # fmt: skip
    then = before.when(AddItem(offer("milk", "1"), line_id="x"), at=midnight + 120)
    assert spent(then, midnight + 120) == (Decimal(51), "ok")


def test_each_share_is_told_again_in_the_next_week() -> None:
    before = of(BudgetSet(budget(period="week"), 1.0))
    then = before.when(AddItem(offer("milk", "90"), line_id="x"), at=MONDAY).names(
        "ItemAdded", "BudgetAlerted"
    )
    same = then.and_then().when(AddItem(offer("bread", "1"), line_id="y"), at=MONDAY + DAY).names("ItemAdded")
    same.and_then().when(AddItem(offer("bread", "1"), line_id="y"), at=MONDAY + 7 * DAY).names(
        "ItemAdded", "BudgetAlerted"
    )


def test_a_checkout_that_expires_or_is_paid_counts_the_goods_once() -> None:
    at = MONDAY
    shopping = (BudgetSet(budget(period="week"), 1.0), ItemAdded(line("milk", 1, "60"), 1, None, "INR", at))
    asked = of(*shopping, *frozen(at))
    assert standing(asked.state, at) == standing(of(*shopping).state, at)
    expired = CheckoutExpired(reservation_id="r1", branch="B", items_cleared=0, saved_until=None, at=at + 300)
    assert standing(of(*asked.history, expired).state, at) == standing(asked.state, at)
    sold = of(*shopping, *paid("60", at)[1:])
    assert standing(sold.state, at) == standing(asked.state, at)
    again = sold.when(AddItem(offer("milk", "5"), line_id="x"), at=at)
    assert spent(again, at) == (Decimal(65), "ok")


def test_a_session_that_ends_gives_what_the_cart_held_back_to_the_budget() -> None:
    before = of(BudgetSet(budget(period="week"), 1.0), attached(MONDAY), added("milk", 1, "60", MONDAY))
    then = before.when(CloseSession("s1", "abandoned"), at=MONDAY)
    assert spent(then, MONDAY)[0] == 0
    back = then.and_then().when(RestoreLines(), at=MONDAY)
    assert back.decision.answer.standing.spent == 60


def test_a_voucher_counts_by_the_prices_it_makes() -> None:
    before = of(BudgetSet(budget(), 1.0), added("milk", 1, "100"))
    half = Voucher("HALF", Rule("v1", "voucher", "percent", Decimal(50), "voucher:HALF"))
    then = before.when(ApplyVoucher(half, {"product-milk": offer("milk", "100")}))
    assert then.decision.answer.standing.spent == 50


def test_a_refund_makes_room_and_one_that_the_bank_sends_back_takes_it_again() -> None:
    before = of(BudgetSet(budget(period="week"), 1.0), *paid("60", MONDAY))
    then = before.when(NoteRefunds("o1", Decimal(25)), at=MONDAY).then(
        SpendingCorrected("o1", Decimal(25), MONDAY)
    )
    assert spent(then, MONDAY)[0] == 35
    then.and_then().when(NoteRefunds("o1", Decimal(25))).nothing()
    back = then.and_then().when(NoteRefunds("o1", Decimal(0)), at=MONDAY).names("SpendingCorrected")
    assert spent(back, MONDAY)[0] == 60
    before.when(NoteRefunds("long-ago", Decimal(5))).nothing()


def test_a_budget_changed_in_the_middle_of_a_checkout_counts_at_once_and_leaves_the_checkout() -> None:
    at = MONDAY
    before = of(BudgetSet(budget(), 1.0), ItemAdded(line("milk", 1, "60"), 1, None, "INR", at), *frozen(at))
    then = before.when(SetBudget(budget("50")), at=at)
    then.names("BudgetSet", "BudgetAlerted", "BudgetAlerted")
    assert then.decision.answer.standing.status == "over"
    assert then.state.checkout == before.state.checkout
    then.and_then().when(SetBudget(budget("50")), at=at).then().answers(
        BudgetKept(standing(then.state, at), then.state.revision)
    )


def test_a_budget_can_be_forgotten() -> None:
    before = of(BudgetSet(budget(), 1.0), added("milk", 1, "90"))
    then = before.when(DropBudget(), at=5.0).then(BudgetDropped(5.0)).answers(BudgetKept(None, 3))
    then.and_then().when(DropBudget()).nothing().answers(BudgetKept(None, 3))
    then.and_then().when(AddItem(offer("milk", "90"), line_id="x")).names("ItemAdded")


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1000"), ("KWD", "1.255")])
def test_amounts_are_exact_in_currencies_of_no_and_of_three_decimals(currency: str, amount: str) -> None:
    before = of(BudgetSet(budget(amount, currency=currency), 1.0))
    then = before.when(AddItem(offer("milk", amount, currency), line_id="x"))
    found = then.decision.answer.standing
    assert (found.spent, str(found.left), found.status) == (
        Decimal(amount), "0" if currency == "JPY" else "0.000", "near",
    )  # fmt: skip


def test_a_budget_of_no_currency_is_in_whatever_the_cart_is_in() -> None:
    then = of(BudgetSet(budget(currency=""), 1.0)).when(AddItem(offer("milk", "85", "KWD"), line_id="x"))
    assert then.names("ItemAdded", "BudgetAlerted").decision.answer.standing.currency == "KWD"


def test_a_cart_in_another_currency_does_not_count() -> None:
    before = of(BudgetSet(budget(currency="KWD"), 1.0))
    then = before.when(AddItem(offer("milk", "5000"), line_id="x")).names("ItemAdded")
    assert then.decision.answer.standing.spent == 0


@examples(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 40), st.booleans()), max_size=25),
    st.sampled_from(["trip", "week", "month"]),
)
@settings(max_examples=100, deadline=None)
def test_no_share_is_told_twice_and_none_before_it_is_reached(
    story: list[tuple[str, int, bool]], period: Any
) -> None:
    before = of(BudgetSet(budget(period=period), 1.0))
    shares: list[Decimal] = []
    for name, price, takes_out in story:
        if takes_out and before.state.line(f"line-{name}"):
            then = before.when(RemoveItem(f"line-{name}"), at=MONDAY)
        else:
            then = before.when(AddItem(offer(name, str(price)), line_id=f"line-{name}"), at=MONDAY)
        told = [each for each in then.decision.events if isinstance(each, BudgetAlerted)]
        assert all(each.standing.spent >= each.standing.amount * each.share for each in told)
        shares += [each.share for each in told]
        assert then.decision.answer.revision == then.state.revision
        before = then.and_then()
    assert len(shares) == len(set(shares))


@pytest.mark.parametrize(
    ("span", "began"),
    [("week", 19), ("month", 1)],
)  # fmt: skip
def test_weeks_and_months_begin_at_local_midnight_also_over_a_change_of_the_clocks(
    span: Any, began: int
) -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 10, 25, 23, 30, tzinfo=zone)  # the day on which the clocks go back
    midnight = datetime(2026, 10, began, tzinfo=zone)
    assert calendar.began(span, "Europe/Berlin", now.timestamp()) == midnight.timestamp()
