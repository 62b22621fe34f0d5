"""Closed bodies of the catalogue's writes, and how they become rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError as DjangoError
from django.core.validators import RegexValidator
from django.db import IntegrityError, transaction
from rest_framework import serializers

from actors.kit.money import decimals, quantize
from core.catalogue import allergens, barcodes
from core.catalogue.facts import MOST_TAGS, TAG
from core.catalogue.models import Category, Product, Variant
from core.catalogue.models.codes import MOST_CODES, MOST_UNITS, put_codes
from core.catalogue.models.products import too_many_digits
from core.problems import rule, told
from core.rest.fields import (
    ClosedSerializer,
    ExactNumber,
    LineText,
    Money,
    StrictBoolean,
    StrictId,
    StrictInteger,
    StrictText,
)
from core.tenancy.models import Chain

_slug = RegexValidator(r"^[-a-zA-Z0-9_]+\Z", "Letters, digits, - and _ only.")
_tag = RegexValidator(rf"^{TAG}\Z", "Expected a tag such as gluten-free.")
_colour = RegexValidator(r"^#[0-9a-f]{6}\Z", "Expected a colour such as #4a7c59.")


class NutritionFacts(ClosedSerializer):
    """What is in 100 g or 100 ml."""

    energy_kcal = ExactNumber(max_digits=7, decimal_places=2, min_value=Decimal(0), required=False)
    fat_g = ExactNumber(max_digits=6, decimal_places=3, min_value=Decimal(0), required=False)
    saturated_fat_g = ExactNumber(max_digits=6, decimal_places=3, min_value=Decimal(0), required=False)
    carbohydrate_g = ExactNumber(max_digits=6, decimal_places=3, min_value=Decimal(0), required=False)
    sugar_g = ExactNumber(max_digits=6, decimal_places=3, min_value=Decimal(0), required=False)
    fibre_g = ExactNumber(max_digits=6, decimal_places=3, min_value=Decimal(0), required=False)
    protein_g = ExactNumber(max_digits=6, decimal_places=3, min_value=Decimal(0), required=False)
    salt_g = ExactNumber(max_digits=6, decimal_places=3, min_value=Decimal(0), required=False)


class Restrictions(ClosedSerializer):
    """What stands between the product and a shopper: a buyer's age, a security tag, a scale, a number."""

    age = StrictInteger(min_value=1, max_value=99, required=False, help_text="Years a buyer has to have.")
    tagged = StrictBoolean(required=False, help_text="Staff takes a security tag off.")
    weighed = StrictBoolean(required=False, help_text="Sold by weight: staff weighs what has no label.")
    most = StrictInteger(min_value=1, max_value=999, required=False, help_text="Units a shopper at most.")


class FurtherCodeBody(ClosedSerializer):
    """A further code: another GTIN, or a case's, which stands for so many units."""

    code = StrictText(max_length=400)
    units = StrictInteger(min_value=1, max_value=MOST_UNITS, default=1)

    def validate_code(self, value: str) -> str:
        """Return the code in its normal form."""
        return _read(value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the whole of it: within a PATCH too, which lets fields be left out, a code is one."""
        if "code" not in attrs:
            raise serializers.ValidationError({"code": ["Expected a code, got none."]}, "required")
        return {"units": 1, **attrs}


def _read(code: str) -> str:
    try:
        return barcodes.read(code)
    except barcodes.BarcodeError as error:
        raise serializers.ValidationError(error.detail, error.code) from None


class DietaryTags(serializers.ListField):
    """Dietary tags, each once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=StrictText(validators=[_tag]), max_length=MOST_TAGS, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the tags; raises ValidationError."""
        return list(dict.fromkeys(super().to_internal_value(data)))


class AllergenList(serializers.ListField):
    """Allergens by any name that is in use; read as those of ``core.catalogue.allergens``, each once."""

    def __init__(self, **kwargs: Any) -> None:
        expected = ", ".join(allergens.ALLERGENS)
        child = StrictText(max_length=40, help_text=f"One of {expected}, or another name of it.")
        super().__init__(child=child, max_length=len(allergens.ALLERGENS), **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the allergens; raises ValidationError."""
        try:
            return allergens.read_all(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error), "unfit") from None


class ProductBody(ClosedSerializer):
    """A product. PUT sets what is left out to nothing, PATCH leaves it as it is."""

    barcode = StrictText(max_length=barcodes.LONGEST)
    name = LineText(max_length=160)
    price = Money(max_digits=12, decimal_places=3, min_value=Decimal(0))
    description = StrictText(max_length=4000, allow_blank=True, required=False)
    category = StrictText(max_length=50, allow_blank=True, required=False, help_text="Slug; empty: none.")
    is_active = StrictBoolean(required=False)
    image = StrictText(max_length=250, allow_blank=True, required=False)
    carbon_footprint = ExactNumber(
        max_digits=8, decimal_places=3, min_value=Decimal(0), required=False, help_text="kg CO2e a unit."
    )
    sustainability_score = StrictInteger(min_value=0, max_value=100, required=False)
    nutrition_facts = NutritionFacts(required=False)
    dietary_tags = DietaryTags(required=False)
    allergens = AllergenList(required=False)
    restricted = Restrictions(required=False)
    codes = serializers.ListField(child=FurtherCodeBody(), max_length=MOST_CODES, required=False)
    tax_class = StrictText(
        max_length=40, allow_blank=True, required=False, help_text="Empty: that of its category."
    )
    deposit = Money(max_digits=12, decimal_places=3, min_value=Decimal(0), required=False)

    def validate_barcode(self, value: str) -> str:
        """Return the code in its normal form."""
        return _read(value)

    def validate_image(self, value: str) -> str:
        """Take a path on this server or an https address."""
        local = value.startswith("/") and not value.startswith(("//", "/\\"))
        if value and not local and urlsplit(value).scheme != "https":
            raise serializers.ValidationError("Expected an https address or a path on this server.", "unfit")
        return value

    def validate_nutrition_facts(self, value: dict[str, Decimal]) -> dict[str, float]:
        """Return numbers that a JSON column can hold; they are no money."""
        return {name: float(number) for name, number in value.items()}


class NewProduct(ProductBody):
    """A new product; ``chain`` may be left out by those who manage just one."""

    chain = StrictText(max_length=50, required=False)


class CategoryBody(ClosedSerializer):
    """A category; without parent it stands at the top."""

    slug = StrictText(max_length=50, validators=[_slug])
    name = LineText(max_length=80)
    parent = StrictText(  # type: ignore[assignment]
        max_length=50, allow_blank=True, required=False, help_text="Slug; empty: none."
    )
    emoji = StrictText(max_length=8, allow_blank=True, required=False)
    colour = StrictText(allow_blank=True, required=False, validators=[_colour])
    position = StrictInteger(min_value=0, max_value=1_000_000, required=False)
    tax_class = StrictText(
        max_length=40, allow_blank=True, required=False, help_text="Of its goods; empty: as above it."
    )
    is_active = StrictBoolean(required=False)


class NewCategory(CategoryBody):
    """A new category."""

    chain = StrictText(max_length=50, required=False)


class VariantBody(ClosedSerializer):
    """A variant; its price is the product's plus ``price_adjustment``, which may be negative."""

    name = LineText(max_length=80)
    price_adjustment = Money(max_digits=12, decimal_places=3, required=False)
    is_active = StrictBoolean(required=False)
    codes = serializers.ListField(child=FurtherCodeBody(), max_length=MOST_CODES, required=False)


class NewVariant(VariantBody):
    """A new variant of a product."""

    product = StrictId()


_DEFAULTS: dict[type, dict[str, Any]] = {
    Product: {
        "description": "", "category": "", "is_active": True, "image": "", "carbon_footprint": None,
        "sustainability_score": None, "nutrition_facts": {}, "dietary_tags": [], "allergens": [],
        "codes": [], "tax_class": "", "deposit": None, "restricted": {},
    },
    Category: {"parent": "", "emoji": "", "colour": "", "position": 0, "tax_class": "", "is_active": True},
    Variant: {"price_adjustment": Decimal(0), "is_active": True, "codes": []},
}  # fmt: skip


def whole(kind: type, given: dict[str, Any]) -> dict[str, Any]:
    """Return the values with the defaults of what was left out, as PUT and POST mean it."""
    return {**_DEFAULTS[kind], **given}


def fill(row: Product | Category | Variant, given: dict[str, Any], chain: Chain) -> None:
    """Write checked values into the row and save it; raises ValidationError that names the field."""
    for name, value in given.items():
        match name:
            case "codes":
                pass
            case "category" | "parent":
                setattr(row, name, _category(chain, name, value))
            case "price" | "price_adjustment" | "deposit":
                setattr(row, name, None if value is None else money(name, value, chain.currency))
            case _:
                setattr(row, name, value)
    try:
        with transaction.atomic():
            row.clean()
            row.save()
            if "codes" in given and not isinstance(row, Category):
                put_codes(row, [(each["code"], each["units"]) for each in given["codes"]])
    except DjangoError as error:
        raise rule("unfit", **{name: texts[0] for name, texts in error.message_dict.items()}) from None
    except IntegrityError:
        raise rule("already_there", **_taken(row)) from None


def money(name: str, amount: Decimal, currency: str) -> Decimal:
    """Return the amount in the currency's decimals; raises ValidationError if it has more."""
    if (problem := too_many_digits(amount, currency)) is not None:
        values = {"currency": currency, "max_decimal_places": decimals(currency)}
        raise rule("too_many_digits", **{name: told(problem, "too_many_digits", **values)})
    return quantize(amount, currency)


def _category(chain: Chain, name: str, slug: str) -> Category | None:
    if not slug:
        return None
    found = Category.objects.filter(chain=chain, slug=slug).first()
    if found is None:
        raise rule("not_there", **{name: f"There is no category {slug} in this chain."})
    return found


def _taken(row: Product | Category | Variant) -> dict[str, str]:
    match row:
        case Product():
            return {"barcode": f"Another product of the chain has the barcode {row.barcode}."}
        case Category():
            return {"slug": f"Another category of the chain has the slug {row.slug}."}
    return {"name": f"The product has a variant {row.name} already."}
