"""What a chain of a country begins with: its rates, and whether prices hold them.

Sources: CBIC's GST rates since 22 September 2025 (5, 18, 40 %; within a state half CGST, half SGST);
section 12 UStG (7 and 19 %); Israel Tax Authority (18 % since 1 January 2025, fruit and vegetables without);
the states and cities of the USA tax on top, each at its own rate, most of them food not at all.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from core.tax.models import USUAL, TaxRate
from core.tenancy.models import Chain


class Preset(NamedTuple):
    """A country's rates: ``(class, name, percent, valid from)``."""

    rates: tuple[tuple[str, str, str, date | None], ...]
    included: bool = True
    taxes_deposits: bool = False


def _gst(tax_class: str, percent: str) -> tuple[tuple[str, str, str, None], ...]:
    half = str(Decimal(percent) / 2)
    return ((tax_class, "CGST", half, None), (tax_class, "SGST", half, None))


PRESETS = {
    "DE": Preset(
        ((USUAL, "MwSt", "19", None), ("reduced", "MwSt", "7", None), ("zero", "MwSt", "0", None)),
        taxes_deposits=True,
    ),
    "IL": Preset(((USUAL, "VAT", "18", date(2025, 1, 1)), ("zero", "VAT", "0", None))),
    "IN": Preset(
        (*_gst(USUAL, "18"), *_gst("reduced", "5"), *_gst("luxury", "40"), *_gst("zero", "0")),
        taxes_deposits=True,
    ),
    "US": Preset(((USUAL, "Sales tax", "0", None), ("food", "Sales tax", "0", None)), included=False),
}
"""By ISO 3166 code. In the USA a branch's own rates take the place of nothing."""


@transaction.atomic
def apply(chain: Chain, country: str) -> list[TaxRate]:
    """Give the chain the rates of a country, in addition to its own; return the new ones. Blocking.

    A class of which the chain has any rate stays as it is. Raises KeyError for a country without a preset.
    """
    preset = PRESETS[country]
    known = set(TaxRate.objects.filter(chain=chain).values_list("tax_class", flat=True))
    made = [
        TaxRate.objects.create(
            chain=chain, tax_class=tax_class, name=name, percent=Decimal(percent), valid_from=since
        )
        for tax_class, name, percent, since in preset.rates
        if tax_class not in known
    ]
    wanted: dict[str, Any] = {
        "prices_include_tax": preset.included,
        "taxes_deposits": preset.taxes_deposits,
    }
    if any(getattr(chain, name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            setattr(chain, name, value)
        chain.save(update_fields=list(wanted))
    return made
