"""What a cart amounts to: the countries' vectors, rounding, deposits, and that nothing is lost in parts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from actors.kit import money
from actors.messages.cart import Line, PriceStep, key_of
from actors.messages.money.amounts import Amounts, GoodsTerms, TaxClass, TaxRate, TaxTerms
from actors.pricing import adds_up, bill
from actors.pricing.amounts import split

GST_18 = TaxClass("standard", (TaxRate("CGST", Decimal(9)), TaxRate("SGST", Decimal(9))))
DE_7 = TaxClass("reduced", (TaxRate("MwSt", Decimal(7)),))
DE_19 = TaxClass("standard", (TaxRate("MwSt", Decimal(19)),))
US = TaxClass("local", (TaxRate("Sales tax", Decimal("8.875")),))


def line(total: str, *, quantity: int = 1, steps: tuple[tuple[str, str], ...] = (), name: str = "a") -> Line:
    amount = Decimal(total)
    unit = amount / quantity
    trace = tuple(PriceStep(rule, Decimal(price)) for rule, price in steps) or (PriceStep("base", unit),)
    return Line(name, f"product-{name}", "1", name, quantity, unit, amount, trace, 0.0)


def of(
    lines: list[Line], terms: dict[str, GoodsTerms] | GoodsTerms, currency: str = "EUR", **how: Any
) -> Amounts:
    each = terms if isinstance(terms, dict) else {line.line_id: terms for line in lines}
    goods = {f"product-{name}": its for name, its in each.items()}
    return bill({key_of(line): line for line in lines}, currency, TaxTerms(goods=goods, **how))


def taxes(found: Amounts) -> list[tuple[str, str, str, str]]:
    return [(each.name, str(each.rate), str(each.net), str(each.tax)) for each in found.taxes]


def test_india_18_percent_within_118() -> None:
    found = of([line("118.00")], GoodsTerms(GST_18), "INR")
    assert taxes(found) == [("CGST", "9", "100.00", "9.00"), ("SGST", "9", "100.00", "9.00")]
    assert (found.subtotal, found.rounding, found.total) == (Decimal(118), 0, Decimal(118))


def test_germany_two_rates_within_the_prices() -> None:
    lines = [line("10.70", name="milk"), line("11.90", name="soap")]
    found = of(lines, {"milk": GoodsTerms(DE_7), "soap": GoodsTerms(DE_19)})
    assert taxes(found) == [("MwSt", "7", "10.00", "0.70"), ("MwSt", "19", "10.00", "1.90")]
    assert str(found.total) == "22.60"


def test_the_states_add_it_on_top() -> None:
    found = of([line("19.99")], GoodsTerms(US), "USD", included=False)
    assert taxes(found) == [("Sales tax", "8.875", "19.99", "1.77")]
    assert (str(found.subtotal), str(found.total)) == ("19.99", "21.76")


def test_equal_taxes_of_one_class_are_equal_also_when_a_paisa_is_left_over() -> None:
    [central, state] = of([line("1.00")], GoodsTerms(GST_18), "INR").taxes
    assert (central.tax, state.tax, central.net) == (Decimal("0.08"), Decimal("0.08"), Decimal("0.84"))


def test_lines_round_one_by_one_where_the_chain_says_so() -> None:
    lines = [line("0.09", name=name) for name in "abc"]
    by_total, by_line = (of(lines, GoodsTerms(DE_19), by_line=each).taxes[0].tax for each in (False, True))
    assert (by_total, by_line) == (Decimal("0.04"), Decimal("0.03"))


def test_what_no_tax_is_known_for_has_none() -> None:
    found = of([line("5.00")], GoodsTerms())
    assert (found.taxes, found.total) == ((), Decimal(5))


def test_savings_are_named_by_their_rules_and_a_variant_is_none() -> None:
    steps = (
        ("base", "500.00"),
        ("variant:Large", "480.00"),
        ("quantity:10", "432.00"),
        ("tier:GOLD", "400.00"),
    )
    found = of([line("4000.00", quantity=10, steps=steps)], GoodsTerms())
    assert [(each.name, str(each.amount)) for each in found.savings] == [
        ("quantity:10", "480.00"),
        ("tier:GOLD", "320.00"),
    ]
    assert (found.subtotal, found.total) == (Decimal(4800), Decimal(4000))


def test_a_deposit_is_a_line_of_its_own_with_a_tax_of_its_own() -> None:
    terms = GoodsTerms(DE_7, Decimal("0.25"), DE_19)
    found = of([line("2.14", quantity=2)], terms)
    [deposit] = found.deposits
    assert (deposit.quantity, deposit.unit_price, deposit.line_total) == (2, Decimal("0.25"), Decimal("0.50"))
    assert taxes(found) == [("MwSt", "7", "2.00", "0.14"), ("MwSt", "19", "0.42", "0.08")]
    assert (str(found.subtotal), str(found.total)) == ("2.14", "2.64")
    [share] = found.shares
    assert (share.paid, share.deposit) == (Decimal("2.14"), Decimal("0.50"))


@pytest.mark.parametrize(
    ("amount", "rounding", "total"),
    [("1.255", "0.005", "1.260"), ("1.254", "-0.004", "1.250"), ("1.250", "0.000", "1.250")],
)
def test_an_amount_that_no_provider_takes_is_rounded_and_says_so(
    amount: str, rounding: str, total: str
) -> None:
    found = of([line(amount)], GoodsTerms(), "KWD")
    assert (str(found.rounding), str(found.total)) == (rounding, total)


# --- properties -------------------------------------------------------------------

CURRENCIES = ("INR", "KWD", "JPY")
CLASSES = (TaxClass(""), GST_18, DE_7, US)


@st.composite
def carts(draw: Any) -> tuple[list[Line], dict[str, GoodsTerms], str]:
    currency = draw(st.sampled_from(CURRENCIES))
    places = money.decimals(currency)
    lines, terms = [], {}
    for number in range(draw(st.integers(0, 12))):
        units = draw(st.integers(1, 20))
        unit = Decimal(draw(st.integers(0, 500_000))).scaleb(-places)
        name = f"line-{number}"
        lines.append(line(str(unit * units), quantity=units, name=name))
        deposit = Decimal(draw(st.sampled_from((0, 8, 25)))).scaleb(-places)
        own, its = draw(st.sampled_from(CLASSES)), draw(st.sampled_from(CLASSES))
        terms[name] = GoodsTerms(own, deposit, its)
    return lines, terms, currency


@hypothesis_given(carts(), st.booleans(), st.booleans())
def test_whatever_is_bought_adds_up(cart: Any, included: bool, by_line: bool) -> None:
    lines, terms, currency = cart
    found = of(lines, terms, currency, included=included, by_line=by_line)
    assert sum((each.line_total for each in lines), Decimal(0)) == found.subtotal
    on_top = Decimal(0) if included else sum((each.tax for each in found.taxes), Decimal(0))
    deposits = sum((each.line_total for each in found.deposits), Decimal(0))
    assert found.subtotal + deposits + on_top + found.rounding == found.total
    assert found.total == money.payable(found.total, currency) >= 0
    assert sum((each.paid + each.deposit for each in found.shares), Decimal(0)) == found.total
    assert adds_up(found, lines)
    assert all(each.paid >= 0 and each.deposit >= 0 for each in found.shares)


@hypothesis_given(carts(), st.booleans())
def test_net_and_taxes_within_the_prices_make_what_is_taxed(cart: Any, by_line: bool) -> None:
    lines, terms, currency = cart
    found = of(lines, terms, currency, by_line=by_line)
    nets = {each.tax_class: each.net for each in found.taxes}
    taxed = sum((each.line_total for each in lines if terms[each.line_id].tax.rates), Decimal(0))
    taxed += sum(
        (
            each.line_total
            for each in found.deposits
            if terms[each.key.removeprefix("product-")].deposit_tax.rates
        ),
        Decimal(0),
    )
    total = sum(nets.values(), Decimal(0)) + sum((each.tax for each in found.taxes), Decimal(0))
    assert total == taxed


@hypothesis_given(
    st.integers(0, 10**7),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=40),
    st.sampled_from(CURRENCIES),
)
def test_a_split_is_exact_and_nobody_is_off_by_a_whole_unit(
    total: int, weights: list[int], currency: str
) -> None:
    step = Decimal(1).scaleb(-money.decimals(currency))
    whole = Decimal(total) * step
    parts = split(whole, [Decimal(each) for each in weights], currency)
    assert sum(parts, Decimal(0)) == whole
    if sum(weights):
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - whole * weight / sum(weights)) < step
