"""What the lines of a cart amount to: savings, deposits, taxes, rounding, and what is paid.

A tax within prices is ``gross x rate / (100 + all rates of the class)``, one on top ``net x rate / 100``,
each rounded half up to the currency's decimals, of a line or of a class as the chain says. The net within
prices is what the taxes leave, so that net and taxes always make the gross again; two equal rates, as CGST
and SGST are, give equal taxes.

All that is paid falls on a line (:class:`Share`): by their size, and the last minor units on those that lost
most by rounding (largest remainder), so that what goes back in parts can never differ from the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import NamedTuple

from msgspec.structs import replace

from actors.kit import money
from actors.messages.cart import Line
from actors.messages.money.amounts import (
    PLAIN,
    PROMOTION,
    ZERO,
    Amounts,
    Deposit,
    GoodsTerms,
    Promoted,
    Saving,
    Share,
    Tax,
    TaxClass,
    TaxRate,
    TaxTerms,
)
from actors.pricing.units import of_weight

_HUNDRED = Decimal(100)

TermsOf = Callable[[str, Line], GoodsTerms]
"""On which terms a line is sold, by its key and itself."""


def amounts(
    lines: Mapping[str, Line],
    currency: str,
    terms: TermsOf,
    *,
    included: bool = True,
    by_line: bool = False,
    promotions: tuple[Promoted, ...] = (),
) -> Amounts:
    """Return what lines of that currency, by their keys, amount to; without the shares."""
    return _worked_out(lines, currency, terms, promotions, included=included, by_line=by_line)[0]


def bill(
    lines: Mapping[str, Line], currency: str, terms: TaxTerms, promotions: tuple[Promoted, ...] = ()
) -> Amounts:
    """Return what is to be paid for the lines, and what of it falls on each."""
    goods = terms.goods
    found, portions = _worked_out(
        lines,
        currency,
        lambda key, line: goods.get(key, PLAIN),
        promotions,
        included=terms.included,
        by_line=terms.by_line,
    )
    return replace(found, shares=_shares(portions, found.total, currency, included=terms.included))


def adds_up(bought: Amounts, lines: Iterable[Line]) -> bool:
    """Whether the lines and all that is added to them make the total, and the shares do (invariant 6)."""
    goods = sum((line.line_total for line in lines), ZERO)
    saved = sum((each.amount for each in bought.savings), ZERO)
    goods -= sum((each.amount for each in bought.promotions), ZERO)
    more = sum((each.line_total for each in bought.deposits), ZERO) + bought.rounding
    if not bought.tax_included:
        more += sum((each.tax for each in bought.taxes), ZERO)
    shared = sum((each.paid + each.deposit for each in bought.shares), ZERO)
    laid = all(sum((line.amount for line in each.lines), ZERO) == each.amount for each in bought.promotions)
    return laid and bought.subtotal - saved == goods and goods + more == shared == bought.total


def _worked_out(
    lines: Mapping[str, Line],
    currency: str,
    terms: TermsOf,
    promotions: tuple[Promoted, ...],
    *,
    included: bool,
    by_line: bool,
) -> tuple[Amounts, list[_Portion]]:
    zero = money.zero(currency)
    savings: dict[str, Decimal] = {}
    deposits: list[Deposit] = []
    portions: list[_Portion] = []
    goods = zero
    less = taken_off(promotions)
    for key, line in lines.items():
        sold = terms(key, line)
        worth = line.line_total - less[key] if key in less else line.line_total
        goods += worth
        if len(line.price_trace) > 1:
            _save(savings, line, currency)
        portions.append(_Portion(key, sold.tax, worth))
        if sold.deposit:
            deposit = _deposit(key, line, sold.deposit, currency)
            deposits.append(deposit)
            portions.append(_Portion(key, sold.deposit_tax, deposit.line_total, True))
    for each in promotions:
        name = PROMOTION + each.name
        savings[name] = savings.get(name, ZERO) + each.amount
    taxes = _taxes(portions, currency, included=included, by_line=by_line)
    gross = goods + sum((deposit.line_total for deposit in deposits), zero)
    if not included:
        gross += sum((tax.tax for tax in taxes), zero)
    total = money.payable(gross, currency)
    found = Amounts(
        subtotal=goods + sum(savings.values(), zero),
        savings=tuple(Saving(name, amount) for name, amount in savings.items()),
        deposits=tuple(deposits),
        taxes=taxes,
        tax_included=included,
        rounding=total - gross,
        total=total,
        shares=(),
        promotions=promotions,
    )
    return found, portions


def taken_off(promotions: Iterable[Promoted]) -> dict[str, Decimal]:
    """Return what promotions take off each line, by its key."""
    less: dict[str, Decimal] = {}
    for each in promotions:
        for line in each.lines:
            less[line.key] = less.get(line.key, ZERO) + line.amount
    return less


class _Portion(NamedTuple):
    """The goods of a line, or their deposits, with the class that taxes them."""

    key: str
    tax: TaxClass
    amount: Decimal
    is_deposit: bool = False


def _save(savings: dict[str, Decimal], line: Line, currency: str) -> None:
    """Add what the rules of the line's trace took off; neither a variant nor a weight is a rule."""
    for before, step in pairwise(line.price_trace):
        if step.rule.startswith(("variant:", "weight:")):
            continue
        was, now = before.unit_price, step.unit_price
        if line.weight_g is not None:
            # The steps before the weight are of a kilogram.
            was, now = (of_weight(each, line.weight_g, currency) for each in (was, now))
        off = (was - now) * line.quantity
        if off > 0:
            savings[step.rule] = savings.get(step.rule, 0) + off


def _deposit(key: str, line: Line, unit: Decimal, currency: str) -> Deposit:
    unit = money.quantize(unit, currency)
    return Deposit(key, line.name, line.quantity, unit, unit * line.quantity)


# --- taxes ------------------------------------------------------------------------


def _taxes(portions: Iterable[_Portion], currency: str, *, included: bool, by_line: bool) -> tuple[Tax, ...]:
    classes: dict[str, tuple[TaxClass, list[Decimal]]] = {}
    for each in portions:
        if each.tax.rates:
            classes.setdefault(each.tax.code, (each.tax, []))[1].append(each.amount)
    found: list[Tax] = []
    for _, (tax_class, parts) in sorted(classes.items()):
        rounded = parts if by_line else [sum(parts, ZERO)]
        found += class_taxes(tax_class, rounded, currency, included=included)
    return tuple(found)


def class_taxes(tax_class: TaxClass, parts: Sequence[Decimal], currency: str, *, included: bool) -> list[Tax]:
    """Return the taxes of one class on amounts that are rounded one by one."""
    zero = money.zero(currency)
    whole = _HUNDRED + sum((rate.percent for rate in tax_class.rates), ZERO) if included else _HUNDRED
    by_rate: list[tuple[TaxRate, Decimal]] = []
    for rate in tax_class.rates:
        taxed = (money.quantize(part * rate.percent / whole, currency) for part in parts)
        by_rate.append((rate, sum(taxed, zero)))
    net = sum(parts, zero)
    if included:
        net -= sum((tax for _, tax in by_rate), zero)
    return [Tax(tax_class.code, rate.name, rate.percent, net, tax) for rate, tax in by_rate]


# --- shares -------------------------------------------------------------------------


def _shares(
    portions: Sequence[_Portion], total: Decimal, currency: str, *, included: bool
) -> tuple[Share, ...]:
    weights = [
        each.amount if included else each.amount * (_HUNDRED + _percent(each.tax)) / _HUNDRED
        for each in portions
    ]
    paid = split(total, weights, currency)
    spots = {
        (each.key, each.is_deposit): (each.tax.code, amount)
        for each, amount in zip(portions, paid, strict=True)
    }
    none = ("", money.zero(currency))
    shares = []
    for key, is_deposit in spots:
        if not is_deposit:
            (tax_class, goods), (deposit_class, deposit) = spots[key, False], spots.get((key, True), none)
            shares.append(Share(key, goods, deposit, tax_class, deposit_class))
    return tuple(shares)


def _percent(tax_class: TaxClass) -> Decimal:
    return sum((rate.percent for rate in tax_class.rates), ZERO)


def split(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Return the total in parts as large as their weights, exactly: by largest remainder.

    Weights are not negative; if all are nothing, the first part takes whatever there is to take.
    """
    if not weights:
        return []
    whole = sum(weights, ZERO)
    if not whole:
        return [total, *([money.zero(currency)] * (len(weights) - 1))]
    step = Decimal(1).scaleb(-money.decimals(currency))
    exact = [total * weight / whole for weight in weights]
    parts = [each.quantize(step, ROUND_FLOOR) for each in exact]
    left = int((total - sum(parts, ZERO)) / step)
    most = sorted(range(len(parts)), key=lambda place: parts[place] - exact[place])
    for place in most[:left]:
        parts[place] += step
    return parts
