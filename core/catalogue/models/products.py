"""Categories, products and variants of a chain."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, NamedTuple

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import connection, models
from django.utils import timezone

from actors.kit.money import decimals, quantize
from core.catalogue import allergens, barcodes, facts
from core.lines import LineField
from core.shapes import ShapedJSONField
from core.tax.models import is_class as is_tax_class
from core.tax.models import unknown_class
from core.tenancy.models import Chain

_not_negative = MinValueValidator(0)
DEEPEST = 8
"""Levels of a category tree at most."""


class Versioned(models.Model):
    """A row that counts its changes: the number is its ETag, and tells what to read again.

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
    name = LineField(max_length=80)
    emoji = models.CharField(max_length=8, blank=True)
    colour = models.CharField(
        max_length=7,
        blank=True,
        validators=[RegexValidator(r"^#[0-9a-f]{6}$", "Expected a colour such as #4a7c59.")],
    )
    position = models.PositiveIntegerField(default=0)
    tax_class = models.CharField(
        max_length=40, blank=True, default="", db_default="", validators=[is_tax_class]
    )
    """Of its goods that have none of their own; empty: as the category above it."""
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
        """Refuse another chain's parent or tax class, a ring, and a tree that grows too deep."""
        _check_tax_class(self)
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

    def what_is_in_it(self) -> str:
        """Return which active things keep it in use, as a sentence; empty: none does. Blocking."""
        if Category.objects.filter(parent=self, is_active=True).exists():
            return "There are active categories below this one."
        if self.products.filter(is_active=True).exists():
            return "There are active products in this category."
        return ""

    def _levels_below(self) -> int:
        levels, rows = 0, [self.pk]
        while rows and levels <= DEEPEST:
            levels += 1
            rows = list(Category.objects.filter(parent__in=rows).values_list("pk", flat=True))
        return levels


def _check_tax_class(row: Category | Product) -> None:
    problem = unknown_class(row.chain_id, row.tax_class)
    if problem is not None:
        raise ValidationError({"tax_class": problem})


def _check_decimals(row: Product) -> None:
    """Refuse amounts that the chain's currency cannot write."""
    currency = row.chain.currency
    for field in ("price", "deposit"):
        amount: Decimal | None = getattr(row, field)
        if amount is not None and (problem := too_many_digits(amount, currency)) is not None:
            raise ValidationError({field: problem})


def too_many_digits(amount: Decimal, currency: str) -> str | None:
    """Return why the currency cannot write the amount; None: it can."""
    if quantize(amount, currency) == amount:
        return None
    return f"{currency} has {decimals(currency)} decimals, got {amount.normalize():f}."


def below_nothing(price: Decimal | None, cheapest: Cheapest | None, currency: str) -> str | None:
    """Return why a product cannot have this price, with what its variants take off; None: it can."""
    if price is None or cheapest is None or price + cheapest.price_adjustment >= 0:
        return None
    least = quantize(-cheapest.price_adjustment, currency)
    return f"The variant {cheapest.name} takes {least} off: expected at least {least}, got {price}."


class Cheapest(NamedTuple):
    """The variant that takes most off its product's price, on sale or not."""

    name: str
    price_adjustment: Decimal


def cheapest_variants(**where: Any) -> dict[uuid.UUID, Cheapest]:
    """Return the cheapest variant of each product that has one below the product's own price."""
    rows = Variant.objects.filter(**where, price_adjustment__lt=0).order_by("-price_adjustment")
    found = rows.values_list("product_id", "name", "price_adjustment")
    return {pk: Cheapest(name, adjustment) for pk, name, adjustment in found}


def _cheapest(product_id: uuid.UUID) -> Cheapest | None:
    _hold(product_id)
    return cheapest_variants(product=product_id).get(product_id)


def _hold(product_id: uuid.UUID) -> None:
    """Let nobody else change the product or its variants until this transaction ends."""
    if connection.in_atomic_block:
        list(Product.objects.select_for_update().filter(pk=product_id).values_list("pk"))


class Goods(Versioned):
    """What a product is made of, whether it is on sale or waits for an import to be written."""

    barcode = models.CharField(max_length=40)
    name = LineField(max_length=160)
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
    nutrition_facts = ShapedJSONField(default=dict, blank=True, validators=[facts.check_nutrition])
    """Per 100 g or ml, see ``facts.Nutrition``."""
    dietary_tags = ShapedJSONField(default=list, blank=True, validators=[facts.check_tags])
    allergens = ShapedJSONField(default=list, db_default=[], blank=True, validators=[allergens.check])
    """What it contains of ``core.catalogue.allergens``; an empty list: nothing declared."""
    tax_class = models.CharField(
        max_length=40, blank=True, default="", db_default="", validators=[is_tax_class]
    )
    """Empty: that of its category."""
    deposit = models.DecimalField(
        max_digits=12, decimal_places=3, null=True, blank=True, validators=[_not_negative]
    )
    """Paid with a unit, and given back with its container."""
    restricted = ShapedJSONField(default=dict, blank=True, db_default={}, validators=[facts.check_restricted])
    """Who may have it and how, see ``facts.Restricted``."""

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
        further = apps.get_model("catalogue", "ProductCode")._default_manager
        if further.filter(chain=self.chain_id, code=self.barcode).exists():
            raise ValidationError({"barcode": f"{self.barcode} is a further code of a product of the chain."})
        if self.category is not None and self.category.chain_id != self.chain_id:
            raise ValidationError({"category": "This category belongs to another chain."})
        _check_tax_class(self)
        _check_decimals(self)
        problem = below_nothing(self.price, _cheapest(self.pk), self.chain.currency)
        if problem is not None:
            raise ValidationError({"price": problem})


class ProductImage(models.Model):
    """An uploaded picture of a product. The file lies under DATA_DIR/media and never changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    file = models.CharField(max_length=100)
    """Name below the media folder."""
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    alt = LineField(max_length=160, blank=True)
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
    name = LineField(max_length=80)
    price_adjustment = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="catalogue_variant_name_unique")
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.name}"

    def clean(self) -> None:
        """Refuse an adjustment that would sell the product for less than nothing."""
        price: Decimal | None = self.product.price  # None in a form whose price could not be read
        adjustment: Decimal | None = self.price_adjustment
        if price is None or adjustment is None:
            return
        _hold(self.product_id)
        if price + adjustment < 0:
            raise ValidationError({"price_adjustment": f"Expected at least {-price}, got {adjustment}."})

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
