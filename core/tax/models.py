"""The taxes of a chain's goods as rows: a class of goods, one of its taxes, how much, where and when."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from core.lines import LineField
from core.tenancy.models import Branch, Chain

USUAL = "standard"
"""The class of goods of which nobody has said another."""
CLASS = r"[a-z0-9]+(?:-[a-z0-9]+)*"
"""What the name of a class looks like."""
is_class = RegexValidator(rf"^{CLASS}\Z", "Expected small letters, digits and single hyphens.")


class TaxRate(models.Model):
    """One tax of a class. A class may have several at once; those of a branch replace the chain's there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.ForeignKey(Chain, on_delete=models.CASCADE, related_name="tax_rates")
    branch = models.ForeignKey(
        Branch, on_delete=models.CASCADE, null=True, blank=True, related_name="tax_rates"
    )
    tax_class = models.CharField(max_length=40, default=USUAL, validators=[is_class])
    name = LineField(max_length=40)
    """As a receipt calls it."""
    percent = models.DecimalField(
        max_digits=7,
        decimal_places=4,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )
    valid_from = models.DateField(null=True, blank=True)
    """First day, by the branch's calendar; empty: since ever."""
    valid_until = models.DateField(null=True, blank=True)
    """Last day; empty: for good."""
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["chain", "tax_class", "name", "valid_from", "id"]

    def __str__(self) -> str:
        return f"{self.tax_class} {self.name} {self.percent.normalize():f} %"

    def clean(self) -> None:
        """Refuse another chain's branch, an end before the beginning, and the same tax twice on one day."""
        if self.branch is not None and self.branch.chain_id != self.chain_id:
            raise ValidationError({"branch": "This branch belongs to another chain."})
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            raise ValidationError({"valid_until": "It ends before it begins."})
        same = TaxRate.objects.filter(
            chain=self.chain_id, branch=self.branch_id, tax_class=self.tax_class, name=self.name
        ).exclude(pk=self.pk)
        if any(_overlap(self, other) for other in same):
            raise ValidationError({"valid_from": f"{self.tax_class} has another rate of {self.name} then."})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, counted."""
        if not self._state.adding:
            self.version += 1
        super().save(*args, **kwargs)


def _overlap(one: TaxRate, other: TaxRate) -> bool:
    begins_in_time = (
        one.valid_from is None or other.valid_until is None or one.valid_from <= other.valid_until
    )
    ends_too_late = other.valid_from is None or one.valid_until is None or other.valid_from <= one.valid_until
    return begins_in_time and ends_too_late


def classes(chain_id: Any) -> set[str]:
    """Return the classes that a chain has rates for. Blocking."""
    return set(TaxRate.objects.filter(chain=chain_id).order_by().values_list("tax_class", flat=True))


def unknown_class(chain_id: Any, name: str) -> str | None:
    """Return why goods of the chain cannot be of that class; None: they can. Empty is none of their own."""
    if not name or name in (known := classes(chain_id)):
        return None
    there = ", ".join(sorted(known)) or "none yet"
    return f"The chain has no tax class {name!r}: expected one of its own ({there})."
