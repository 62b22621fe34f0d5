"""Lots that a maker or the retailer has called back: nobody is to leave the shop with one."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from core.catalogue.models.codes import touch
from core.catalogue.models.products import Product
from core.lines import LineField
from core.tenancy.models import Chain

LOT = r"[!%-?A-Z_a-z\x22]{1,20}"
"""What a lot may look like: GS1 General Specifications 3.4.1 (AI 10), character set 82."""
is_lot = RegexValidator(rf"^{LOT}\Z", "Expected a lot as it is printed: up to 20 letters, digits and signs.")


class RecalledLot(models.Model):
    """A lot of a product that is not sold any more. Letters count alike, whether capital or small."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.ForeignKey(Chain, on_delete=models.CASCADE, related_name="+", editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="recalled_lots")
    lot = models.CharField(max_length=20, validators=[is_lot])
    reason = LineField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "lot"], name="catalogue_recalled_lot_unique")
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.lot}"

    def clean(self) -> None:
        """Keep the lot in capitals; refuse one that is recalled already."""
        self.lot = self.lot.strip().upper()
        if RecalledLot.objects.filter(product=self.product_id, lot=self.lot).exclude(pk=self.pk).exists():
            raise ValidationError({"lot": f"Lot {self.lot} is recalled already."})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; the product, whose scans are refused, counts a change."""
        self.chain_id = self.product.chain_id
        super().save(*args, **kwargs)
        touch(self.product_id)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete; the product counts a change."""
        found = super().delete(*args, **kwargs)
        touch(self.product_id)
        return found
