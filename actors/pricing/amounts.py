"""What the lines of a cart amount to: savings, deposits, taxes, rounding, and what is paid.

A tax within prices is ``gross x rate / (100 + all rates of the class)``, one on top ``net x rate / 100``,
each rounded half up to the currency's decimals, of a line or of a class as the chain says. The net within
prices is what the taxes leave, so that net and taxes always make the gross again; two equal rates, as CGST
and SGST are, give equal taxes.

All that is paid falls on a line (:class:`Share`): by their size, and the last minor units on those that lost
most by rounding (largest remainder), so that what goes back in parts can never differ from the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise

from actors.kit import money
from actors.messages.cart import Line
from actors.messages.money.amounts import (
    Amounts,
    Deposit,
    GoodsTerms,
    Saving,
    Share,
    Tax,
    TaxClass,
    TaxRate,
)

_HUNDRED = Decimal(100)

TermsOf = Callable[[Line], GoodsTerms]
"""On which terms a line is sold."""


def amounts(
    lines: Iterable[Line], currency: str, terms: TermsOf, *, included: bool = True, by_line: bool = False
) -> Amounts:
    """Return what the lines amount to. Pure; raises nothing for lines in that currency."""
    zero = money.zero(currency)
    savings: dict[str, Decimal] = {}
    deposits: list[Deposit] = []
    portions: list[_Portion] = []
    goods = zero
    for line in lines:
        sold = terms(line)
        goods += line.line_total
        if len(line.price_trace) > 1 and line.label is None:
            _save(savings, line)
        portions.append(_Portion(line.line_id, sold.tax, line.line_total))
        if sold.deposit:
            deposit = _deposit(line, sold.deposit, currency)
            deposits.append(deposit)
            portions.append(_Portion(line.line_id, sold.deposit_tax, deposit.line_total, is_deposit=True))
    taxes = _taxes(portions, currency, included=included, by_line=by_line)
    saved = sum(savings.values(), zero)
    gross = goods + sum((each.line_total for each in deposits), zero)
    if not included:
        gross += sum((each.tax for each in taxes), zero)
    total = money.payable(gross, currency)
    return Amounts(
        subtotal=goods + saved,
        savings=tuple(Saving(name, amount) for name, amount in savings.items()),
        deposits=tuple(deposits),
        taxes=taxes,
        tax_included=included,
        rounding=total - gross,
        total=total,
        shares=_shares(portions, total, currency, included=included),
    )


class _Portion:
    """The goods of a line, or their deposits, with the class that taxes them."""

    __slots__ = ("amount", "is_deposit", "line_id", "tax")

    def __init__(self, line_id: str, tax: TaxClass, amount: Decimal, *, is_deposit: bool = False) -> None:
        self.line_id = line_id
        self.tax = tax
        self.amount = amount
        self.is_deposit = is_deposit


def _save(savings: dict[str, Decimal], line: Line) -> None:
    """Add what the rules of the line's trace took off; a variant's adjustment is no rule."""
    for before, step in pairwise(line.price_trace):
        off = (before.unit_price - step.unit_price) * line.quantity
        if off > 0 and not step.rule.startswith("variant:"):
            savings[step.rule] = savings.get(step.rule, 0) + off


def _deposit(line: Line, unit: Decimal, currency: str) -> Deposit:
    unit = money.quantize(unit, currency)
    return Deposit(line.line_id, line.name, line.quantity, unit, unit * line.quantity)


# --- taxes ------------------------------------------------------------------------


def _taxes(portions: Iterable[_Portion], currency: str, *, included: bool, by_line: bool) -> tuple[Tax, ...]:
    classes: dict[str, tuple[TaxClass, list[Decimal]]] = {}
    for each in portions:
        if each.tax.rates:
            classes.setdefault(each.tax.code, (each.tax, []))[1].append(each.amount)
    found: list[Tax] = []
    for _, (tax_class, parts) in sorted(classes.items()):
        rounded = parts if by_line else [sum(parts, Decimal(0))]
        found += class_taxes(tax_class, rounded, currency, included=included)
    return tuple(found)


def class_taxes(tax_class: TaxClass, parts: Sequence[Decimal], currency: str, *, included: bool) -> list[Tax]:
    """Return the taxes of one class on amounts that are rounded one by one."""
    zero = money.zero(currency)
    whole = _HUNDRED + sum((rate.percent for rate in tax_class.rates), Decimal(0)) if included else _HUNDRED
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
    zero = money.zero(currency)
    goods: dict[str, Decimal] = {}
    deposits: dict[str, Decimal] = {}
    for portion, amount in zip(portions, paid, strict=True):
        (deposits if portion.is_deposit else goods)[portion.line_id] = amount
    return tuple(Share(line_id, amount, deposits.get(line_id, zero)) for line_id, amount in goods.items())


def _percent(tax_class: TaxClass) -> Decimal:
    return sum((rate.percent for rate in tax_class.rates), Decimal(0))


def split(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Return the total in parts as large as their weights, exactly: by largest remainder.

    Weights are not negative; if all are nothing, the first part takes whatever there is to take.
    """
    if not weights:
        return []
    whole = sum(weights, Decimal(0))
    if not whole:
        return [total, *([money.zero(currency)] * (len(weights) - 1))]
    step = Decimal(1).scaleb(-money.decimals(currency))
    exact = [total * weight / whole for weight in weights]
    parts = [each.quantize(step, ROUND_FLOOR) for each in exact]
    left = int((total - sum(parts, Decimal(0))) / step)
    most = sorted(range(len(parts)), key=lambda place: parts[place] - exact[place])
    for place in most[:left]:
        parts[place] += step
    return parts
