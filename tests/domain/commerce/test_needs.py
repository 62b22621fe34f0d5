"""Goods that need somebody: staff is asked, the checkout waits, and what was decided holds for a session."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from actors import cart
from actors.messages.alarms import About, ClearAlarm, RaiseAlarm
from actors.messages.cart import (
    AddItem,
    ClearCart,
    CloseSession,
    Offer,
    OpenSession,
    RemoveItem,
    RestoreLines,
    SetQuantity,
)
from actors.messages.money.checkout import Checkout
from actors.messages.money.paying import RequestPayment
from actors.messages.needs import NoteRestrictions, SettleNeed
from actors.messages.restriction import Restriction
from tests.domain.given import Given, Then, given
from tests.domain.things import offer

OPEN = OpenSession(
    session_id="s1", trolley_id="T1", branch="B", chain="demo", currency="INR", exclusive=True,
    restore_s=900.0,
)  # fmt: skip
BEER = replace(offer("beer"), restricted=Restriction(age=18))
WHISKY = replace(offer("whisky"), restricted=Restriction(age=21))
RAZOR = replace(offer("razor"), restricted=Restriction(tagged=True))
APPLES = replace(offer("apples", "80.00"), restricted=Restriction(weighed=True))
FORMULA = replace(offer("formula"), restricted=Restriction(most=2))
CHECKOUT = Checkout("r1", "B", 300.0)


def shopping() -> Given:
    return given(cart, "alice").after(OPEN)


def put(state: Given, thing: Offer, quantity: int = 1, command_id: str = "") -> Then:
    name = command_id or f"add-{thing.name}-{state.state.revision}"
    return state.when(AddItem(thing, quantity, line_id=f"line-{thing.name}"), command_id=name)


def only_need(state: Given) -> Any:
    (need,) = state.state.needs
    return need


def decide(state: Given, approve: bool = True, weighed: Offer | None = None) -> Then:
    need = state.state.needs[-1]
    return state.when(
        SettleNeed(need_id=need.need_id, approve=approve, branch="B", by="staff", reason="", weighed=weighed),
        command_id=f"settle-{state.state.revision}",
    )


def test_staff_is_asked_once_a_session_for_an_age_and_the_checkout_waits_for_their_word() -> None:
    asked = put(shopping(), BEER)
    asked.names("ItemAdded", "NeedsRaised")
    assert asked.decision.answer.revision == asked.state.revision
    need = asked.state.needs[0]
    about = About(f"need/{need.need_id}", trolley_id="T1", user_id="alice", detail="beer (18+)")
    asked.alarms(RaiseAlarm("age_check", about, 100.0, asked.state.revision))

    waiting = asked.and_then()
    named = [{"id": need.need_id, "kind": "age", "item_id": "line-beer", "state": "waiting"}]
    waiting.when(CHECKOUT).refused(400, "approval_needed", needs=named)
    pay = RequestPayment("p1", "sandbox", "demo", checkout=CHECKOUT)
    waiting.when(pay).refused(400, "approval_needed", needs=named)

    approved = decide(waiting)
    approved.names("NeedSettled").alarms(
        ClearAlarm(("age_check",), f"need/{need.need_id}", approved.state.revision)
    )
    after = approved.and_then()
    assert (only_need(after).state, only_need(after).by) == ("approved", "staff")
    again = put(after, replace(BEER, product_id="product-ale", name="ale"))
    again.names("ItemAdded").alarms()
    again.and_then().when(CHECKOUT).names("CheckoutRequested")
    decide(after).nothing()


def test_a_higher_age_is_asked_anew_and_an_approved_one_is_good_for_lower_ones() -> None:
    beer = decide(put(shopping(), BEER).and_then()).and_then()
    both = put(beer, WHISKY)
    both.names("ItemAdded", "NeedsRaised")
    both.and_then().when(CHECKOUT).refused(400, "approval_needed")
    whisky = decide(put(shopping(), WHISKY).and_then()).and_then()
    put(whisky, BEER).names("ItemAdded")


def test_what_waits_for_a_lower_age_becomes_the_question_for_the_higher_one() -> None:
    both = put(put(shopping(), BEER).and_then(), WHISKY)
    both.names("ItemAdded", "NeedsWithdrawn", "NeedsRaised")
    assert only_need(both.and_then()).age == 21
    back = both.and_then().when(RemoveItem("line-whisky"))
    back.names("ItemRemoved", "NeedsWithdrawn", "NeedsRaised")
    assert only_need(back.and_then()).age == 18
    assert back.decision.answer.revision == back.state.revision


def test_a_refused_need_stands_in_the_way_until_the_goods_are_out_or_staff_thinks_better() -> None:
    refused = decide(put(shopping(), BEER).and_then(), approve=False).and_then()
    refused.when(CHECKOUT).refused(400, "approval_needed")
    decide(refused).names("NeedSettled").and_then().when(CHECKOUT).names("CheckoutRequested")
    milk = put(refused, offer("milk")).and_then()
    out = milk.after(RemoveItem("line-beer"))
    out.when(CHECKOUT).names("CheckoutRequested")
    put(out, BEER).names("ItemAdded").and_then().when(CHECKOUT).refused(400, "approval_needed")


@pytest.mark.parametrize("gone", [RemoveItem("line-beer"), SetQuantity("line-beer", 0), ClearCart()])
def test_nobody_is_asked_any_more_once_the_goods_are_out(gone: Any) -> None:
    asked = put(shopping(), BEER).and_then()
    need = only_need(asked)
    out = asked.when(gone)
    out.alarms(ClearAlarm(("age_check",), f"need/{need.need_id}", out.state.revision))
    assert out.state.needs == ()
    assert out.decision.answer.revision == out.state.revision


def test_a_tag_is_asked_for_each_line_and_again_when_it_grows() -> None:
    tagged = decide(put(shopping(), RAZOR).and_then()).and_then()
    more = tagged.when(SetQuantity("line-razor", 2), command_id="two")
    more.names("QuantityChanged", "NeedsWithdrawn", "NeedsRaised")
    more.and_then().when(CHECKOUT).refused(400, "approval_needed")
    two = decide(more.and_then()).and_then()
    two.when(SetQuantity("line-razor", 1), command_id="one").names("QuantityChanged")
    two.when(CHECKOUT).names("CheckoutRequested")


def test_what_has_no_label_is_weighed_by_staff_and_keeps_the_price_of_its_weight() -> None:
    put_in = put(shopping(), APPLES, 2).and_then()
    decide(put_in).refused(400, "weight_needed")
    piece = replace(APPLES, name="apples, 0.512 kg", label="x", weight_g=512)
    weighed = decide(put_in, weighed=piece)
    weighed.names("NeedSettled")
    (line,) = weighed.state.lines.values()
    assert (line.line_id, line.quantity, line.weight_g) == ("line-apples", 1, 512)
    assert (line.line_total, weighed.state.total) == (Decimal("40.96"), Decimal("40.96"))
    assert weighed.state.units == 1
    weighed.and_then().when(CHECKOUT).names("CheckoutRequested")
    labelled = replace(APPLES, label="2112345005126", weight_g=512)
    put(shopping(), labelled).names("ItemAdded")


def test_a_shopper_has_so_many_of_a_product_and_no_more_by_any_way() -> None:
    put(shopping(), FORMULA, 3).refused(400, "quantity_limit", maximum=2)
    two = put(shopping(), FORMULA, 2).and_then()
    put(two, FORMULA).refused(400, "quantity_limit")
    put(two, replace(FORMULA, variant_id="v", variant_name="big")).refused(400, "quantity_limit")
    two.when(SetQuantity("line-formula", 3)).refused(400, "quantity_limit")
    gone = two.after(CloseSession("s1", "abandoned")).after(replace(OPEN, session_id="s2"), command_id="o2")
    one = put(gone, FORMULA).and_then()
    one.when(RestoreLines(), command_id="restore").refused(400, "quantity_limit")


def test_an_approval_holds_through_an_expiry_that_goes_on_and_not_for_the_next_session() -> None:
    approved = decide(put(shopping(), BEER).and_then()).and_then()
    expired = approved.after(CloseSession("s1", "expired"), command_id="x")
    resumed = expired.when(replace(OPEN, resumed=True), command_id="r")
    resumed.names("SessionAttached", "LinesRestored")
    resumed.and_then().when(CHECKOUT).names("CheckoutRequested")
    other = expired.after(replace(OPEN, session_id="s2"), command_id="n")
    assert other.state.needs == ()
    other.when(RestoreLines(), command_id="b").names("LinesRestored", "NeedsRaised")


def test_what_waits_is_over_with_its_session_and_comes_back_with_it() -> None:
    waiting = put(shopping(), BEER).and_then()
    expired = waiting.when(CloseSession("s1", "expired"), command_id="x")
    expired.names("SessionDetached", "NeedsWithdrawn")
    resumed = expired.and_then().when(replace(OPEN, resumed=True), command_id="r")
    resumed.names("SessionAttached", "LinesRestored", "NeedsRaised")


def test_without_a_trolley_nobody_is_called_and_the_checkout_waits_all_the_same() -> None:
    asked = put(given(cart, "bob"), BEER)
    asked.names("ItemAdded", "NeedsRaised").alarms()
    asked.and_then().when(CHECKOUT).refused(400, "approval_needed")
    taken = asked.and_then().when(OPEN, command_id="open")
    taken.names("SessionAttached", "NeedsWithdrawn", "NeedsRaised")
    assert only_need(taken.and_then()).branch == "B"


def test_a_request_that_is_over_is_not_there_and_one_at_the_checkout_is_not_changed() -> None:
    state = decide(put(shopping(), BEER).and_then()).and_then()
    unknown = SettleNeed(need_id="no", approve=True, branch="B", by="staff")
    state.when(unknown).refused(404, "approval_not_found")
    frozen = state.after(CHECKOUT, command_id="checkout")
    decide(frozen, approve=False).refused(409, "cart_frozen")


def test_goods_restricted_after_they_were_put_in_need_what_they_would_if_they_were_scanned_now() -> None:
    state = put(put(shopping(), offer("cider")).and_then(), offer("milk")).and_then()
    grown_up = NoteRestrictions({"product-cider": Restriction(age=18)})
    noted = state.when(grown_up, command_id="noted")
    noted.names("LinesRepriced", "NeedsRaised")
    need = noted.state.needs[0]
    about = About(f"need/{need.need_id}", trolley_id="T1", user_id="alice", detail="cider (18+)")
    noted.alarms(RaiseAlarm("age_check", about, 100.0, noted.state.revision))
    assert noted.state.total == state.state.total
    waiting = noted.and_then()
    waiting.when(grown_up, command_id="again").nothing()
    waiting.when(CHECKOUT).refused(400, "approval_needed")
    approved = decide(waiting).and_then()
    approved.when(CHECKOUT).names("CheckoutRequested")
    older = NoteRestrictions({"product-cider": Restriction(age=21), "product-gone": None})
    approved.when(older, command_id="older").names("LinesRepriced", "NeedsRaised")
    free = waiting.when(NoteRestrictions({"product-cider": None}), command_id="free")
    free.names("LinesRepriced", "NeedsWithdrawn").and_then().when(CHECKOUT).names("CheckoutRequested")


def test_a_limit_that_came_later_is_said_at_the_checkout() -> None:
    three = put(shopping(), offer("formula"), 3).and_then()
    noted = three.after(NoteRestrictions({"product-formula": Restriction(most=2)}), command_id="noted")
    noted.when(CHECKOUT).refused(400, "quantity_limit", maximum=2, item_id="line-formula")
    two = noted.after(SetQuantity("line-formula", 2), command_id="two")
    frozen = two.after(CHECKOUT, command_id="checkout")
    frozen.when(NoteRestrictions({"product-formula": None}), command_id="late").nothing()
