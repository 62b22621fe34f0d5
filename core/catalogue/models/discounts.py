"""Price rules and vouchers as rows: scope, effect, priority, validity and season."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from actors.messages.pricing import TIERS
from core.catalogue.models.products import too_many_digits
from core.catalogue.seasons import DAY, is_day
from core.lines import LineField

_day = RegexValidator(DAY, "Expected month and day such as 10-25.")


class Effect(models.TextChoices):
    """What a rule does to the unit price."""

    PERCENT = "percent", "percent off"
    AMOUNT = "amount", "amount off a unit"
    PRICE = "price", "price of a unit"


class Discount(models.Model):
    """What price rules and vouchers have in common. The narrowest scope that is named is the rule's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.ForeignKey("tenancy.Chain", on_delete=models.CASCADE, related_name="+")
    branch = models.ForeignKey(
        "tenancy.Branch", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    category = models.ForeignKey(
        "catalogue.Category", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    product = models.ForeignKey(
        "catalogue.Product", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    variant = models.ForeignKey(
        "catalogue.Variant", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    effect = models.CharField(max_length=10, choices=Effect, default=Effect.PERCENT)
    value = models.DecimalField(max_digits=12, decimal_places=4, validators=[MinValueValidator(Decimal(0))])
    min_quantity = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    priority = models.IntegerField(default=0)
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    season_from = models.CharField(max_length=5, blank=True, validators=[_day])
    """First day of a yearly season, ``MM-DD``; a season may reach over New Year."""
    season_until = models.CharField(max_length=5, blank=True, validators=[_day])
    """Its last day, inclusive."""
    is_active = models.BooleanField(default=True)

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Refuse what could never apply, and the things of another chain."""
        errors: dict[str, str] = {}
        owners = {"branch": self.branch, "category": self.category, "product": self.product}
        for field, owner in owners.items():
            if owner is not None and owner.chain_id != self.chain_id:
                errors[field] = f"This {field} belongs to another chain."
        if self.variant is not None and self.variant.product.chain_id != self.chain_id:
            errors["variant"] = "This variant belongs to another chain."
        if self.variant is not None and self.product is not None and self.variant.product != self.product:
            errors["variant"] = "This is a variant of another product."
        if why := _of_value(self):
            errors["value"] = why
        if self.valid_from and self.valid_until and self.valid_from >= self.valid_until:
            errors["valid_until"] = "It ends before it begins."
        if bool(self.season_from) != bool(self.season_until):
            errors["season_until"] = "A season has a first and a last day."
        for field in ("season_from", "season_until"):
            if (day := getattr(self, field)) and not is_day(day):
                errors[field] = "There is no such day."
        if errors:
            raise ValidationError(errors)


def _of_value(row: Discount) -> str | None:
    """Return why a discount cannot have its value, or None; a row may lack its value or its chain yet."""
    value: Decimal | None = getattr(row, "value", None)
    chain = getattr(row, "chain", None)
    if value is not None and row.effect == Effect.PERCENT:
        return "Expected 100 percent at most." if value > 100 else None
    return None if value is None or chain is None else too_many_digits(value, chain.currency)


class PriceRule(Discount):
    """A rule that applies by itself: a sale, from so many units on, or for a tier."""

    class Kind(models.TextChoices):
        """Which step of a price it is."""

        SALE = "sale"
        QUANTITY = "quantity"
        TIER = "tier"

    name = LineField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind)
    tier = models.CharField(max_length=20, blank=True, choices=[(tier, tier.title()) for tier in TIERS])

    class Meta:
        ordering = ["chain", "kind", "-priority", "name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a tier rule without a tier, and a tier without a tier rule."""
        super().clean()
        if (self.kind == PriceRule.Kind.TIER) != bool(self.tier):
            raise ValidationError({"tier": "A rule of kind tier names a tier, and no other does."})


class Voucher(Discount):
    """A code that a shopper gives. Codes are kept in capitals."""

    code = models.CharField(
        max_length=40, validators=[RegexValidator(r"^[A-Z0-9_-]+$", "Capitals, digits, - and _ only.")]
    )
    max_uses = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    """How many purchases may be paid with it in all; empty: any number."""
    max_per_person = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])

    class Meta:
        ordering = ["chain", "code"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "code"], name="catalogue_voucher_code_unique")
        ]

    def __str__(self) -> str:
        return self.code

    def clean_fields(self, exclude: Any = None) -> None:
        """Bring the code into its normal form first."""
        self.code = self.code.strip().upper()
        super().clean_fields(exclude)


class VoucherUses(models.Model):
    """How often a voucher with a limit has been used. Projected."""

    voucher_id = models.UUIDField(primary_key=True)
    used = models.BigIntegerField()
    held = models.BigIntegerField()
    """Checkouts under way, that keep a use each."""
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "voucher uses"

    def __str__(self) -> str:
        return f"{self.voucher_id}: {self.used}"
