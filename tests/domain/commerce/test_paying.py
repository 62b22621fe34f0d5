"""Paying as the cart sees it: asked for, declined, paid, paid late, paid twice; given, when, then."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from actors import cart
from actors.cart.payment import MAX_PAYMENTS
from actors.messages.cart import AddItem, ClearCart, CloseSession, EndSession, OpenSession, SessionOver
from actors.messages.money.amounts import TaxTerms
from actors.messages.money.checkout import (
    CancelCheckout,
    Checkout,
    ReservationMade,
    ReservationOverdue,
    ReservationRefused,
)
from actors.messages.money.order import PlaceOrder
from actors.messages.money.paying import (
    PaymentAsked,
    PaymentDeclined,
    PaymentFailed,
    PaymentSucceeded,
    RequestPayment,
)
from actors.messages.money.payment import PaymentKept, StartPayment
from actors.messages.money.purchase import Purchase
from actors.messages.money.refund import RefundPayment
from actors.messages.stock import CommitReservation, Quantity, ReleaseReservation, Reserve, Shortage
from actors.messages.trolley import Release
from actors.pricing import bill
from tests.domain.given import Given, Then, given
from tests.domain.things import offer

OPEN = OpenSession(
    session_id="s1",
    trolley_id="TROLLEY_01",
    branch="B",
    chain="demo",
    currency="INR",
    exclusive=True,
    restore_s=900.0,
)
PAY = RequestPayment("p1", "sandbox", "demo")
FAILED = PaymentFailed("p1", "card_declined", "Your bank said no.")
TOTAL = Decimal("37.50")


def shopping() -> Given:
    opened = given(cart, "alice").after(OPEN, command_id="open")
    return opened.after(AddItem(offer("milk"), 3, "s1", "l1"), command_id="add")


def reserved(state: Given | None = None, reservation_id: str = "r1") -> Given:
    asked = (state or shopping()).after(
        Checkout(reservation_id, "B", 300.0), command_id=f"ask-{reservation_id}"
    )
    return asked.after(ReservationMade(reservation_id, "B"), at=101.0, command_id=f"made-{reservation_id}")


def paying() -> Given:
    return reserved().after(PAY, at=102.0, command_id="pay")


def money_of(state: Given, payment_id: str = "p1") -> PaymentSucceeded:
    """What the payment will say that was asked for last."""
    start = next(tell for tell in _told(state) if isinstance(tell, StartPayment))
    return PaymentSucceeded(payment_id, start.purchase, start.cart_revision)


def bought(state: cart.State) -> Purchase:
    """What is bought with these lines on TROLLEY_01."""
    return Purchase(
        reservation_id="r1",
        branch="B",
        chain="demo",
        session_id="s1",
        trolley_id="TROLLEY_01",
        lines=tuple(state.lines.values()),
        total=TOTAL,
        currency="INR",
        amounts=bill(state.lines, "INR", TaxTerms()),
    )


def _told(state: Given) -> list[Any]:
    last = state.history[-1]
    return [tell.command for tell in cart.DECIDER.tells(state.state, last)]


def order_of(paid: Then) -> PlaceOrder:
    [order] = [tell.command for tell in paid.told if tell.kind == "order"]
    assert isinstance(order, PlaceOrder)
    return order


def returned(then: Then, payment_id: str = "p1") -> Then:
    [back] = [tell.command for tell in then.told if isinstance(tell.command, RefundPayment)]
    assert back.order_id is None
    assert (back.amount, [tell.key for tell in then.told if tell.kind == "payment"]) == (None, [payment_id])
    return then


def test_a_payment_is_asked_for_with_what_the_stock_keeps() -> None:
    then = reserved().when(PAY, at=102.0, command_id="pay").names("PaymentRequested")
    then.answers(PaymentAsked("p1", "r1", 400.0))
    start = StartPayment(
        user_id="alice",
        purchase=bought(then.state),
        provider="sandbox",
        expires_at=400.0,
        cart_revision=then.state.revision,
    )
    then.tells(("payment", "p1", start))
    assert cart.DECIDER.deadline(then.state) == 400.0


def test_a_second_click_names_the_payment_that_goes_on_and_another_provider_begins_one() -> None:
    again = paying().when(RequestPayment("p2", "sandbox", "demo"), command_id="again").nothing()
    again.answers(PaymentAsked("p1", "r1", 400.0))
    other = paying().when(RequestPayment("p2", "stripe", "demo"), command_id="x").names("PaymentRequested")
    other.answers(PaymentAsked("p2", "r1", 400.0))


def test_nothing_is_paid_for_that_is_not_kept() -> None:
    given(cart, "alice").when(PAY).refused(400, "cart_empty", user_id="alice")
    shopping().when(PAY, command_id="pay").refused(409, "no_checkout")
    asked = shopping().after(Checkout("r1", "B", 300.0), command_id="ask")
    asked.when(PAY, command_id="pay").refused(409, "checkout_in_progress")
    dollars = RequestPayment("p1", "sandbox", "demo", "USD")
    reserved().when(dollars, command_id="pay").refused(400, "currency_mismatch", expected="INR", got="USD")


def test_so_many_payments_a_checkout_tries_and_no_more() -> None:
    state = reserved()
    for number in range(MAX_PAYMENTS):
        state = state.after(RequestPayment(f"p{number}", "sandbox", "demo"), command_id=f"pay-{number}")
        state = state.after(PaymentFailed(f"p{number}", "card_declined", "No."), command_id=f"no-{number}")
    state.when(PAY, command_id="more").refused(409, "too_many_payments")


def test_paying_for_an_open_cart_begins_with_a_checkout() -> None:
    begin = replace(PAY, checkout=Checkout("r1", "B", 300.0))
    given(cart, "alice").when(begin).refused(400, "cart_empty", user_id="alice")
    asked = shopping().when(begin, at=100.0, command_id="pay").names("CheckoutRequested").pending()
    made = asked.and_then().when(ReservationMade("r1", "B"), at=101.0, command_id="made")
    made.names("CheckoutReserved", "PaymentRequested").settles(("pay", PaymentAsked("p1", "r1", 400.0)))
    [told] = [tell.command for tell in made.told if tell.kind == "payment"]
    assert (told.purchase.total, told.cart_revision) == (TOTAL, made.state.revision)
    short = ReservationRefused("r1", (Shortage("product-milk", 3, 1),))
    asked.and_then().when(short, command_id="no").names("CheckoutRefused").settles(
        ("pay", "insufficient_stock")
    )
    asked.and_then().when(PAY, command_id="again").refused(409, "checkout_in_progress")
    asked.and_then().when(CancelCheckout(), command_id="x").settles(("pay", "checkout_cancelled"))


def test_a_declined_payment_leaves_the_cart_frozen_for_another_try() -> None:
    then = paying().when(FAILED, at=110.0)
    declined = PaymentDeclined(
        payment_id="p1", reservation_id="r1", reason="card_declined", detail="Your bank said no.", at=110.0
    )
    then.then(declined).tells()
    assert cart.DECIDER.deadline(then.state) == 400.0
    more = then.and_then().when(RequestPayment("p2", "sandbox", "demo"), command_id="pay2")
    more.names("PaymentRequested")
    more.and_then().when(FAILED, command_id="old news").nothing()


def test_the_money_sells_what_was_kept_and_ends_the_session_as_paid() -> None:
    before = paying()
    then = before.when(money_of(before), at=120.0).names("CheckoutPaid")
    order = PlaceOrder("alice", bought(before.state))
    then.tells(
        ("stock", "B", CommitReservation("r1")),
        ("order", "p1", order),
        ("payment", "p1", PaymentKept("p1")),
        ("trolley", "TROLLEY_01", Release("s1", "paid")),
    )
    assert (then.state.lines, str(then.state.total), then.state.units) == ({}, "0.00", 0)
    assert (then.state.checkout, cart.DECIDER.deadline(then.state), then.state.phase) == (
        None,
        None,
        "ending",
    )
    over = then.and_then().after(EndSession("s1", "paid"), command_id="end")
    ended = over.when(CloseSession("s1", "paid"), at=121.0, command_id="close").names("SessionDetached")
    assert dict(ended.decision.settles)["end"] == SessionOver("s1", "TROLLEY_01", "paid", 0)
    assert ended.state.saved == ()
    ended.and_then().when(EndSession("s1", "paid"), command_id="more").answers(
        SessionOver("s1", "TROLLEY_01", "paid", 0)
    )


def test_the_same_money_is_told_once() -> None:
    before = paying()
    paid = before.after(money_of(before), at=120.0, command_id="money")
    paid.when(money_of(before), command_id="again").nothing()
    paid.when(ReservationOverdue("r1", "B"), at=999.0, command_id="sweep").nothing()


def test_a_shopper_without_a_trolley_pays_as_well() -> None:
    alone = reserved(given(cart, "alice").after(AddItem(offer("milk"), 1), command_id="add"))
    before = alone.after(PAY, command_id="pay")
    then = before.when(money_of(before), at=120.0).names("CheckoutPaid")
    assert (order_of(then).purchase.session_id, order_of(then).purchase.trolley_id) == (None, None)
    assert then.state.phase == "free"


def test_a_session_that_expired_at_the_banks_page_is_named_in_the_order() -> None:
    before = paying()
    asleep = before.after(CloseSession("s1", "expired"), at=140.0, command_id="asleep")
    then = asleep.when(money_of(before), at=150.0).names("CheckoutPaid")
    assert (order_of(then).purchase.session_id, order_of(then).purchase.trolley_id) == ("s1", "TROLLEY_01")
    assert [tell.kind for tell in then.told if tell.durable] == ["stock", "order", "payment"]


def test_every_trolley_of_the_branch_is_released_by_the_one_payment() -> None:
    both = shopping().after(replace(OPEN, session_id="s2", trolley_id="TROLLEY_02", exclusive=False))
    before = reserved(both).after(PAY, command_id="pay")
    then = before.when(money_of(before), at=120.0)
    released = [tell.key for tell in then.told if isinstance(tell.command, Release)]
    assert released == ["TROLLEY_01", "TROLLEY_02"]


def test_money_after_the_end_reserves_once_more_if_the_cart_is_as_it_was() -> None:
    before = paying()
    thawed = before.after(cart.DECIDER.on_deadline, at=400.0, command_id="t")
    again = thawed.when(money_of(before), at=4000.0, command_id="money").names("CheckoutReopened")
    again.tells(("stock", "B", Reserve("p1", "alice", (Quantity("product-milk", 3),), 4300.0)))
    assert cart.DECIDER.deadline(again.state) is None
    frozen = again.and_then()
    frozen.when(CancelCheckout(), command_id="cancel").refused(409, "already_paid", payment_id="p1")
    frozen.when(RequestPayment("p2", "sandbox", "demo"), command_id="p2").refused(409, "already_paid")
    frozen.when(money_of(before), command_id="twice").nothing()
    then = frozen.when(ReservationMade("p1", "B"), at=4001.0, command_id="made").names("CheckoutPaid")
    assert order_of(then).purchase.total == TOTAL
    assert then.told[0].command == CommitReservation("p1")


def test_money_after_the_end_goes_back_if_the_goods_are_sold_out() -> None:
    before = paying()
    thawed = before.after(cart.DECIDER.on_deadline, at=400.0, command_id="t")
    frozen = thawed.after(money_of(before), at=4000.0, command_id="money")
    short = ReservationRefused("p1", (Shortage("product-milk", 3, 1),))
    then = returned(
        frozen.when(short, at=4001.0, command_id="no").names("CheckoutRefused", "PaymentReturned")
    )
    assert (len(then.state.lines), then.state.checkout) == (1, None)


@pytest.mark.parametrize(
    "changed",
    [
        ClearCart(), AddItem(offer("tea"), 1, "s1"), AddItem(offer("milk"), 1, "s1"),
        CloseSession("s1", "abandoned"),
    ],
    ids=["empty", "more", "other quantity", "gone"],
)  # fmt: skip
def test_money_after_the_end_goes_back_if_the_cart_is_another(changed: Any) -> None:
    before = paying()
    other = before.after(cart.DECIDER.on_deadline, at=400.0, command_id="t").after(
        changed, at=401.0, command_id="x"
    )
    returned(other.when(money_of(before), at=402.0, command_id="money").names("PaymentReturned"))


def test_a_reopened_checkout_survives_the_end_of_its_session() -> None:
    before = paying()
    thawed = before.after(cart.DECIDER.on_deadline, at=400.0, command_id="t")
    frozen = thawed.after(money_of(before), at=401.0, command_id="money")
    alone = frozen.when(CloseSession("s1", "abandoned"), at=402.0, command_id="x").names("SessionDetached")
    assert len(alone.state.lines) == 1
    paid = alone.and_then().when(ReservationMade("p1", "B"), at=403.0, command_id="made")
    assert order_of(paid.names("CheckoutPaid")).purchase.trolley_id == "TROLLEY_01"


def test_the_second_payment_of_one_checkout_goes_back() -> None:
    one = paying()
    first = money_of(one)
    two = one.after(RequestPayment("p2", "stripe", "demo"), command_id="pay2")
    paid = two.after(first, at=120.0, command_id="money")
    second = money_of(two, "p2")
    returned(paid.when(second, at=121.0, command_id="money2").names("PaymentReturned"), "p2")
    # The same goods once more are other goods.
    more = paid.after(AddItem(offer("milk"), 3, None, "l1"), command_id="more")
    returned(more.when(second, at=130.0, command_id="money2").names("PaymentReturned"), "p2")


def test_the_first_payments_money_may_pay_the_second_checkout_of_the_same_goods() -> None:
    one = paying()
    thawed = one.after(cart.DECIDER.on_deadline, at=400.0, command_id="t")
    again = reserved(thawed, "r2").after(RequestPayment("p2", "sandbox", "demo"), command_id="pay2")
    paid = again.when(money_of(one), at=405.0, command_id="money").names("CheckoutPaid")
    assert paid.told[0].command == CommitReservation("r2")
    later = paid.and_then().when(money_of(again, "p2"), at=406.0, command_id="money2")
    returned(later.names("PaymentReturned"), "p2")


def test_money_that_comes_while_another_checkout_waits_for_the_stock_goes_back() -> None:
    one = paying()
    thawed = one.after(cart.DECIDER.on_deadline, at=400.0, command_id="t")
    asked = thawed.after(Checkout("r2", "B", 300.0), at=401.0, command_id="ask2")
    returned(asked.when(money_of(one), at=402.0, command_id="money").names("PaymentReturned"))


def test_what_was_cancelled_and_paid_all_the_same_is_bought() -> None:
    before = paying()
    then = before.when(CancelCheckout(), command_id="cancel").names("CheckoutCancelled")
    then.tells(("stock", "B", ReleaseReservation("r1", "cancelled")))
    then.and_then().when(money_of(before), command_id="money").names("CheckoutReopened")


def test_a_checkout_that_begins_while_the_paid_session_ends_goes_on() -> None:
    before = paying()
    paid = before.after(money_of(before), at=120.0, command_id="money")
    more = reserved(paid.after(AddItem(offer("tea"), 1, None, "l2"), command_id="tea"), "r2")
    then = more.when(CloseSession("s1", "paid"), at=121.0, command_id="close").names("SessionDetached")
    assert (len(then.state.lines), then.state.checkout is None) == (1, False)
