"""A chain's tax rates in memory: which a class has, in which branch, on which day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from actors.messages.money import amounts
from core.tax.models import USUAL, TaxRate
from core.tenancy.models import Chain, TaxRounding


class Rate(NamedTuple):
    """A row of the rates."""

    branch: str
    """Code; empty: every branch that has none of its own."""
    tax_class: str
    rate: amounts.TaxRate
    valid_from: date | None
    valid_until: date | None

    def holds_on(self, day: date) -> bool:
        """Whether it is valid on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class Taxes:
    """How a chain taxes. Never changes; a reload makes another."""

    def __init__(
        self,
        rates: Iterable[Rate] = (),
        *,
        included: bool = True,
        by_line: bool = False,
        deposits_taxed: bool = False,
    ) -> None:
        self.included = included
        self.by_line = by_line
        self.deposits_taxed = deposits_taxed
        """As the goods that they are for; else not at all."""
        self._rates: dict[str, list[Rate]] = {}
        for each in rates:
            self._rates.setdefault(each.tax_class, []).append(each)
        self._known: dict[tuple[str, str, date], amounts.TaxClass] = {}
        self._terms: dict[tuple[str, Decimal, str, date], amounts.GoodsTerms] = {}

    def of(self, tax_class: str, branch: str, day: date) -> amounts.TaxClass:
        """Return the class with its taxes on that day; empty: the usual class."""
        key = (tax_class or USUAL, branch, day)
        found = self._known.get(key)
        if found is None:
            if len(self._known) > _MOST:
                self._known.clear()
            found = self._known[key] = self._find(*key)
        return found

    def terms(self, tax_class: str, deposit: Decimal, branch: str, day: date) -> amounts.GoodsTerms:
        """Return on which terms goods of the class, with that deposit, are sold that day."""
        key = (tax_class, deposit, branch, day)
        found = self._terms.get(key)
        if found is None:
            if len(self._terms) > _MOST:
                self._terms.clear()
            own = self.of(tax_class, branch, day)
            its = own if self.deposits_taxed else amounts.UNTAXED
            found = self._terms[key] = amounts.GoodsTerms(own, deposit, its)
        return found

    def _find(self, tax_class: str, branch: str, day: date) -> amounts.TaxClass:
        today = [each for each in self._rates.get(tax_class, ()) if each.holds_on(day)]
        own = [each for each in today if branch and each.branch == branch]
        rates = tuple(each.rate for each in own or today if own or not each.branch)
        return amounts.TaxClass(tax_class, rates) if rates else amounts.UNTAXED


_MOST = 10_000


def load(chain: Chain) -> Taxes:
    """Read the rates of a chain. Blocking."""
    rows = TaxRate.objects.filter(chain=chain).select_related("branch").order_by("name", "id")
    return Taxes(
        (
            Rate(
                "" if row.branch is None else row.branch.code,
                row.tax_class,
                amounts.TaxRate(row.name, _plain(row.percent)),
                row.valid_from,
                row.valid_until,
            )
            for row in rows
        ),
        included=chain.prices_include_tax,
        by_line=chain.tax_rounding == TaxRounding.LINE,
        deposits_taxed=chain.taxes_deposits,
    )


def _plain(percent: Decimal) -> Decimal:
    """Return the number without zeros behind it: 9, 8.875."""
    return Decimal(f"{percent.normalize():f}")
