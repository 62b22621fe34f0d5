"""Refunds in parts: whatever goes back, paid - given back = kept, for each line and each tax."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given as hypothesis_given
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.kit import money
from actors.messages.cart import Line, key_of
from actors.messages.money.amounts import GoodsTerms, TaxTerms
from actors.messages.money.purchase import NO_PURCHASE, Purchase
from actors.pricing import Return, bill, given_back
from tests.domain.commerce.test_amounts import DE_7, DE_19, carts, line

NOTHING = Decimal(0)


def purchase(lines: list[Line], terms: dict[str, GoodsTerms], currency: str, **how: Any) -> Purchase:
    by_key = {key_of(each): each for each in lines}
    goods = {key: terms[each.line_id] for key, each in by_key.items()}
    amounts = bill(by_key, currency, TaxTerms(goods=goods, **how))
    return replace(NO_PURCHASE, lines=tuple(lines), total=amounts.total, currency=currency, amounts=amounts)


SHOPPING = purchase(
    [line("10.70", quantity=2, name="milk"), line("11.90", name="soap")],
    {"milk": GoodsTerms(DE_7, Decimal("0.15"), DE_19), "soap": GoodsTerms(DE_19)},
    "EUR",
)


def test_goods_that_come_back_bring_what_was_paid_for_them_with_their_deposit_and_taxes() -> None:
    [back] = given_back(SHOPPING, [Return(Decimal("5.50"), {"milk": 1})])
    assert back.parts == (("milk", Decimal("5.35"), Decimal("0.15")),)
    taxes = [(each.tax_class, str(each.tax)) for each in back.taxes]
    assert taxes == [("reduced", "0.35"), ("standard", "0.02")]


def test_an_amount_for_nothing_that_came_back_is_laid_on_all_that_is_kept() -> None:
    first, second = given_back(
        SHOPPING, [Return(Decimal("11.90"), {"soap": 1}), Return(Decimal("11.00"), {})]
    )
    assert first.parts == (("soap", Decimal("11.90"), Decimal("0.00")),)
    assert second.parts == (("milk", Decimal("10.70"), Decimal("0.30")),)


def test_a_purchase_from_before_there_were_taxes_has_none_to_give_back() -> None:
    old = replace(SHOPPING, amounts=None, total=Decimal("22.60"))
    [back] = given_back(old, [Return(Decimal("22.60"), {})])
    assert (sum(each.goods for each in back.parts), back.taxes) == (Decimal("22.60"), ())


@st.composite
def refunded(draw: Any) -> tuple[Purchase, list[Return]]:
    """A purchase of which all goes back, in up to five parts."""
    lines, terms, currency = draw(carts())
    bought = purchase(lines, terms, currency, included=draw(st.booleans()), by_line=draw(st.booleans()))
    left, units = bought.total, {each.line_id: each.quantity for each in lines}
    step = Decimal(1).scaleb(-money.decimals(currency))
    returns = []
    for _ in range(draw(st.integers(0, 4))):
        if left:
            amount = step * draw(st.integers(1, int(left / step)))
            came = {name: draw(st.integers(0, count)) for name, count in units.items()}
            units = {name: count - came[name] for name, count in units.items()}
            left -= amount
            returns.append(Return(amount, came))
    return bought, [*returns, Return(left, {})] if left else returns


@hypothesis_given(refunded())
def test_paid_less_given_back_is_kept_by_line(case: tuple[Purchase, list[Return]]) -> None:
    bought, returns = case
    refunds = given_back(bought, returns)
    for refund, asked in zip(refunds, returns, strict=True):
        assert sum((each.goods + each.deposit for each in refund.parts), NOTHING) == asked.amount
        assert all(each.goods >= 0 <= each.deposit for each in refund.parts)
    assert bought.amounts is not None
    for share, each in zip(bought.amounts.shares, bought.lines, strict=True):
        back = [part for refund in refunds for part in refund.parts if part.line_id == each.line_id]
        assert sum((part.goods for part in back), NOTHING) == share.paid
        assert sum((part.deposit for part in back), NOTHING) == share.deposit


@hypothesis_given(refunded())
def test_paid_less_given_back_is_kept_by_tax(case: tuple[Purchase, list[Return]]) -> None:
    bought, returns = case
    assert bought.amounts is not None
    refunds = given_back(bought, returns)
    for tax in bought.amounts.taxes:
        same = (tax.tax_class, tax.name)
        back = [each for refund in refunds for each in refund.taxes if (each.tax_class, each.name) == same]
        assert all(each.tax >= 0 <= each.net for each in back)
        if bought.total:
            assert sum((each.tax for each in back), NOTHING) == tax.tax
            assert sum((each.net for each in back), NOTHING) == tax.net
