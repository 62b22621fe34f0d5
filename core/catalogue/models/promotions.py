"""Promotions as rows: what several goods together cost less, where, when and for whom."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from actors.messages.pricing import TIERS
from core.catalogue.models.products import Category, Product, Versioned, too_many_digits
from core.lines import LineField
from core.tenancy.models import Branch

MOST_UNITS = 100
_WEEKDAYS = r"\A1?2?3?4?5?6?7?\Z"
_is_weekdays = RegexValidator(_WEEKDAYS, "Expected days of the week from 1, a Monday, to 7, each once.")


class Promotion(Versioned):
    """One promotion. Which fields count hangs on its kind; days and hours are those of each branch."""

    class Kind(models.TextChoices):
        """What it gives."""

        N_FOR_M = "n_for_m", "so many for the price of fewer"
        NTH = "nth", "each so-manieth at so much less"
        BUNDLE = "bundle", "a set for a price"
        PRICE = "price", "a price of its own"
        SPEND = "spend", "something off for spending so much"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.ForeignKey("tenancy.Chain", on_delete=models.CASCADE, related_name="promotions")
    name = LineField(max_length=80)
    """As shoppers read it."""
    kind = models.CharField(max_length=10, choices=Kind)
    buy = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(2), MaxValueValidator(MOST_UNITS)]
    )
    """How many units make a group: 3 of "3 for 2", 2 of "the second at half"."""
    pay = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    """How many of them are paid (``n_for_m``)."""
    percent = models.DecimalField(
        max_digits=7,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.0001")), MaxValueValidator(Decimal(100))],
    )
    amount = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    """The price of the bundle or of a unit, or what is taken off (``spend``)."""
    threshold = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    """What has to be spent."""
    tier = models.CharField(max_length=20, blank=True, choices=[(tier, tier.title()) for tier in TIERS])
    """From which tier of an account on; empty: everybody."""
    combines = models.BooleanField(default=True)
    """Whether others may apply in the same cart."""
    priority = models.IntegerField(default=0, validators=[MinValueValidator(-1000), MaxValueValidator(1000)])
    branches = models.ManyToManyField(Branch, blank=True, related_name="+")
    """None: all of the chain's."""
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    """The last day."""
    weekdays = models.CharField(max_length=7, blank=True, validators=[_is_weekdays])
    """E.g. ``67`` for weekends; empty: every day."""
    from_time = models.TimeField(null=True, blank=True)
    until_time = models.TimeField(null=True, blank=True)
    """Of each day; the end is not within."""
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["chain", "-priority", "name", "id"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse what its kind needs and has not, or has and does not need, and times that are none."""
        faults = {**_of_kind(self), **_of_time(self)}
        chain: Any = getattr(self, "chain", None)
        for name in ("amount", "threshold") if chain is not None else ():
            value = getattr(self, name)
            if value is not None and (why := too_many_digits(value, chain.currency)) is not None:
                faults.setdefault(name, why)
        if faults:
            raise ValidationError(faults)


class PromotionGoods(models.Model):
    """A set of goods of a promotion: products, and all of categories. One of neither is everything."""

    promotion = models.ForeignKey(Promotion, on_delete=models.CASCADE, related_name="goods")
    units = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_UNITS)]
    )
    """How many of them a bundle has."""
    is_gift = models.BooleanField(default=False)
    """One of these is free for who spends enough."""
    products = models.ManyToManyField(Product, blank=True, related_name="+")
    categories = models.ManyToManyField(Category, blank=True, related_name="+")

    class Meta:
        ordering = ["promotion", "id"]
        verbose_name = "set of goods"
        verbose_name_plural = "sets of goods"

    def __str__(self) -> str:
        return f"{self.units} of {self.promotion}"


class GoodsSet(NamedTuple):
    """A set of goods as a form or a body has it."""

    units: int
    is_gift: bool
    is_everything: bool


MOST_SETS = 5
_NEEDS: dict[str, tuple[str, ...]] = {
    Promotion.Kind.N_FOR_M: ("buy", "pay"),
    Promotion.Kind.NTH: ("buy", "percent"),
    Promotion.Kind.BUNDLE: ("amount",),
    Promotion.Kind.PRICE: (),
    Promotion.Kind.SPEND: ("threshold",),
}
_EITHER = (Promotion.Kind.PRICE, Promotion.Kind.SPEND)
"""They have an amount or percent."""


def _of_kind(row: Promotion) -> dict[str, str]:
    needed = _NEEDS.get(row.kind, ())
    may_have = (*needed, "amount", "percent") if row.kind in _EITHER else needed
    faults: dict[str, str] = {}
    for name in ("buy", "pay", "percent", "amount", "threshold"):
        value = getattr(row, name)
        if value is None and name in needed:
            faults[name] = "A promotion of this kind needs it."
        elif value is not None and name not in may_have:
            faults[name] = "A promotion of this kind has none."
    if row.buy is not None and row.pay is not None and row.pay >= row.buy:
        faults.setdefault("pay", "Fewer are paid than are taken.")
    if row.kind in _EITHER and row.amount is not None and row.percent is not None:
        faults["percent"] = "Either an amount or percent, not both."
    if row.kind == Promotion.Kind.PRICE and row.amount is None and row.percent is None:
        faults["percent"] = "Say a price or how many percent less."
    return faults


def _of_time(row: Promotion) -> dict[str, str]:
    faults: dict[str, str] = {}
    if row.valid_from and row.valid_until and row.valid_from > row.valid_until:
        faults["valid_until"] = "It ends before it begins."
    if (row.from_time is None) != (row.until_time is None):
        faults["until_time"] = "Hours have a beginning and an end."
    elif row.from_time is not None and row.until_time is not None and row.from_time >= row.until_time:
        faults["until_time"] = "It ends before it begins."
    return faults


def of_goods(row: Promotion, sets: Sequence[GoodsSet]) -> str | None:
    """Return why a promotion cannot be about these sets of goods, or None."""
    gifts = [each for each in sets if each.is_gift]
    goods = [each for each in sets if not each.is_gift]
    if row.kind == Promotion.Kind.BUNDLE:
        if not goods or any(each.is_everything for each in sets):
            return "A bundle says of which goods it is."
        if sum(each.units for each in goods) < 2:
            return "A bundle has two units at least."
        if len(goods) > MOST_SETS:
            return f"A bundle has {MOST_SETS} sets of goods at most."
    elif len(goods) > 1:
        return "A promotion of this kind has one set of goods."
    elif any(each.units != 1 for each in sets):
        return "Only the sets of a bundle have a number of units."
    if row.kind != Promotion.Kind.SPEND:
        return "Only who spends enough gets a gift." if gifts else None
    if len(gifts) > 1 or any(each.is_everything for each in gifts):
        return "Name the gifts in one set."
    given = (row.amount is not None) + (row.percent is not None) + bool(gifts)
    return None if given == 1 else "Spending gives an amount off, percent off, or a gift: one of them."
