"""Lines and amounts of a cart."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from actors import cart
from actors.cart.lines import MAX_LINES
from actors.messages.branch import NoteCart
from actors.messages.cart import (
    AddItem,
    CartCleared,
    ClearCart,
    CloseSession,
    ItemAdded,
    ItemPut,
    ItemRemoved,
    ItemsGone,
    Line,
    LinesRepriced,
    LinesRestored,
    OpenSession,
    PriceChange,
    PriceStep,
    QuantityChanged,
    Quoted,
    RemoveItem,
    Reprice,
    Restored,
    RestoreLines,
    SetQuantity,
)
from actors.messages.trolley import SignOfLife
from tests.domain.given import Given, given
from tests.domain.things import offer

MILK = offer("milk")
BREAD = offer("bread", "40.00")
OPEN = OpenSession(
    session_id="s1",
    trolley_id="TROLLEY_01",
    branch="BRANCH-001",
    chain="demo",
    currency="INR",
    exclusive=True,
    restore_s=900.0,
)


def line(
    name: str, quantity: int, unit: str = "12.50", at: float = 100.0, variant: str | None = None
) -> Line:
    price = Decimal(unit)
    trace = (PriceStep("base", price),)
    return Line(
        f"line-{name}", f"product-{name}", f"bar-{name}", name, quantity, price, price * quantity, trace, at,
        variant, variant,
    )  # fmt: skip


def add(thing: Any = MILK, quantity: int = 1, session_id: str | None = None) -> AddItem:
    return AddItem(thing, quantity, session_id, f"line-{thing.name}")


def empty() -> Given:
    return given(cart, "alice")


def shopping() -> Given:
    return empty().after(OPEN, at=90.0)


def filled() -> Given:
    """Milk 2 x 12.50 and bread 1 x 40.00: 65.00 in all."""
    return shopping().after(add(MILK, 2), at=100.0).after(add(BREAD), at=101.0)


def money(state: Given) -> tuple[str, int]:
    """The total as text, so that its decimals count too, and the units."""
    assert state.state.total == sum((each.line_total for each in state.state.lines.values()), Decimal(0))
    return str(state.state.total), state.state.units


def test_the_first_item_of_a_cart_makes_a_line() -> None:
    milk = line("milk", 1)
    then = empty().when(add(), at=100.0).then(ItemAdded(milk, 1, None, "INR", 100.0))
    then.answers(ItemPut(milk, Decimal("12.50"), "INR", 1, 1, 1)).tells()
    assert then.decision.hints == ()


def test_the_same_product_again_adds_to_its_line_and_prices_the_whole_quantity() -> None:
    dearer = offer("milk", "13.00")
    milk = line("milk", 5, "13.00")
    then = filled().when(add(dearer, 3), at=105.0).then(ItemAdded(milk, 3, None, "INR", 105.0))
    then.answers(ItemPut(milk, Decimal("105.00"), "INR", 2, 6, 4))
    assert money(then.and_then()) == ("105.00", 6)


def test_another_variant_is_another_line() -> None:
    state = filled().after(AddItem(offer("milk", "14.00", variant="oat"), 1, None, "line-oat"))
    assert list(state.state.lines) == ["product-milk", "product-bread", "product-milk/oat"]
    assert money(state) == ("79.00", 4)


def test_an_item_within_a_session_shows_on_the_map_and_is_a_sign_of_life() -> None:
    then = shopping().when(add(session_id="s1"))
    assert then.hints("branch", "BRANCH-001") == [NoteCart("TROLLEY_01", "s1", Decimal("12.50"), 1)]
    assert then.hints("trolley", "TROLLEY_01") == [SignOfLife("s1")]
    then.tells()


@pytest.mark.parametrize(
    "command",
    [
        add(),
        SetQuantity("line-milk", 2),
        SetQuantity("line-milk", 3),
        RemoveItem("line-milk"),
        ClearCart(),
        Reprice({}),
        Reprice({"product-milk": offer("milk", "9.00")}),
    ],
)
def test_every_command_of_the_shopper_is_a_sign_of_life(command: Any) -> None:
    assert filled().when(command).hints("trolley", "TROLLEY_01") == [SignOfLife("s1")]


@pytest.mark.parametrize("quantity", [0, -1, 1000, 10**9])
def test_a_quantity_outside_1_to_999_is_refused(quantity: int) -> None:
    empty().when(add(quantity=quantity)).refused(400, "invalid_quantity")


def test_a_line_never_holds_more_than_999_units() -> None:
    state = empty().after(add(quantity=999))
    state.when(add()).refused(400, "invalid_quantity")
    assert state.state.units == 999


def test_a_cart_holds_so_many_lines_and_no_more() -> None:
    state = empty().state
    for number in range(MAX_LINES):
        product = offer(str(number), "1.00")
        state = cart.DECIDER.evolve(
            state, cart.DECIDER.decide(state, add(product), cart.DECIDER.context(1.0, "c", "p")).events[0]
        )
    refusal = cart.DECIDER.decide(state, add(offer("more")), cart.DECIDER.context(1.0, "c", "p")).refusal
    assert refusal is not None
    assert refusal.code == "cart_full"
    again = cart.DECIDER.decide(state, add(offer("7", "1.00")), cart.DECIDER.context(1.0, "c", "p"))
    assert again.answer.items_count == MAX_LINES


def test_a_total_that_no_column_holds_is_refused() -> None:
    dear = offer("yacht", "99999999.99")
    empty().when(add(dear, 999)).refused(400, "total_too_high")
    state = empty().after(add(dear))
    state.when(SetQuantity("line-yacht", 999)).refused(400, "total_too_high")
    state.when(Reprice({"product-yacht": offer("yacht", "99999999999")})).refused(400, "total_too_high")


def test_a_cart_has_one_currency() -> None:
    yen = offer("tea", "300", "JPY")
    filled().when(add(yen)).refused(400, "currency_mismatch", expected="INR", got="JPY")
    shopping().when(add(yen)).refused(400, "currency_mismatch")
    filled().when(SetQuantity("line-milk", 1, offer("milk", "300", "JPY"))).refused(400, "currency_mismatch")


def test_an_emptied_cart_without_a_trolley_may_take_another_currency() -> None:
    state = empty().after(add()).after(RemoveItem("line-milk")).after(add(offer("tea", "300", "JPY"), 2))
    assert (state.state.currency, *money(state)) == ("JPY", "600", 2)


@pytest.mark.parametrize(
    ("currency", "price", "total"),
    [("JPY", "299.5", "900"), ("INR", "0.005", "0.03"), ("KWD", "1.2345", "3.705")],
)
def test_unit_prices_are_rounded_half_up_in_the_currencys_decimals(
    currency: str, price: str, total: str
) -> None:
    state = empty().after(add(offer("tea", price, currency), 3))
    assert money(state) == (total, 3)


def test_an_item_for_a_session_that_is_not_the_users_is_refused() -> None:
    shopping().when(add(session_id="s0")).refused(404, "session_not_found")


def test_an_item_for_a_session_that_is_over_is_refused_but_the_cart_stays_usable() -> None:
    over = shopping().after(CloseSession("s1", "abandoned"))
    over.when(add(session_id="s1")).refused(409, "session_ended")
    over.when(add()).names("ItemAdded")


def test_a_line_without_an_id_from_the_edge_gets_one_made_of_its_command() -> None:
    ids = {
        empty().when(AddItem(MILK), command_id=command_id).decision.answer.line.line_id
        for command_id in ("one", "one", "two")
    }
    assert len(ids) == 2


def test_setting_a_quantity_keeps_the_price_unless_there_is_an_offer() -> None:
    milk = line("milk", 4)
    then = filled().when(SetQuantity("line-milk", 4), at=110.0).then(QuantityChanged(milk, 110.0))
    then.answers(ItemPut(milk, Decimal("90.00"), "INR", 2, 5, 4))
    dearer = filled().when(SetQuantity("line-milk", 4, offer("milk", "13.00")), at=110.0)
    dearer.then(QuantityChanged(line("milk", 4, "13.00"), 110.0))
    assert money(dearer.and_then()) == ("92.00", 5)


def test_setting_the_quantity_that_is_there_changes_nothing() -> None:
    then = filled().when(SetQuantity("line-milk", 2)).nothing()
    then.answers(ItemPut(line("milk", 2), Decimal("65.00"), "INR", 2, 3, 3))


def test_setting_a_quantity_of_nothing_removes_the_line() -> None:
    then = filled().when(SetQuantity("line-milk", 0), at=110.0).then(ItemRemoved("line-milk", 110.0))
    then.answers(ItemsGone(1, Decimal("40.00"), "INR", 1, 1, 4))


@pytest.mark.parametrize("quantity", [-1, 1000])
def test_setting_a_quantity_outside_the_limits_is_refused(quantity: int) -> None:
    filled().when(SetQuantity("line-milk", quantity)).refused(400, "invalid_quantity")


def test_a_line_that_is_not_there_is_refused() -> None:
    filled().when(SetQuantity("line-eggs", 2)).refused(404, "item_not_found")
    filled().when(SetQuantity("line-eggs", 0)).refused(404, "item_not_found")
    filled().when(RemoveItem("line-eggs")).refused(404, "item_not_found")


def test_an_offer_of_another_product_is_refused() -> None:
    filled().when(SetQuantity("line-milk", 2, BREAD)).refused(400, "offer_mismatch")


def test_removing_every_line_leaves_exactly_nothing() -> None:
    state = filled().after(RemoveItem("line-milk")).after(RemoveItem("line-bread"))
    assert money(state) == ("0.00", 0)


def test_clearing_takes_every_line_out_and_an_empty_cart_stays_as_it_is() -> None:
    then = filled().when(ClearCart(), at=110.0).then(CartCleared(2, 110.0))
    then.answers(ItemsGone(2, Decimal("0.00"), "INR", 0, 0, 4))
    then.and_then().when(ClearCart()).nothing().answers(ItemsGone(0, Decimal("0.00"), "INR", 0, 0, 4))


def abandoned() -> Given:
    """The lines of filled() are saved until 1050."""
    return filled().after(CloseSession("s1", "expired"), at=150.0)


def test_saved_lines_come_back_until_their_time_is_over() -> None:
    then = abandoned().when(RestoreLines(), at=1050.0)
    then.then(LinesRestored((line("milk", 2), line("bread", 1, "40.00", 101.0)), 1050.0))
    then.answers(Restored(2, Decimal("65.00"), "INR", 2, 3, 5))
    assert money(then.and_then()) == ("65.00", 3)
    then.and_then().when(RestoreLines(), at=1050.0).refused(404, "nothing_to_restore")
    abandoned().when(RestoreLines(), at=1050.1).refused(404, "nothing_to_restore")
    empty().when(RestoreLines()).refused(404, "nothing_to_restore")


def test_saved_lines_merge_into_lines_of_the_same_product_at_todays_price() -> None:
    state = abandoned().after(AddItem(MILK, 3, None, "line-new"), at=200.0)
    offers = {"product-milk": offer("milk", "11.00")}
    then = state.when(RestoreLines(offers), at=210.0).names("LinesRestored")
    milk, bread = then.decision.events[0].lines
    assert (milk.line_id, milk.quantity, milk.unit_price) == ("line-new", 5, Decimal("11.00"))
    assert (bread.line_id, bread.quantity) == ("line-bread", 1)
    assert money(then.and_then()) == ("95.00", 6)


def test_a_merged_line_holds_999_units_at_most() -> None:
    state = abandoned().after(AddItem(MILK, 998, None, "line-new"), at=200.0).after(RestoreLines(), at=210.0)
    assert state.state.line("line-new").quantity == 999


def test_saved_lines_of_another_currency_stay_saved() -> None:
    state = abandoned().after(add(offer("tea", "300", "JPY")), at=200.0)
    state.when(RestoreLines(), at=210.0).refused(400, "currency_mismatch")
    back = state.after(ClearCart(), at=211.0).after(RestoreLines(), at=212.0)
    assert (back.state.currency, *money(back)) == ("INR", "65.00", 3)


def test_a_quote_names_the_old_and_new_price_of_each_changed_line() -> None:
    offers = {"product-milk": offer("milk", "13.00"), "product-bread": BREAD}
    then = filled().when(Reprice(offers), at=110.0)
    then.then(LinesRepriced((line("milk", 2, "13.00"),), 110.0))
    change = PriceChange("line-milk", Decimal("12.50"), Decimal("13.00"), Decimal("26.00"))
    then.answers(Quoted((change,), Decimal("66.00"), "INR", 4))
    assert money(then.and_then()) == ("66.00", 3)


def test_a_quote_without_changes_changes_nothing() -> None:
    then = filled().when(Reprice({"product-milk": MILK})).nothing()
    then.answers(Quoted((), Decimal("65.00"), "INR", 3))
