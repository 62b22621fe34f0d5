"""Further codes of products and variants: another GTIN of the same thing, or that of a case of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from core.catalogue import barcodes
from core.catalogue.models.products import Product, Variant
from core.tenancy.models import Chain

MOST_CODES = 50
MOST_UNITS = 999


class ProductCode(models.Model):
    """A code that stands for so many ``units`` of a product, or of one of its variants."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.ForeignKey(Chain, on_delete=models.CASCADE, related_name="+", editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="codes")
    variant = models.ForeignKey(
        Variant, on_delete=models.CASCADE, related_name="codes", null=True, blank=True
    )
    code = models.CharField(max_length=40)
    units = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_UNITS)]
    )

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "code"], name="catalogue_code_unique"),
            models.CheckConstraint(condition=models.Q(units__gte=1), name="catalogue_code_has_units"),
        ]

    def __str__(self) -> str:
        return self.code if self.units == 1 else f"{self.code} ({self.units})"

    def clean(self) -> None:
        """Bring the code into its normal form; refuse one that is taken, and another product's variant."""
        try:
            self.code = barcodes.read(self.code)
        except barcodes.BarcodeError as error:
            raise ValidationError({"code": error.detail}) from None
        if self.variant is not None and self.variant.product_id != self.product_id:
            raise ValidationError({"variant": "This variant belongs to another product."})
        taken = Product.objects.filter(chain=self.product.chain_id, barcode=self.code).first()
        if taken is not None:
            raise ValidationError({"code": f"{self.code} is the barcode of {taken.name}."})
        others = ProductCode.objects.filter(chain=self.product.chain_id, code=self.code).exclude(pk=self.pk)
        other = others.select_related("product").first()
        if other is not None:
            raise ValidationError({"code": f"{self.code} is a code of {other.product.name} already."})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; the product, which is found by it, counts a change."""
        self.chain_id = self.product.chain_id
        super().save(*args, **kwargs)
        touch(self.product_id)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete; the product counts a change."""
        found = super().delete(*args, **kwargs)
        touch(self.product_id)
        return found


def touch(product_id: uuid.UUID) -> None:
    """Count a change of the product, so that catalogues in memory read it again."""
    Product.objects.filter(pk=product_id).update(version=models.F("version") + 1, updated_at=timezone.now())


def put_codes(owner: Product | Variant, codes: Iterable[tuple[str, int]]) -> None:
    """Let these be all further codes of the product (its variants keep theirs) or of the variant.

    Raises ValidationError that names ``codes``.
    """
    product, variant = (owner.product, owner) if isinstance(owner, Variant) else (owner, None)
    there = {row.code: row for row in ProductCode.objects.filter(product=product, variant=variant)}
    try:
        for code, units in codes:
            row = there.pop(code, None) or ProductCode(product=product, variant=variant, code=code)
            if row._state.adding or row.units != units:
                row.units = units
                row.clean()
                row.save()
    except ValidationError as error:
        raise ValidationError({"codes": error.messages}) from None
    for row in there.values():
        row.delete()
