"""How a chain's scales lay out their codes, as rows."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models

from core.catalogue import labels


class LabelLayout(models.Model):
    """The layout of one prefix, e.g. ``21IIIIIVPPPPC``; see ``core/catalogue/labels.py``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.ForeignKey("tenancy.Chain", on_delete=models.CASCADE, related_name="label_layouts")
    prefix = models.CharField(max_length=2, editable=False)
    pattern = models.CharField(
        max_length=13,
        help_text="Prefix, then I item, P price or W weight, V its own check digit, C check digit.",
    )
    decimals = models.PositiveSmallIntegerField(
        default=2, validators=[MaxValueValidator(3)], help_text="Of the price, or of the weight in kg."
    )

    class Meta:
        ordering = ["chain", "prefix"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "prefix"], name="catalogue_label_prefix_unique")
        ]

    def __str__(self) -> str:
        return self.pattern

    def clean(self) -> None:
        """Refuse what is no layout; the prefix comes out of the pattern."""
        self.pattern = self.pattern.strip().upper()
        try:
            self.prefix = labels.layout(self.pattern, self.decimals).prefix
        except ValueError as error:
            raise ValidationError({"pattern": str(error)}) from None

    def save(self, *args: object, **kwargs: object) -> None:
        """Save with the pattern's prefix."""
        self.prefix = self.pattern[:2]
        super().save(*args, **kwargs)  # type: ignore[arg-type]
