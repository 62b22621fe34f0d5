"""Orders: placed once, numbered by the branch, let out once, and never given back more than was paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st
from msgspec.structs import replace

from actors import order, order_numbers
from actors.messages.cart import Line, PriceStep
from actors.messages.money.order import (
    Dispute,
    DisputeStatus,
    ExitPassed,
    ExitVerified,
    GiveNumber,
    GoodsBack,
    NoteDispute,
    OrderNumbered,
    OrderPlaced,
    OrderRefunded,
    PlaceOrder,
    RefundBegun,
    RefundFailed,
    RefundMade,
    RefundOrder,
    RefundRefused,
    RefundRequested,
    RefundReversed,
    VerifyExit,
)
from actors.messages.money.order_numbers import NumberTaken, TakeNumber
from actors.messages.money.purchase import Purchase
from actors.messages.money.receipt import SendReceipt
from actors.messages.money.refund import RefundPayment
from actors.messages.stock import AdjustStock
from tests.domain.given import Given, given


def line(name: str, quantity: int, price: str, variant: str | None = None) -> Line:
    unit = Decimal(price)
    trace = (PriceStep("base", unit),)
    return Line(
        f"line-{name}",
        name,
        f"bar-{name}",
        name,
        quantity,
        unit,
        unit * quantity,
        trace,
        1.0,
        variant,
        variant,
    )


MILK, TEA = line("milk", 2, "10.00"), line("tea", 1, "30.50", "mint")
BOUGHT = Purchase(
    reservation_id="r1",
    branch="B",
    chain="demo",
    session_id="s1",
    trolley_id="TROLLEY_01",
    lines=(MILK, TEA),
    total=Decimal("50.50"),
    currency="INR",
)
PLACE = PlaceOrder("alice", BOUGHT)
PLACED = OrderPlaced("alice", BOUGHT, 100.0)
LOOK = VerifyExit("demo", "B", "guard", 3600.0)


def paid(*events: Any) -> Given:
    return given(order, "p1", PLACED, OrderNumbered(7, 100.0), *events)


def refund(amount: str | Decimal | None, *returned: GoodsBack, name: str = "f1") -> RefundOrder:
    return RefundOrder(
        refund_id=name,
        amount=None if amount is None else Decimal(amount),
        reason="torn",
        user_id="boss",
        returned=returned,
    )


def test_an_order_repeats_the_reserved_lines_and_asks_the_till_for_a_number() -> None:
    """Invariant 6."""
    then = given(order, "p1").when(PLACE)
    then.then(PLACED)
    then.tells(("till", "B", TakeNumber("p1")))
    bought = then.state.purchase
    assert bought.total == sum(each.line_total for each in bought.lines)
    assert (then.state.units, then.state.left) == (3, Decimal("50.50"))


def test_an_order_that_is_placed_again_stays_as_it_is() -> None:
    paid().when(PLACE).nothing()


@pytest.mark.parametrize("total", ["50.49", "0.00"])
def test_lines_that_do_not_add_up_are_a_defect_and_no_order(total: str) -> None:
    wrong = PlaceOrder("alice", replace(BOUGHT, total=Decimal(total)))
    with pytest.raises(ValueError, match=f"expected lines that make {total}"):
        given(order, "p1").when(wrong)


def test_the_till_counts_from_one_and_tells_the_order() -> None:
    first = given(order_numbers, "B").when(TakeNumber("p1"))
    first.then(NumberTaken("p1", 1, 100.0)).tells(("order", "p1", GiveNumber(1)))
    first.and_then().when(TakeNumber("p2")).then(NumberTaken("p2", 2, 100.0))


def test_a_number_is_given_once_and_brings_the_receipt() -> None:
    then = given(order, "p1", PLACED).when(GiveNumber(7))
    then.then(OrderNumbered(7, 100.0)).tells()
    assert then.hints("receipt", "p1") == [SendReceipt()]
    then.and_then().when(GiveNumber(8)).nothing()


# --- the exit --------------------------------------------------------------------------


def test_the_goods_leave_once() -> None:
    then = paid().when(LOOK, at=200.0)
    then.then(ExitVerified("guard", 200.0)).answers(ExitPassed(200.0))
    again = then.and_then().when(LOOK, at=260.0)
    again.refused(409, "pass_used", verified_at=200.0, verified_by="guard", number=7)


def test_a_pass_is_good_to_the_moment_and_not_longer() -> None:
    paid().when(LOOK, at=3700.0).names("ExitVerified")
    paid().when(LOOK, at=3700.1).refused(409, "pass_expired", valid_until=3700.0)


def test_a_pass_of_another_branch_is_named_and_one_of_another_chain_is_unknown() -> None:
    paid().when(VerifyExit("demo", "C", "guard", 3600.0)).refused(409, "pass_wrong_branch", branch="B")
    foreign = paid().when(VerifyExit("other", "B", "guard", 3600.0))
    assert foreign.refused(404, "pass_unknown").decision.refusal.extra == {}  # type: ignore[union-attr]


def test_a_pass_of_nothing_is_unknown() -> None:
    given(order, "p1").when(LOOK).refused(404, "pass_unknown")


def test_goods_whose_money_was_given_back_do_not_leave() -> None:
    part = paid().after(refund("10.00")).after(RefundMade("f1", Decimal("10.00")))
    part.when(LOOK).names("ExitVerified")
    whole = part.after(refund(None, name="f2")).after(RefundMade("f2", Decimal("40.50")))
    whole.when(LOOK).refused(409, "pass_refunded", number=7)


# --- refunds ---------------------------------------------------------------------------


def test_a_refund_goes_to_the_payment_and_its_word_settles_it() -> None:
    then = paid().when(refund("10"))
    requested = RefundRequested(
        refund_id="f1", amount=Decimal("10.00"), reason="torn", user_id="boss", returned=(), at=100.0
    )
    then.then(requested)
    then.answers(RefundBegun("f1", Decimal("10.00"), Decimal("40.50")))
    then.tells(("payment", "p1", RefundPayment("f1", Decimal("10.00"), "torn", "p1")))
    assert (then.state.phase, then.state.refunded) == ("paid", 0)
    made = then.and_then().when(RefundMade("f1", Decimal("10.00")), at=101.0)
    made.then(OrderRefunded("f1", Decimal("10.00"), 101.0))
    assert (made.state.phase, made.state.refunded) == ("partly_refunded", Decimal("10.00"))
    made.and_then().when(RefundMade("f1", Decimal("10.00"))).nothing()


def test_a_refund_without_an_amount_is_of_all_that_is_left() -> None:
    part = paid().after(refund("10.00")).after(RefundMade("f1", Decimal("10.00")))
    rest = part.when(refund(None, name="f2"))
    rest.answers(RefundBegun("f2", Decimal("40.50"), Decimal("0.00")))
    done = rest.and_then().after(RefundMade("f2", Decimal("40.50")))
    assert done.state.phase == "refunded"
    done.when(refund("0.01", name="f3")).refused(409, "nothing_to_refund")
    done.when(RefundMade("f9", Decimal("1.00"))).nothing()


def test_no_more_than_was_paid_is_given_back_even_while_a_refund_is_on_its_way() -> None:
    paid().when(refund("50.51")).refused(400, "refund_too_high", left=Decimal("50.50"))
    on_its_way = paid().after(refund("40.00"))
    on_its_way.when(refund("10.51", name="f2")).refused(400, "refund_too_high", left=Decimal("10.50"))
    on_its_way.after(refund(None, name="f2")).when(refund("1", name="f3")).refused(409, "nothing_to_refund")


@pytest.mark.parametrize("amount", ["0", "-1.00", "0.001"])
def test_an_amount_that_is_none_of_the_currency_is_refused(amount: str) -> None:
    paid().when(refund(amount)).refused(400, "invalid_amount", currency="INR")


def test_a_refund_that_failed_is_kept_with_its_reason_and_can_be_tried_again() -> None:
    failed = paid().after(refund(None)).when(RefundFailed("f1", "card closed"), at=105.0)
    failed.then(RefundRefused("f1", "card closed", 105.0))
    assert (failed.state.left, failed.state.refunds["f1"].status) == (Decimal("50.50"), "failed")
    failed.and_then().when(RefundFailed("f1", "card closed")).nothing()
    failed.and_then().when(refund(None, name="f2")).names("RefundRequested")


def test_money_that_the_provider_gave_back_by_itself_is_noted_and_bounded() -> None:
    then = paid().when(RefundMade("of-the-bank", Decimal("99.00")))
    then.then(OrderRefunded("of-the-bank", Decimal("50.50"), 100.0))
    assert then.state.phase == "refunded"
    paid().when(RefundFailed("of-the-bank", "no")).nothing()


def test_a_refund_that_the_bank_sends_back_is_failed_and_the_order_is_paid_again() -> None:
    whole = paid().after(refund(None)).after(RefundMade("f1", Decimal("50.50")), at=101.0)
    assert whole.state.phase == "refunded"
    back = whole.when(RefundFailed("f1", "The account was closed."), at=900.0)
    back.then(RefundReversed("f1", "The account was closed.", 900.0))
    assert (back.state.phase, back.state.refunded, back.state.left) == ("paid", 0, Decimal("50.50"))
    assert (back.state.refunds["f1"].status, back.state.refunds["f1"].detail) == (
        "failed",
        "The account was closed.",
    )
    back.and_then().when(RefundFailed("f1", "The account was closed."), command_id="twice").nothing()
    back.and_then().when(LOOK, command_id="exit").names("ExitVerified")
    again = back.and_then().after(refund("20.00", name="f2"), command_id="f2")
    part = again.after(RefundMade("f2", Decimal("20.00")), command_id="m2")
    assert part.state.phase == "partly_refunded"


def test_a_part_that_comes_back_leaves_the_other_part_given_back() -> None:
    part = paid().after(refund("10.00")).after(RefundMade("f1", Decimal("10.00")))
    both = part.after(refund(None, name="f2")).after(RefundMade("f2", Decimal("40.50")))
    back = both.when(RefundFailed("f1", "no"), command_id="no")
    assert (back.state.phase, back.state.left) == ("partly_refunded", Decimal("10.00"))


def test_a_dispute_marks_the_order_and_is_no_money_to_give_back() -> None:
    def told(status: DisputeStatus, amount: str = "50.50") -> NoteDispute:
        return NoteDispute(
            Dispute(dispute_id="d", amount=Decimal(amount), status=status, reason="fraudulent", due_by=None)
        )

    asked = paid().when(told("needs_response")).names("OrderDisputed")
    assert asked.state.dispute == told("needs_response").dispute
    asked.and_then().when(told("needs_response")).nothing()
    asked.and_then().when(refund(None)).refused(409, "nothing_to_refund")
    won = asked.and_then().after(told("won"))
    won.when(refund(None)).names("RefundRequested")
    part = paid().after(told("under_review", "10.00"))
    part.when(refund("40.51")).refused(400, "refund_too_high", left=Decimal("40.50"))


def test_what_came_back_goes_to_the_stock_once() -> None:
    then = paid().when(refund("20.00", GoodsBack("line-milk", 1), GoodsBack("line-tea", 1)))
    then.tells(
        ("payment", "p1", RefundPayment("f1", Decimal("20.00"), "torn", "p1")),
        ("stock", "B", AdjustStock(sku="milk", reason="refund of order 7", delta=1)),
        ("stock", "B", AdjustStock(sku="tea/mint", reason="refund of order 7", delta=1)),
    )
    after = then.and_then()
    after.when(refund("1.00", GoodsBack("line-milk", 1), name="f2")).names("RefundRequested")
    after.when(refund("1.00", GoodsBack("line-milk", 2), name="f2")).refused(
        400, "not_returnable", item_id="line-milk", left=1
    )
    after.when(refund("1.00", GoodsBack("line-milk", 1), GoodsBack("line-milk", 1), name="f2")).refused(
        400, "not_returnable", left=1
    )


@pytest.mark.parametrize(
    "back", [GoodsBack("line-gold", 1), GoodsBack("line-milk", 0), GoodsBack("line-milk", -1)]
)
def test_goods_that_were_not_bought_cannot_come_back(back: GoodsBack) -> None:
    paid().when(refund("1.00", back)).refused(400, "not_returnable")


def test_an_order_that_is_not_there_gives_nothing_back() -> None:
    given(order, "p1").when(refund(None)).refused(404, "order_not_found")


amounts = st.decimals("0.01", "60.00", places=2)
words = st.lists(
    st.one_of(
        st.builds(lambda n, a: refund(a, name=f"f{n}"), st.integers(1, 4), amounts),
        st.builds(lambda n, a: RefundMade(f"f{n}", a), st.integers(1, 5), amounts),
        st.builds(lambda n: RefundFailed(f"f{n}", "no"), st.integers(1, 5)),
    ),
    max_size=12,
)


@hypothesis_given(words)
def test_whatever_is_said_of_refunds_nobody_gets_more_than_was_paid(said: list[Any]) -> None:
    here, asked = paid(), set[str]()
    for number, word in enumerate(said):
        if isinstance(word, RefundOrder):  # ids of refunds are made afresh
            if word.refund_id in asked:
                continue
            asked.add(word.refund_id)
        here = here.when(word, command_id=f"c{number}").and_then()
        assert here.state.left >= 0
        assert 0 <= here.state.refunded <= here.state.purchase.total
        assert (here.state.phase == "refunded") == (here.state.refunded == here.state.purchase.total)
