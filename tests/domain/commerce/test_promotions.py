"""What promotions make of a cart: each kind, how they stand to each other, and that no total is better."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from importlib import import_module
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.messages.cart import Line, PriceStep
from actors.messages.money.amounts import GoodsTerms, Promoted, TaxTerms
from actors.messages.money.promotions import Deal, Promotion
from actors.pricing import Return, adds_up, bill, given_back, promoted
from actors.pricing.options import Option
from actors.pricing.packing import pack
from tests.domain.commerce.promotion_reference import most_saved
from tests.domain.commerce.test_amounts import DE_7, DE_19
from tests.domain.commerce.test_refund_parts import purchase

HUNDRED = Decimal(100)


def line(key: str, price: str, quantity: int = 1) -> Line:
    unit = Decimal(price)
    return Line(key, key, "1", key, quantity, unit, unit * quantity, (PriceStep("base", unit),), 0.0)


def cart(*lines: Line) -> dict[str, Line]:
    return {each.product_id: each for each in lines}


def deal(kind: Any, *keys: str, name: str = "it", **fields: Any) -> Deal:
    sets = tuple(tuple(each) for each in keys)
    return Deal(Promotion(promotion_id=name, name=name, kind=kind, **fields), sets)


def three_for_two(*keys: str, **fields: Any) -> Deal:
    return deal("n_for_m", *keys, units=(3,), percent=HUNDRED, **fields)


def saved(found: Sequence[Promoted]) -> list[tuple[str, int, str]]:
    return [(each.name, each.times, str(each.amount)) for each in found]


def of_lines(found: Sequence[Promoted]) -> dict[str, tuple[int, str]]:
    return {part.key: (part.units, str(part.amount)) for each in found for part in each.lines}


# --- the kinds ------------------------------------------------------------------------


def test_three_for_two_gives_the_cheapest_of_each_three() -> None:
    found = promoted(cart(line("a", "3.00", 2), line("b", "2.00", 5)), [three_for_two("ab")], "EUR")
    assert saved(found) == [("it", 2, "4.00")]


def test_a_saving_is_laid_on_all_that_counted_for_it() -> None:
    """So who brings the one that they paid for back does not get all of it."""
    found = promoted(cart(line("a", "4.00", 2), line("b", "2.00")), [three_for_two("ab")], "EUR")
    assert of_lines(found) == {"a": (2, "1.60"), "b": (1, "0.40")}


def test_what_does_not_make_a_group_costs_what_it_costs() -> None:
    assert promoted(cart(line("a", "3.00", 2)), [three_for_two("a")], "EUR") == ()


def test_the_second_at_half_rounds_half_up() -> None:
    half = deal("nth", "ab", units=(2,), percent=Decimal(50))
    found = promoted(cart(line("a", "1.99"), line("b", "1.25")), [half], "EUR")
    assert saved(found) == [("it", 1, "0.63")]


def test_a_bundle_is_a_unit_of_each_set_for_a_price() -> None:
    lunch = deal("bundle", "ab", "c", units=(1, 1), amount=Decimal("5.00"))
    found = promoted(cart(line("a", "4.00", 2), line("b", "4.50"), line("c", "2.00", 2)), [lunch], "EUR")
    assert saved(found) == [("it", 2, "2.50")]


def test_a_bundle_that_costs_more_than_its_goods_does_not_apply() -> None:
    dear = deal("bundle", "a", "c", units=(1, 1), amount=Decimal("9.00"))
    assert promoted(cart(line("a", "4.00"), line("c", "2.00")), [dear], "EUR") == ()


def test_a_price_holds_for_every_unit_and_never_makes_one_dearer() -> None:
    members = deal("price", "ab", amount=Decimal("2.50"))
    found = promoted(cart(line("a", "3.00", 2), line("b", "2.00")), [members], "EUR")
    assert (saved(found), of_lines(found)) == ([("it", 2, "1.00")], {"a": (2, "1.00")})


@pytest.mark.parametrize(
    ("effect", "amount"), [({"amount": Decimal("7.00")}, "7.00"), ({"percent": Decimal(10)}, "4.00")]
)
def test_who_spends_enough_gets_something_off(effect: dict[str, Any], amount: str) -> None:
    spend = deal("spend", "ab", threshold=Decimal("40.00"), **effect)
    found = promoted(cart(line("a", "30.00"), line("b", "10.00")), [spend], "EUR")
    assert saved(found) == [("it", 1, amount)]
    assert promoted(cart(line("a", "30.00"), line("b", "9.99")), [spend], "EUR") == ()


def test_who_spends_enough_gets_a_gift_if_it_is_in_the_cart() -> None:
    gift = deal("spend", "ab", "xy", threshold=Decimal("20.00"))
    goods = (line("a", "20.00"), line("x", "1.50", 2), line("y", "1.20"))
    found = promoted(cart(*goods), [gift], "EUR")
    assert of_lines(found) == {"x": (1, "1.50")}
    assert promoted(cart(line("a", "20.00")), [gift], "EUR") == ()


# --- how they stand to each other ---------------------------------------------------------------


def test_a_unit_counts_for_one_promotion_and_the_best_total_decides() -> None:
    goods = cart(line("a", "10.00", 3), line("b", "1.00"))
    half = deal("nth", "ab", name="half", units=(2,), percent=Decimal(50))
    found = promoted(goods, [three_for_two("a", name="three"), half], "EUR")
    assert saved(found) == [("three", 1, "10.00")]


def test_nobody_loses_what_they_spent_enough_for_by_another_promotion() -> None:
    goods = cart(line("a", "35.00", 3))
    spend = deal("spend", "a", name="spend", threshold=Decimal("100.00"), amount=Decimal("20.00"))
    found = promoted(goods, [three_for_two("a", name="three"), spend], "EUR")
    assert saved(found) == [("three", 1, "35.00"), ("spend", 1, "20.00")]


def test_promotions_never_make_a_line_cost_less_than_nothing() -> None:
    goods = cart(line("a", "5.00", 2))
    free = deal("price", "a", name="free", percent=Decimal(90))
    spend = deal("spend", "a", name="spend", threshold=Decimal("5.00"), amount=Decimal("5.00"))
    assert saved(promoted(goods, [free, spend], "EUR")) == [("free", 2, "9.00"), ("spend", 1, "1.00")]


def test_one_that_does_not_combine_applies_alone_or_not_at_all() -> None:
    goods = cart(line("a", "10.00", 3), line("b", "8.00"))
    alone = deal("price", "b", name="alone", percent=HUNDRED, combines=False)
    three = three_for_two("a", name="three")
    assert saved(promoted(goods, [alone, three], "EUR")) == [("three", 1, "10.00")]
    dearer = cart(line("a", "10.00", 3), line("b", "12.00"))
    assert saved(promoted(dearer, [alone, three], "EUR")) == [("alone", 1, "12.00")]


def test_a_higher_priority_comes_first_even_if_that_saves_less() -> None:
    goods = cart(line("a", "10.00", 3))
    small = deal("nth", "a", name="small", units=(2,), percent=Decimal(10), priority=1)
    assert saved(promoted(goods, [three_for_two("a"), small], "EUR")) == [("small", 1, "1.00")]


def test_what_has_its_price_on_a_label_counts_for_what_is_spent_alone() -> None:
    cheese = replace(line("a", "30.00"), label="2112345678900")
    price = deal("price", "a", name="price", percent=HUNDRED)
    spend = deal("spend", "a", name="spend", threshold=Decimal(30), amount=Decimal(3))
    assert saved(promoted({"a#1": cheese}, [price], "EUR")) == []
    of_label = Deal(spend.promotion, (("a#1",),))
    assert saved(promoted({"a#1": cheese}, [of_label], "EUR")) == [("spend", 1, "3.00")]


# --- exactly ----------------------------------------------------------------------------------

KEYS = "abcd"
keys = st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True).map(tuple)
prices = st.integers(1, 12).map(lambda cents: Decimal(cents * 37) / 100)
percents = st.sampled_from([Decimal(100), Decimal(50), Decimal("33.3")])


@st.composite
def deals_of_goods(draw: Any, name: str) -> Deal:
    kind = draw(st.sampled_from(["n_for_m", "nth", "bundle", "price"]))
    how = {"combines": draw(st.integers(0, 4)) > 0, "priority": draw(st.sampled_from([0, 0, 0, 1]))}
    if kind == "bundle":
        sets = draw(st.lists(keys, min_size=1, max_size=2))
        units = tuple(draw(st.integers(1, 2)) for _ in sets)
        return deal("bundle", *sets, name=name, units=units, amount=draw(prices), **how)
    if kind == "price":
        effect = draw(st.sampled_from(["amount", "percent"]))
        value = draw(prices if effect == "amount" else percents)
        return deal("price", draw(keys), name=name, **{effect: value}, **how)
    n = draw(st.integers(2, 4))
    off_units = draw(st.integers(1, n - 1)) if kind == "n_for_m" else 1
    units = {"units": (n,), "off_units": off_units, "percent": draw(percents)}
    return deal(kind, draw(keys), name=name, **units, **how)


@st.composite
def situations(draw: Any) -> tuple[dict[str, Line], list[Deal]]:
    """A cart of at most eight units and one to four promotions; what is spent on stands apart."""
    left, goods = 8, {}
    for key in KEYS[: draw(st.integers(1, 4))]:
        quantity = draw(st.integers(1, max(1, min(4, left - 3))))
        left -= quantity
        goods[key] = line(key, str(draw(prices)), quantity)
    deals = [draw(deals_of_goods(str(place))) for place in range(draw(st.integers(1, 3)))]
    if draw(st.booleans()):
        goods["z"] = line("z", "20.00")
        for place in range(draw(st.integers(1, 2))):
            deals.append(
                deal(
                    "spend",
                    "z",
                    name=f"s{place}",
                    threshold=draw(prices),
                    amount=draw(prices),
                    combines=draw(st.booleans()),
                )
            )
    here = [
        Deal(each.promotion, tuple(tuple(key for key in part if key in goods) for part in each.keys))
        for each in deals
    ]
    return goods, here


@hypothesis_given(situations())
@settings(max_examples=300, deadline=None)
def test_no_way_to_apply_them_saves_more(situation: tuple[dict[str, Line], list[Deal]]) -> None:
    goods, deals = situation
    levels = sorted({each.promotion.priority for each in deals}, reverse=True)
    priority = {each.promotion.promotion_id: each.promotion.priority for each in deals}
    found = promoted(goods, deals, "EUR")
    by_level = tuple(
        sum(int(each.amount * 100) for each in found if priority[each.promotion_id] == level)
        for level in levels
    )
    assert by_level == most_saved(goods, deals)


@hypothesis_given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(40, 200)), min_size=1, max_size=2), st.data()
)
@settings(max_examples=40, deadline=None)
def test_very_many_units_of_a_line_are_no_other_case(
    of_lines: list[tuple[int, int]], data: st.DataObject
) -> None:
    """What stands apart beforehand for speed changes nothing: the same in one unit a line."""
    goods = {KEYS[place]: each for place, each in enumerate(of_lines)}
    one_by_one = {f"{key}{n}": (price, 1) for key, (price, count) in goods.items() for n in range(count)}

    def option(index: int, n: int, off_units: int, percent: int, these: str, apart: bool) -> Option:
        found = [key for key in (one_by_one if apart else goods) if key[0] in these]
        return Option(index, ((n, tuple(found)),), off_units, lambda unit: unit * percent // 100, 0)

    drawn = [
        (n, data.draw(st.integers(1, n)), data.draw(st.sampled_from([100, 50, 33])), these)
        for n in (1, 3, 4)
        for these in [data.draw(st.sampled_from(["a", "ab"]))]
    ]
    totals = [
        sum(
            each.saved
            for each in pack(shape, [option(index, *one, apart) for index, one in enumerate(drawn)])
        )
        for shape, apart in ((goods, False), (one_by_one, True))
    ]
    assert totals[0] == totals[1]


@pytest.mark.parametrize("seed", range(6))
def test_a_cart_of_a_hundred_lines_has_the_total_that_a_solver_of_integer_programmes_finds(seed: int) -> None:
    """Every possible group is a column of a set packing; HiGHS chooses among them."""
    optimize = import_module("scipy.optimize")
    sparse = import_module("scipy.sparse")
    random = Random(seed)
    goods = {f"p{n}": (random.randrange(50, 5000), random.randrange(1, 3)) for n in range(100)}
    options = []
    for index in range(40):
        these = tuple(random.sample(sorted(goods), random.randrange(2, 6)))
        n = random.choice([2, 3])
        percent = random.choice([50, 100])
        options.append(Option(index, ((n, these),), 1, lambda unit, by=percent: unit * by // 100, 0))  # type: ignore[misc]
    units = [(price, key) for key, (price, count) in goods.items() for _ in range(count)]
    columns, gains = [], []
    for option in options:
        n, these = option.parts[0]
        there = [place for place, (_, key) in enumerate(units) if key in these]
        for group in combinations(there, n):
            columns.append(group)
            gains.append(option.saves(sorted((units[place][0] for place in group), reverse=True)))
    rows = [place for group in columns for place in group]
    at = [column for column, group in enumerate(columns) for _ in group]
    matrix = sparse.csr_matrix(([1] * len(rows), (rows, at)), shape=(len(units), len(columns)))
    solved = optimize.milp(
        [-gain for gain in gains],
        constraints=optimize.LinearConstraint(matrix, ub=1),
        integrality=1,
        bounds=optimize.Bounds(0, 1),
        options={"mip_rel_gap": 0},
    )
    assert sum(each.saved for each in pack(goods, options)) == round(-solved.fun)


# --- what comes of it -----------------------------------------------------------------------------


@st.composite
def bought(draw: Any) -> tuple[list[Line], dict[str, GoodsTerms], tuple[Promoted, ...]]:
    goods, deals = draw(situations())
    terms = {
        key: GoodsTerms(
            draw(st.sampled_from([DE_7, DE_19])), draw(st.sampled_from([Decimal(0), Decimal("0.25")]))
        )
        for key in goods
    }
    return list(goods.values()), terms, promoted(goods, deals, "EUR")


@hypothesis_given(bought(), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_lines_savings_taxes_and_shares_make_the_total(case: Any, included: bool, by_line: bool) -> None:
    lines, terms, promotions = case
    by_key = {each.product_id: each for each in lines}
    found = bill(by_key, "EUR", TaxTerms(included, by_line, terms), promotions)
    assert adds_up(found, lines)
    assert all(share.paid >= 0 for share in found.shares)
    if included:
        less = {part.key: Decimal(0) for each in promotions for part in each.lines}
        for each in promotions:
            for part in each.lines:
                less[part.key] += part.amount
        for share in found.shares:
            assert share.paid == by_key[share.key].line_total - less.get(share.key, Decimal(0))


@hypothesis_given(bought(), st.data())
@settings(max_examples=150, deadline=None)
def test_what_goes_back_in_parts_is_what_was_paid_by_line_and_by_tax(case: Any, data: st.DataObject) -> None:
    lines, terms, promotions = case
    sold = purchase(lines, terms, "EUR")
    amounts = bill({each.product_id: each for each in lines}, "EUR", TaxTerms(goods=terms), promotions)
    sold = replace(sold, amounts=amounts, total=amounts.total)
    left, returns = amounts.total, []
    units = {each.line_id: each.quantity for each in lines}
    for _ in range(3):
        if left:
            amount = Decimal(data.draw(st.integers(1, int(left * 100)))) / 100
            came = {name: data.draw(st.integers(0, count)) for name, count in units.items()}
            units = {name: count - came[name] for name, count in units.items()}
            left -= amount
            returns.append(Return(amount, came))
    returns.append(Return(left, {}))
    back = given_back(sold, returns)
    for share in amounts.shares:
        parts = [part for each in back for part in each.parts if part.line_id == share.key]
        assert sum((part.goods + part.deposit for part in parts), Decimal(0)) == share.paid + share.deposit
    for tax in amounts.taxes:
        gone = [
            each
            for one in back
            for each in one.taxes
            if (each.tax_class, each.name) == (tax.tax_class, tax.name)
        ]
        assert sum((each.tax for each in gone), Decimal(0)) == tax.tax
        assert sum((each.net for each in gone), Decimal(0)) == tax.net
