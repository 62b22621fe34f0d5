"""REST of variants. They are visible with their product."""

from __future__ import annotations

import uuid
from typing import Any, cast

import django_filters
from django.db.models import Q, QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.principals import Principal
from core.catalogue.models import Product, Variant
from core.catalogue.rest.permissions import managed, writable
from core.catalogue.rest.products import VariantAnswer
from core.catalogue.rest.serializers import NewVariant, VariantBody, fill, whole
from core.rest.fields import checked
from core.rest.folding import folded
from core.rest.preconditions import IF_MATCH, claim, tagged
from core.rest.views import ListView, RetrieveView, RowView


class VariantDetail(VariantAnswer):
    """A variant and whose it is."""

    product = serializers.UUIDField(source="product_id")
    product_name = serializers.CharField(source="product.name")
    chain = serializers.CharField(source="product.chain.slug")
    currency = serializers.CharField(source="product.chain.currency")

    class Meta(VariantAnswer.Meta):
        fields = (*VariantAnswer.Meta.fields, "product", "product_name", "chain", "currency", "version")


class VariantFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``product`` is an id, ``chain`` a slug; ``search`` looks at both names."""

    product = django_filters.UUIDFilter("product_id")
    chain = django_filters.CharFilter("product__chain__slug")
    search = django_filters.CharFilter(method="found")
    is_active = django_filters.BooleanFilter()
    ordering = django_filters.OrderingFilter(
        fields=("name", "price_adjustment", ("product__name", "product"))
    )

    class Meta:
        model = Variant
        fields = ()

    def found(self, rows: QuerySet[Variant], _: str, text: str) -> QuerySet[Variant]:
        """Keep variants with every word somewhere."""
        for word in text.split():
            seen = folded(word)
            rows = rows.filter(Q(name__folded__contains=seen) | Q(product__name__folded__contains=seen))
        return rows


class _Variants(RowView[Variant]):
    lookup_url_kwarg = "variant_id"
    refuses = (
        "already_there", "not_there", "too_many_digits", "unfit", "which_one", "barcode_malformed",
        "barcode_check_digit",
    )  # fmt: skip
    serializer_class = VariantDetail
    queryset = Variant.objects.none()

    def get_queryset(self) -> QuerySet[Variant]:
        """Return active variants of active products, all of them for those who manage the catalogue."""
        rows = _all()
        who = cast(Principal | None, self.request.auth)
        if who is not None and who.is_platform_admin:
            return rows
        slugs = scopes.managed_chains(who, "catalogue.watch") if who else set()
        for_sale = Q(is_active=True, product__is_active=True, product__chain__is_active=True)
        return rows.filter(for_sale | Q(product__chain__slug__in=slugs))


class VariantsView(_Variants, ListView[Variant]):
    """Variants, filtered, searched and in pages."""

    filterset_class = VariantFilter

    @extend_schema(request=NewVariant, responses={201: VariantDetail}, operation_id="variants_create")
    def post(self, request: Request) -> Response:
        """Add a variant to a product."""
        chains = managed(request)
        given = checked(NewVariant, request)
        product = (
            Product.objects.select_related("chain").filter(pk=given.pop("product"), chain__in=chains).first()
        )
        if product is None:
            raise Http404

        row = Variant(product=product)
        fill(row, whole(Variant, given), product.chain)
        response = _shown(row.pk, 201)
        response["Location"] = f"/api/variants/{row.pk}"
        return response


class VariantView(_Variants, RetrieveView[Variant]):
    """One variant."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the variant with its ETag."""
        row = self.get_object()
        return tagged(Response(self.get_serializer(row).data), row.version)

    @extend_schema(request=VariantBody, responses=VariantDetail, parameters=[IF_MATCH])
    def put(self, request: Request, variant_id: uuid.UUID) -> Response:
        """Replace the variant; what is left out becomes empty."""
        return self._change(request, variant_id, partial=False)

    @extend_schema(request=VariantBody, responses=VariantDetail, parameters=[IF_MATCH])
    def patch(self, request: Request, variant_id: uuid.UUID) -> Response:
        """Change what is given."""
        return self._change(request, variant_id, partial=True)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def delete(self, request: Request, variant_id: uuid.UUID) -> Response:
        """Take the variant out of sale."""
        row = writable(request, _all(), "product__chain", variant_id)
        claim(row, request)
        row.is_active = False
        row.save(update_fields=["is_active"])
        return Response(status=204)

    def _change(self, request: Request, variant_id: uuid.UUID, partial: bool) -> Response:
        row = writable(request, _all(), "product__chain", variant_id)
        given = checked(VariantBody, request, partial=partial)
        claim(row, request)
        fill(row, given if partial else whole(Variant, given), row.product.chain)
        return _shown(variant_id)


def _all() -> QuerySet[Variant]:
    return Variant.objects.select_related("product__chain").prefetch_related("codes")


def _shown(variant_id: uuid.UUID, status: int = 200) -> Response:
    row = _all().get(pk=variant_id)
    return tagged(Response(VariantDetail(row).data, status), row.version)
