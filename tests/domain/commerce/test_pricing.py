"""The pricing engine: order, rounding, conflicts, validity, and the trace of every step."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st
from msgspec.structs import replace

from actors import cart
from actors.kit import money
from actors.messages.cart import (
    AddItem,
    ApplyVoucher,
    CloseSession,
    DropVoucher,
    Offer,
    OpenSession,
    Reprice,
    SetQuantity,
)
from actors.messages.pricing import Rule, Voucher
from actors.pricing import price, stages
from tests.domain.given import given


def rule(stage: Any, value: str, effect: Any = "percent", **fields: Any) -> Rule:
    fields.setdefault("rule_id", f"{stage}-{value}")
    fields.setdefault("label", f"{stage}:{value}")
    return Rule(stage=stage, effect=effect, value=Decimal(value), **fields)


def offer(amount: str, *rules: Rule, adjustment: str | None = None, currency: str = "INR") -> Offer:
    variant = {} if adjustment is None else {"variant_id": "v", "variant_name": "Large"}
    more = None if adjustment is None else Decimal(adjustment)
    return Offer("p", "b", "Milk", Decimal(amount), currency, adjustment=more, rules=stages(rules), **variant)


def voucher(code: str, value: str = "10", **fields: Any) -> Voucher:
    scope = {key: fields.pop(key) for key in ("category", "product_id", "variant_id") if key in fields}
    return Voucher(code, rule("voucher", value, label=f"voucher:{code}", **fields), **scope)


def shown(priced: Any) -> tuple[str, str, list[tuple[str, str]]]:
    unit, total, trace = priced
    return str(unit), str(total), [(step.rule, str(step.unit_price)) for step in trace]


TEN = rule("quantity", "10", label="quantity:10", min_quantity=10)
GOLD = rule("tier", "15", label="tier:GOLD")


def test_the_vector_of_the_contract() -> None:
    assert shown(price(offer("500.00", GOLD, TEN, adjustment="50.00"), 10)) == (
        "420.75",
        "4207.50",
        [
            ("base", "500.00"),
            ("variant:Large", "550.00"),
            ("quantity:10", "495.00"),
            ("tier:GOLD", "420.75"),
        ],
    )


@pytest.mark.parametrize(
    ("currency", "amount", "unit", "total"),
    [("JPY", "105", "95", "950"), ("INR", "0.05", "0.05", "0.50"), ("KWD", "0.335", "0.302", "3.020")],
)
def test_each_unit_price_is_rounded_half_up_before_it_is_multiplied(
    currency: str, amount: str, unit: str, total: str
) -> None:
    assert shown(price(offer(amount, TEN, currency=currency), 10))[:2] == (unit, total)


def test_a_rule_for_many_units_waits_for_them() -> None:
    assert shown(price(offer("100.00", TEN), 9))[0] == "100.00"
    assert shown(price(offer("100.00", TEN), 10))[0] == "90.00"


@pytest.mark.parametrize(
    ("one", "other", "unit"),
    [
        ({"priority": 1}, {"reach": 4}, "90.00"),
        ({"reach": 3}, {"reach": 2, "min_quantity": 9}, "90.00"),
        ({"min_quantity": 9}, {}, "90.00"),
        ({"rule_id": "a"}, {"rule_id": "b"}, "90.00"),
    ],
    ids=["priority before scope", "scope before quantity", "more units before fewer", "id last"],
)
def test_of_rules_of_one_step_one_applies(one: Any, other: Any, unit: str) -> None:
    first, second = rule("sale", "10", **one), rule("sale", "50", **other)
    assert shown(price(offer("100.00", first, second), 9))[0] == unit
    assert shown(price(offer("100.00", second, first), 9))[0] == unit


@pytest.mark.parametrize(
    ("at", "unit"), [(99.9, "100.00"), (100.0, "90.00"), (199.9, "90.00"), (200.0, "100.00")]
)
def test_a_rule_is_valid_from_and_until(at: float, unit: str) -> None:
    assert (
        shown(price(offer("100.00", rule("sale", "10", valid_from=100.0, valid_until=200.0)), 1, at))[0]
        == unit
    )


def test_what_is_not_valid_does_not_keep_the_next_one_away() -> None:
    over, still = rule("sale", "50", priority=9, valid_until=1.0), rule("sale", "10")
    assert shown(price(offer("100.00", over, still), 1, 2.0))[0] == "90.00"


@pytest.mark.parametrize(
    ("effect", "value", "unit"),
    [
        ("percent", "100", "0.00"), ("amount", "30", "70.00"), ("amount", "130", "0.00"),
        ("price", "59.99", "59.99"), ("price", "120", "100.00"),
    ],
)  # fmt: skip
def test_no_rule_makes_a_price_higher_or_less_than_nothing(effect: Any, value: str, unit: str) -> None:
    assert shown(price(offer("100.00", rule("sale", value, effect)), 1))[0] == unit


def test_a_variant_costs_no_less_than_nothing() -> None:
    assert shown(price(offer("1.00", adjustment="-5.00"), 2))[:2] == ("0.00", "0.00")


@pytest.mark.parametrize(
    ("scope", "unit"),
    [
        ({}, "90.00"), ({"product_id": "p"}, "90.00"), ({"product_id": "q"}, "100.00"),
        ({"category": "food"}, "90.00"), ({"category": "toys"}, "100.00"), ({"variant_id": "v"}, "100.00"),
    ],
)  # fmt: skip
def test_a_voucher_is_for_what_it_names(scope: Any, unit: str) -> None:
    milk = replace(offer("100.00"), categories=("dairy", "food"))
    assert shown(price(milk, 1, 0.0, [voucher("TEN", **scope)]))[0] == unit


def test_of_two_vouchers_the_narrower_applies_and_of_equals_the_first() -> None:
    wide, narrow = voucher("WIDE", "50"), voucher("NARROW", "10", product_id="p", reach=3)
    assert shown(price(offer("100.00"), 1, 0.0, [wide, narrow]))[0] == "90.00"
    assert shown(price(offer("100.00"), 1, 0.0, [voucher("A", "10"), voucher("B", "50")]))[0] == "90.00"


amounts = st.decimals(0, 10_000, places=3)
rules = st.builds(
    rule,
    st.sampled_from(["sale", "quantity", "tier"]),
    st.decimals(0, 100, places=2).map(str),
    st.sampled_from(["percent", "amount", "price"]),
    priority=st.integers(0, 2),
    reach=st.integers(0, 4),
    min_quantity=st.sampled_from([1, 2, 10]),
)


@hypothesis_given(
    amounts, st.lists(rules, max_size=6), st.integers(1, 999), st.sampled_from(["JPY", "INR", "KWD"])
)
def test_amounts_are_exact_whatever_the_rules(
    amount: Decimal, some: list[Rule], quantity: int, currency: str
) -> None:
    """Invariant 6."""
    unit, total, trace = price(offer(str(amount), *some, currency=currency), quantity)
    assert total == unit * quantity
    assert [step.unit_price for step in trace] == sorted((step.unit_price for step in trace), reverse=True)
    assert trace[-1].unit_price == unit >= 0
    for step in trace:
        assert step.unit_price == step.unit_price.quantize(money.zero(currency), ROUND_HALF_UP)
        assert step.unit_price.as_tuple().exponent == -money.decimals(currency)
    assert (unit, total, trace) == price(offer(str(amount), *reversed(some), currency=currency), quantity)[
        :3
    ] or (len({each.rule_id for each in some}) < len(some))


# --- in the cart ------------------------------------------------------------------


def line(then: Any) -> Any:
    return next(iter(then.state.lines.values()))


def test_adding_to_a_line_prices_the_whole_quantity_afresh() -> None:
    milk = offer("100.00", TEN)
    cart_of_nine = given(cart, "alice").after(AddItem(milk, 9, line_id="l"))
    assert cart_of_nine.state.total == Decimal("900.00")
    ten = cart_of_nine.when(AddItem(milk, 1, line_id="m"), command_id="d")
    assert (str(line(ten).unit_price), str(ten.state.total)) == ("90.00", "900.00")
    nine = ten.and_then().when(SetQuantity("l", 9, milk), command_id="e")
    assert str(nine.state.total) == "900.00"


def test_a_quote_tells_of_a_rule_that_changed() -> None:
    cart_of_two = given(cart, "alice").after(AddItem(offer("100.00"), 2, line_id="l"))
    quoted = cart_of_two.when(Reprice({"p": offer("100.00", rule("sale", "25"))}), command_id="d")
    quoted.names("LinesRepriced")
    [change] = quoted.decision.answer.changes
    assert (str(change.old_unit_price), str(change.new_line_total)) == ("100.00", "150.00")


def test_a_voucher_changes_every_line_and_is_taken_back() -> None:
    milk = offer("100.00")
    held = given(cart, "alice").after(AddItem(milk, 1, line_id="l"))
    applied = held.when(ApplyVoucher(voucher("TEN"), {"p": milk}), command_id="d").names("VouchersChanged")
    assert str(applied.state.total) == "90.00"
    grown = applied.and_then().after(AddItem(milk, 1), command_id="e")
    assert str(grown.state.total) == "180.00"
    dropped = grown.when(DropVoucher("TEN", {"p": milk}), command_id="f").names("VouchersChanged")
    assert (str(dropped.state.total), dropped.state.vouchers) == ("200.00", ())
    dropped.and_then().when(DropVoucher("TEN", {}), command_id="g").refused(404, "voucher_not_found")


def test_a_voucher_that_is_over_is_refused_and_one_that_was_withdrawn_goes_with_the_next_quote() -> None:
    milk = offer("100.00")
    held = given(cart, "alice").after(AddItem(milk, 1, line_id="l"))
    held.when(ApplyVoucher(voucher("OLD", valid_until=50.0), {}), at=50.0).refused(400, "voucher_expired")
    applied = held.after(ApplyVoucher(voucher("TEN"), {"p": milk}), command_id="d")
    quoted = applied.when(Reprice({"p": milk}, ()), command_id="e").names("VouchersChanged")
    assert (str(quoted.state.total), quoted.state.vouchers) == ("100.00", ())


def test_a_cart_holds_five_vouchers_and_none_after_its_session() -> None:
    opened = given(cart, "alice").after(
        OpenSession(
            session_id="s",
            trolley_id="T",
            branch="B",
            chain="c",
            currency="INR",
            exclusive=True,
            restore_s=900.0,
        )
    )
    for number in range(5):
        opened = opened.after(ApplyVoucher(voucher(f"V{number}"), {}), command_id=f"v{number}")
    opened.when(ApplyVoucher(voucher("V5"), {}), command_id="x").refused(400, "too_many_vouchers")
    opened.when(ApplyVoucher(voucher("V1", "20"), {}), command_id="y").names("VouchersChanged")
    assert opened.after(CloseSession("s", "abandoned"), command_id="z").state.vouchers == ()
