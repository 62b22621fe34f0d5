"""REST of products."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, cast

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.kit.money import quantize
from core.accounts import scopes
from core.accounts.principals import Principal
from core.catalogue import barcodes
from core.catalogue.models import Category, Product, ProductCode, ProductImage, Variant
from core.catalogue.rest.permissions import chain_of, writable
from core.catalogue.rest.serializers import NewProduct, ProductBody, fill, whole
from core.rest.fields import Moment, checked
from core.rest.filters import PriceFilter
from core.rest.folding import folded
from core.rest.preconditions import IF_MATCH, claim, tagged
from core.rest.views import ListView, RetrieveView, RowView


@extend_schema_field({"type": ["number", "null"]})
class DepositAmount(serializers.Field[Any, Any, Any, Any]):
    """A unit's deposit in the decimals of the chain's currency; null: there is none. Read only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, source="*", **kwargs)

    def to_representation(self, value: Product) -> Decimal | None:
        """Return the amount, exact."""
        return None if value.deposit is None else quantize(value.deposit, value.chain.currency)


@extend_schema_field({"type": "number"})
class ListPrice(serializers.Field[Any, Any, Any, Any]):
    """Money in the decimals of the chain's currency. Read only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, source="*", **kwargs)

    def to_representation(self, value: Product | Variant) -> Decimal:
        """Return the amount, exact."""
        if isinstance(value, Variant):
            return quantize(value.price_adjustment, value.product.chain.currency)
        return quantize(value.price, value.chain.currency)


class ImageAnswer(serializers.ModelSerializer[ProductImage]):
    """An uploaded picture."""

    url = serializers.CharField()

    class Meta:
        model = ProductImage
        fields = ("id", "url", "width", "height", "alt", "position")


class FurtherCodeAnswer(serializers.ModelSerializer[ProductCode]):
    """A further code, and how many it stands for."""

    class Meta:
        model = ProductCode
        fields = ("code", "units")


class RestrictionsAnswer(serializers.Serializer[Any]):
    """What stands between the product and a shopper; what does not is left out."""

    age = serializers.IntegerField(required=False)
    tagged = serializers.BooleanField(required=False)
    weighed = serializers.BooleanField(required=False)
    most = serializers.IntegerField(required=False)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return what is there."""
        return dict(instance)


class VariantAnswer(serializers.ModelSerializer[Variant]):
    """A variant; its price is the product's plus the adjustment."""

    price_adjustment = ListPrice()
    codes = FurtherCodeAnswer(many=True)

    class Meta:
        model = Variant
        fields: tuple[str, ...] = ("id", "name", "price_adjustment", "is_active", "codes")


class ProductAnswer(serializers.ModelSerializer[Product]):
    """A product with what a screen shows of its category."""

    chain = serializers.CharField(source="chain.slug")
    price = ListPrice()
    currency = serializers.CharField(source="chain.currency")
    category = serializers.CharField(source="category.slug", default=None, allow_null=True)
    category_name = serializers.CharField(source="category.name", default=None, allow_null=True)
    emoji = serializers.CharField(source="category.emoji", default="")
    colour = serializers.CharField(source="category.colour", default="")
    carbon_footprint = serializers.DecimalField(max_digits=8, decimal_places=3, allow_null=True)
    nutrition_facts = serializers.DictField()
    dietary_tags = serializers.ListField(child=serializers.CharField())
    allergens = serializers.ListField(child=serializers.CharField())
    deposit = DepositAmount()
    restricted = RestrictionsAnswer()
    images = ImageAnswer(many=True)
    variants = VariantAnswer(many=True)
    codes = serializers.SerializerMethodField()
    updated_at = Moment()

    @extend_schema_field(FurtherCodeAnswer(many=True))
    def get_codes(self, row: Product) -> list[dict[str, Any]]:
        """Return the product's own further codes; those of its variants stand there."""
        own = [each for each in row.codes.all() if each.variant_id is None]
        return cast(list[dict[str, Any]], FurtherCodeAnswer(own, many=True).data)

    class Meta:
        model = Product
        fields = (
            "id", "chain", "barcode", "name", "description", "price", "currency", "category", "category_name",
            "emoji", "colour", "is_active", "image", "images", "carbon_footprint", "sustainability_score",
            "nutrition_facts", "dietary_tags", "allergens", "tax_class", "deposit", "restricted", "codes",
            "variants", "version", "updated_at",
        )  # fmt: skip


class ProductFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``search`` looks at name, description and barcode; ``category`` takes subcategories in."""

    chain = django_filters.CharFilter("chain__slug")
    category = django_filters.CharFilter(method="in_category")
    barcode = django_filters.CharFilter(method="with_barcode")
    search = django_filters.CharFilter(method="found")
    min_price = PriceFilter("price", "gte")
    max_price = PriceFilter("price", "lte")
    is_active = django_filters.BooleanFilter()
    has_picture = django_filters.BooleanFilter(method="pictured")
    tag = django_filters.CharFilter(method="tagged")
    ordering = django_filters.OrderingFilter(
        fields=("name", "price", "barcode", "sustainability_score", "updated_at")
    )

    class Meta:
        model = Product
        fields = ()

    def in_category(self, rows: QuerySet[Product], _: str, slug: str) -> QuerySet[Product]:
        """Keep products of the category or one below it."""
        found = set(Category.objects.filter(slug=slug).values_list("pk", flat=True))
        below = found
        while below:
            below = set(Category.objects.filter(parent__in=below).values_list("pk", flat=True)) - found
            found |= below
        return rows.filter(category__in=found)

    def with_barcode(self, rows: QuerySet[Product], _: str, code: str) -> QuerySet[Product]:
        """Keep the product with that code, in whatever form it was scanned; none for a code of nobody's."""
        try:
            normal = barcodes.read(code)
            return rows.filter(Q(barcode=normal) | Q(pk__in=_with_code(code=normal)))
        except barcodes.BarcodeError:
            return rows.none()

    def pictured(self, rows: QuerySet[Product], _: str, wanted: bool) -> QuerySet[Product]:
        """Keep products with a picture, or those without."""
        has = ~Q(image="") | Exists(ProductImage.objects.filter(product=OuterRef("pk")))
        return rows.filter(has if wanted else ~has)

    def tagged(self, rows: QuerySet[Product], _: str, tag: str) -> QuerySet[Product]:
        """Keep products with that dietary tag."""
        # Quoted as it stands in the column's JSON: SQLite has no operator for lists.
        return rows.filter(dietary_tags__icontains=f'"{tag}"')

    def found(self, rows: QuerySet[Product], _: str, text: str) -> QuerySet[Product]:
        """Keep products with every word somewhere."""
        for word in text.split():
            seen = folded(word)
            named = Q(name__folded__contains=seen) | Q(description__folded__contains=seen)
            rows = rows.filter(named | _by_code(word))
        return rows


def _with_code(**wanted: str) -> QuerySet[Any]:
    return ProductCode.objects.filter(**wanted).values("product_id")


def _by_code(word: str) -> Q:
    """Return what has a code that begins with the word, or is the word in whatever form."""
    found = Q(barcode__startswith=word) | Q(pk__in=_with_code(code__startswith=word))
    if not any(letter.isdigit() for letter in word):
        return found
    try:
        normal = barcodes.read(word)
    except barcodes.BarcodeError:
        return found
    return found if normal == word else found | Q(barcode=normal) | Q(pk__in=_with_code(code=normal))


class _Products(RowView[Product]):
    lookup_url_kwarg = "product_id"
    refuses = (
        "already_there",
        "not_there",
        "too_many_digits",
        "unfit",
        "which_one",
        "barcode_malformed",
        "barcode_check_digit",
    )
    serializer_class = ProductAnswer
    queryset = Product.objects.none()

    def get_queryset(self) -> QuerySet[Product]:
        """Return active products of active chains, inactive ones too for those who manage the catalogue."""
        rows = all_products()
        who = cast(Principal | None, self.request.auth)
        if who is not None and who.is_platform_admin:
            return rows
        managed = scopes.managed_chains(who, "catalogue.watch") if who else set()
        return rows.filter(Q(is_active=True, chain__is_active=True) | Q(chain__slug__in=managed))


def all_products() -> QuerySet[Product]:
    """Return every product with what its answer shows."""
    return Product.objects.select_related("chain", "category").prefetch_related(
        "variants__product__chain", "variants__codes", "images", "codes"
    )


def shown(product_id: uuid.UUID, status: int = 200) -> Response:
    """Return the answer with a product as it is now."""
    row = all_products().get(pk=product_id)
    return tagged(Response(ProductAnswer(row).data, status), row.version)


class ProductsView(_Products, ListView[Product]):
    """Products, filtered, searched and in pages."""

    filterset_class = ProductFilter

    @extend_schema(request=NewProduct, responses={201: ProductAnswer}, operation_id="products_create")
    def post(self, request: Request) -> Response:
        """Add a product to a chain."""
        given = checked(NewProduct, request)
        chain = chain_of(request, given.pop("chain", None))

        row = Product(chain=chain)
        fill(row, whole(Product, given), chain)
        response = shown(row.pk, 201)
        response["Location"] = f"/api/products/{row.pk}"
        return response


class ProductView(_Products, RetrieveView[Product]):
    """One product; its ETag is what a change wants back in If-Match."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the product with its ETag."""
        row = self.get_object()
        return tagged(Response(self.get_serializer(row).data), row.version)

    @extend_schema(request=ProductBody, responses=ProductAnswer, parameters=[IF_MATCH])
    def put(self, request: Request, product_id: uuid.UUID) -> Response:
        """Replace the product; what is left out becomes empty."""
        return self._change(request, product_id, partial=False)

    @extend_schema(request=ProductBody, responses=ProductAnswer, parameters=[IF_MATCH])
    def patch(self, request: Request, product_id: uuid.UUID) -> Response:
        """Change what is given."""
        return self._change(request, product_id, partial=True)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def delete(self, request: Request, product_id: uuid.UUID) -> Response:
        """Take the product out of sale. Carts and orders that name it keep it."""
        row = self._row(request, product_id)
        claim(row, request)
        row.is_active = False
        row.save(update_fields=["is_active", "updated_at"])
        return Response(status=204)

    def _change(self, request: Request, product_id: uuid.UUID, partial: bool) -> Response:
        row = self._row(request, product_id)
        given = checked(ProductBody, request, partial=partial)
        claim(row, request)
        fill(row, given if partial else whole(Product, given), row.chain)
        return shown(row.pk)

    def _row(self, request: Request, product_id: uuid.UUID) -> Product:
        return writable(request, Product.objects.select_related("chain"), "chain", product_id)
