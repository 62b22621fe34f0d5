"""The checkout as the cart sees it: frozen, reserved, thawed; given, when, then."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from actors import cart
from actors.messages.cart import (
    AddItem,
    ApplyVoucher,
    ClearCart,
    CloseSession,
    EndSession,
    OpenSession,
    RemoveItem,
    Reprice,
    RestoreLines,
    SetQuantity,
)
from actors.messages.money.checkout import (
    CancelCheckout,
    CheckedOut,
    Checkout,
    CheckoutExpired,
    CheckoutOver,
    ReservationMade,
    ReservationOverdue,
    ReservationRefused,
)
from actors.messages.money.promotions import Deal, Promotion
from actors.messages.stock import Quantity, ReleaseReservation, Reserve, Shortage
from actors.messages.trolley import NoteUnpaid
from tests.domain.commerce.test_pricing import voucher
from tests.domain.given import Given, given
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
CHECKOUT = Checkout("r1", "B", 300.0)
MADE = ReservationMade("r1", "B")


def shopping() -> Given:
    opened = given(cart, "alice").after(OPEN, command_id="open")
    return opened.after(AddItem(offer("milk"), 3, "s1", "l1"), command_id="add")


def frozen() -> Given:
    return shopping().after(CHECKOUT, at=100.0, command_id="pay")


UNPAID = ("trolley", "TROLLEY_01", NoteUnpaid("s1", "alice", 1))
"""What the trolley is told of goods that were put in and not paid."""


def reserved() -> Given:
    return frozen().after(MADE, at=101.0, command_id="made")


def test_a_checkout_freezes_the_cart_and_asks_the_stock() -> None:
    then = shopping().when(CHECKOUT, at=100.0, command_id="pay").names("CheckoutRequested").pending()
    lines = (Quantity("product-milk", 3),)
    then.tells(("stock", "B", Reserve("r1", "alice", lines, 400.0)))


def test_the_stocks_word_answers_the_checkout() -> None:
    then = frozen().when(MADE, at=101.0).names("CheckoutReserved")
    then.settles(("pay", CheckedOut("r1", 400.0, then.state.revision)))
    assert cart.DECIDER.deadline(then.state) == 400.0
    again = then.and_then().when(Checkout("r2", "B", 300.0), command_id="again").nothing()
    again.answers(CheckedOut("r1", 400.0, then.state.revision))


def test_an_empty_cart_is_told_so_in_the_contracts_words() -> None:
    then = given(cart, "alice").when(CHECKOUT).refused(400, "cart_empty", user_id="alice")
    refusal = then.decision.refusal
    assert refusal is not None
    assert refusal.detail.startswith("Cart is empty. Please add items first. Cart ID: ")
    assert refusal.extra["cart_id"] in refusal.detail


def test_lines_that_are_not_sold_any_more_block_it_and_are_named() -> None:
    more = shopping().after(AddItem(offer("tea"), 1, "s1", "l2"), command_id="more")
    then = more.when(Checkout("r1", "B", 300.0, ("product-tea",))).refused(400, "items_unavailable")
    refusal = then.decision.refusal
    assert refusal is not None
    assert [(item["item_id"], item["name"]) for item in refusal.extra["items"]] == [("l2", "tea")]


@pytest.mark.parametrize(
    "command",
    [
        AddItem(offer("tea"), 1), SetQuantity("l1", 2), RemoveItem("l1"), ClearCart(), RestoreLines(),
        Reprice({}), ApplyVoucher(voucher("TEN"), {}),
    ],
    ids=lambda command: type(command).__name__,
)  # fmt: skip
@pytest.mark.parametrize("state", [frozen, reserved], ids=["asked", "reserved"])
def test_a_frozen_cart_cannot_be_changed(state: Any, command: Any) -> None:
    state().when(command, command_id="x").refused(409, "cart_frozen", reservation_id="r1", expires_at=400.0)


def test_a_shortage_thaws_the_cart_and_names_each_line() -> None:
    refusal = ReservationRefused("r1", (Shortage("product-milk", 3, 1),))
    then = frozen().when(refusal).names("CheckoutRefused").settles(("pay", "insufficient_stock"))
    [(_, answer)] = then.decision.settles
    [item] = answer.extra["items"]
    assert (item["item_id"], item["wanted"], item["available"]) == ("l1", 3, 1)
    then.and_then().when(RemoveItem("l1"), command_id="x").names("ItemRemoved")


def test_cancelling_thaws_and_puts_back() -> None:
    then = reserved().when(CancelCheckout(), command_id="x").names("CheckoutCancelled")
    then.answers(CheckoutOver("r1", then.state.revision))
    then.tells(("stock", "B", ReleaseReservation("r1", "cancelled")))
    assert len(then.state.lines) == 1
    then.and_then().when(CancelCheckout(), command_id="y").refused(404, "no_checkout")


def test_cancelling_before_the_stock_has_answered_gives_back_what_comes_late() -> None:
    then = frozen().when(CancelCheckout(), command_id="x").settles(("pay", "checkout_cancelled"))
    then.tells()
    late = then.and_then().when(MADE, command_id="late").names("ReservationReturned")
    late.tells(("stock", "B", ReleaseReservation("r1", "returned")))
    then.and_then().when(ReservationRefused("r1", ()), command_id="late").nothing()


def test_a_late_word_does_not_answer_the_next_checkout() -> None:
    cancelled = frozen().after(CancelCheckout(), command_id="x")
    second = cancelled.after(Checkout("r2", "B", 300.0), command_id="pay2")
    second.when(MADE, command_id="late").names("ReservationReturned")
    second.when(ReservationRefused("r1", ()), command_id="late").nothing()


def test_it_expires_to_the_moment_with_its_lines() -> None:
    timer = cart.DECIDER.on_deadline
    reserved().when(timer, at=399.9, command_id="t").nothing()
    then = (
        reserved()
        .when(timer, at=400.0, command_id="t")
        .then(CheckoutExpired(reservation_id="r1", branch="B", items_cleared=0, saved_until=None, at=400.0))
    )
    then.tells(("stock", "B", ReleaseReservation("r1", "expired")))
    assert (len(then.state.lines), then.state.checkout, cart.DECIDER.deadline(then.state)) == (1, None, None)


def test_it_does_not_expire_before_the_stock_has_answered() -> None:
    assert cart.DECIDER.deadline(frozen().state) is None
    frozen().when(cart.DECIDER.on_deadline, at=500.0, command_id="t").nothing()
    late = frozen().after(MADE, at=500.0, command_id="made")
    assert cart.DECIDER.deadline(late.state) == 400.0


def test_a_crash_keeps_the_deadline() -> None:
    assert cart.DECIDER.deadline(reserved().after_restart(350.0).state) == 400.0


def test_a_session_that_is_ended_takes_the_checkout_with_it() -> None:
    ending = reserved().after(EndSession("s1", "abandoned"), command_id="end")
    then = ending.when(CloseSession("s1", "abandoned"), at=200.0, command_id="x")
    then.names("CheckoutCancelled", "SessionDetached")
    then.tells(("stock", "B", ReleaseReservation("r1", "session_ended")), UNPAID)
    assert (len(then.state.lines), len(then.state.saved)) == (0, 1)


def test_a_session_that_is_ended_before_the_stock_has_answered_refuses_the_checkout() -> None:
    then = (
        frozen().when(CloseSession("s1", "abandoned"), command_id="x").settles(("pay", "checkout_cancelled"))
    )
    then.tells(UNPAID)
    then.and_then().when(MADE, command_id="late").names("ReservationReturned")


def test_a_session_that_expires_leaves_the_checkout_its_lines() -> None:
    """A phone that shows its bank's page gives no sign of life for longer than a session waits."""
    alone = reserved().when(CloseSession("s1", "expired"), at=200.0, command_id="x").names("SessionDetached")
    assert (len(alone.state.lines), alone.state.saved) == (1, ())
    over = alone.and_then().when(cart.DECIDER.on_deadline, at=400.0, command_id="t")
    over.then(CheckoutExpired(reservation_id="r1", branch="B", items_cleared=1, saved_until=1300.0, at=400.0))
    assert (len(over.state.lines), len(over.state.saved), str(over.state.total)) == (0, 1, "0.00")


def test_the_shopper_who_came_back_meanwhile_keeps_the_lines() -> None:
    alone = reserved().after(CloseSession("s1", "expired"), at=200.0, command_id="x")
    back = alone.after(
        OpenSession(
            session_id="s2",
            trolley_id="TROLLEY_02",
            branch="B",
            chain="demo",
            currency="INR",
            exclusive=True,
            restore_s=900.0,
        ),
        command_id="y",
    )
    over = back.when(cart.DECIDER.on_deadline, at=400.0, command_id="t").names("CheckoutExpired")
    assert len(over.state.lines) == 1


def test_what_the_sweep_asks_about_is_given_back_unless_it_goes_on_or_was_sold() -> None:
    asked = ReservationOverdue("r1", "B")
    reserved().when(asked, at=399.0, command_id="x").nothing()
    reserved().when(asked, at=460.0, command_id="x").names("CheckoutExpired")
    lost = shopping().when(asked, command_id="x").names("ReservationReturned")
    lost.tells(("stock", "B", ReleaseReservation("r1", "returned")))


def test_a_checkout_keeps_what_the_promotions_of_that_moment_make_of_the_cart() -> None:
    three_for_two = Promotion(
        promotion_id="p", name="3 for 2", kind="n_for_m", units=(3,), percent=Decimal(100)
    )
    with_deal = Checkout("r1", "B", 300.0, deals=(Deal(three_for_two, (("product-milk",),)),))
    then = shopping().when(with_deal, at=100.0, command_id="pay").names("CheckoutRequested")
    [event] = then.decision.events
    amounts = event.amounts
    assert amounts.total * 3 == amounts.subtotal * 2
    assert [each.name for each in amounts.savings] == ["promotion:3 for 2"]
    kept = then.and_then().after(MADE, at=101.0, command_id="made").state.checkout
    assert kept is not None
    assert kept.amounts == amounts
