"""Categories, products and variants of a chain."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

from core.catalogue import barcodes
from core.tenancy.models import Chain

_not_negative = MinValueValidator(0)
DEEPEST = 8
"""Levels of a category tree at most."""


class Versioned(models.Model):
    """A row that counts its changes: the number is its ETag, and says what to read afresh.

    Whoever changes rows with ``update()`` or ``bulk_update()`` counts on himself.
    """

    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, counted by the database so that two writers never make the same number."""
        if self._state.adding:
            super().save(*args, **kwargs)
            return
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "version"}
        self.version = models.F("version") + 1
        super().save(*args, **kwargs)
        self.refresh_from_db(fields=["version"])


class Category(Versioned):
    """A node of a chain's category tree, with what its products look like on a screen."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.ForeignKey(Chain, on_delete=models.CASCADE, related_name="categories")
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="children", null=True, blank=True
    )
    slug = models.SlugField()
    name = models.CharField(max_length=80)
    emoji = models.CharField(max_length=8, blank=True)
    colour = models.CharField(
        max_length=7,
        blank=True,
        validators=[RegexValidator(r"^#[0-9a-f]{6}$", "Expected a colour such as #4a7c59.")],
    )
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(fields=["chain", "slug"], name="catalogue_category_slug_unique")
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a parent of another chain, one below this very category, and a tree that grows too deep."""
        if self.parent is None:
            return
        if self.parent.chain_id != self.chain_id:
            raise ValidationError({"parent": "This category belongs to another chain."})
        above: Category | None = self.parent
        levels = self._levels_below()
        while above is not None:
            if above.pk == self.pk:
                raise ValidationError({"parent": "A category cannot be below itself."})
            levels += 1
            if levels > DEEPEST:
                raise ValidationError({"parent": f"Categories are at most {DEEPEST} levels deep."})
            above = above.parent

    def _levels_below(self) -> int:
        levels, rows = 0, [self.pk]
        while rows and levels <= DEEPEST:
            levels += 1
            rows = list(Category.objects.filter(parent__in=rows).values_list("pk", flat=True))
        return levels


class Goods(Versioned):
    """What a product is made of, whether it is on sale or waits for an import to be written."""

    barcode = models.CharField(max_length=40)
    name = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=3, validators=[_not_negative])
    """Unit price in the chain's currency; three decimals, for currencies such as KWD."""
    is_active = models.BooleanField(default=True)
    image = models.CharField(max_length=250, blank=True)
    """Address of a picture; empty: the category's emoji stands in."""
    carbon_footprint = models.DecimalField(
        max_digits=8, decimal_places=3, null=True, blank=True, validators=[_not_negative]
    )
    """Kilograms of CO2 equivalent a unit."""
    sustainability_score = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    nutrition_facts = models.JSONField(default=dict, blank=True)
    """Per 100 g or ml: energy_kcal, fat_g, carbohydrate_g, sugar_g, protein_g, salt_g."""
    dietary_tags = models.JSONField(default=list, blank=True)

    class Meta:
        abstract = True


class Product(Goods):
    """Something a chain sells. ``barcode`` is a normalised GTIN or a plain code of the chain."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    chain = models.ForeignKey(Chain, on_delete=models.CASCADE, related_name="products")
    category = models.ForeignKey(
        Category, on_delete=models.SET_NULL, related_name="products", null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "barcode"], name="catalogue_product_barcode_unique"),
            models.CheckConstraint(
                condition=models.Q(price__gte=0), name="catalogue_product_price_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Bring the barcode into its normal form; refuse a wrong check digit and another chain's category."""
        try:
            self.barcode = barcodes.read(self.barcode)
        except barcodes.BarcodeError as error:
            raise ValidationError({"barcode": error.detail}) from None
        if self.category is not None and self.category.chain_id != self.chain_id:
            raise ValidationError({"category": "This category belongs to another chain."})


class ProductImage(models.Model):
    """An uploaded picture of a product. The file lies under DATA_DIR/media and never changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    file = models.CharField(max_length=100)
    """Name below the media folder."""
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    alt = models.CharField(max_length=160, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.file

    @property
    def url(self) -> str:
        """Address of the picture on this server."""
        return f"/media/{self.file}"


class Variant(Versioned):
    """A size, colour or the like of a product; its price is the product's plus an adjustment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    name = models.CharField(max_length=80)
    price_adjustment = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="catalogue_variant_name_unique")
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; the product, which shows its variants, counts a change too."""
        super().save(*args, **kwargs)
        self._touch_product()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete; the product counts a change."""
        found = super().delete(*args, **kwargs)
        self._touch_product()
        return found

    def _touch_product(self) -> None:
        Product.objects.filter(pk=self.product_id).update(
            version=models.F("version") + 1, updated_at=timezone.now()
        )
