"""REST of stock: what a branch has, and what came and went. Commands on it are realtime's."""

from __future__ import annotations

import uuid
from typing import Any, cast

import django_filters
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum, UUIDField, Value
from django.db.models.functions import Coalesce
from rest_framework import serializers

from core.accounts import scopes
from core.accounts.principals import Principal
from core.catalogue.models import Product, Variant
from core.fleet.models import Session
from core.inventory.models import Movement, StockLevel
from core.rest.fields import Moment
from core.rest.filters import words
from core.rest.folding import folded
from core.rest.views import ListView
from core.shopping.models import Cart, CartItem
from core.tenancy.models import Branch

_NO_VARIANT = Value(uuid.UUID(int=0), output_field=UUIDField())
"""Stands for none, which SQL does not find equal to itself."""


class StockAnswer(serializers.ModelSerializer[StockLevel]):
    """One SKU; ``in_trolleys`` units are in the carts of shoppers in the branch right now."""

    name = serializers.SerializerMethodField()
    variant_name = serializers.SerializerMethodField()
    available = serializers.SerializerMethodField()
    in_trolleys = serializers.IntegerField()
    updated_at = Moment()

    class Meta:
        model = StockLevel
        fields = (
            "sku", "product_id", "variant_id", "name", "variant_name", "on_hand", "reserved", "available",
            "in_trolleys", "sold", "low_at", "low", "updated_at",
        )  # fmt: skip

    def get_name(self, row: StockLevel) -> str:
        """Return the product's name, empty if it no longer exists."""
        return cast(str, row.name)  # type: ignore[attr-defined]

    def get_variant_name(self, row: StockLevel) -> str | None:
        """Return the variant's name, null for a product as such."""
        return cast("str | None", row.variant_name)  # type: ignore[attr-defined]

    def get_available(self, row: StockLevel) -> int:
        """Return the units that are not reserved."""
        return row.on_hand - row.reserved


class MovementAnswer(serializers.ModelSerializer[Movement]):
    """Units that came or went."""

    at = Moment()

    class Meta:
        model = Movement
        fields = ("sku", "product_id", "variant_id", "kind", "units", "reservation_id", "note", "at")


class StockFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``search`` looks at the product's name and barcode; ``low=true``: only what runs out."""

    low = django_filters.BooleanFilter()
    product_id = django_filters.UUIDFilter()
    search = django_filters.CharFilter(method="found")

    class Meta:
        model = StockLevel
        fields = ()

    def found(self, rows: QuerySet[StockLevel], _: str, text: str) -> QuerySet[StockLevel]:
        """Keep SKUs whose product has the text in its name, or begins with it in its barcode."""
        products = Product.objects.filter(
            Q(name__folded__contains=folded(text)) | Q(barcode__startswith=text)
        )
        return rows.filter(product_id__in=products.values("pk"))


class MovementFilter(django_filters.FilterSet):  # type: ignore[misc]
    """By product and by kind: received, adjusted, sold."""

    product_id = django_filters.UUIDFilter()
    kind = words(("received", "adjusted", "sold", "returned"))

    class Meta:
        model = Movement
        fields = ()


def _branch(view: Any) -> Branch:
    """Return the branch of the path; another tenant's is not found."""
    who = cast(Principal, view.request.auth)
    return scopes.find_branch(who, "branch.watch", view.kwargs["branch_id"])


class StockView(ListView[StockLevel]):
    """What a branch has of each SKU."""

    serializer_class = StockAnswer
    filterset_class = StockFilter
    queryset = StockLevel.objects.none()

    def get_queryset(self) -> QuerySet[StockLevel]:
        """Return the branch's SKUs with their names, and how many are in trolleys."""
        if self.request.auth is None:
            return StockLevel.objects.none()
        code = _branch(self).code
        sessions = Session.objects.filter(branch_code=code, is_active=True).values("session_id")
        shoppers = Cart.objects.filter(session_id__in=sessions).values("user_id")
        of_one = CartItem.objects.annotate(variant=Coalesce("variant_id", _NO_VARIANT)).filter(
            user_id__in=shoppers,
            product_id=OuterRef("product_id"),
            variant=Coalesce(OuterRef("variant_id"), _NO_VARIANT),
        )
        units = of_one.order_by().values("product_id").annotate(n=Sum("quantity")).values("n")
        name = Product.objects.filter(pk=OuterRef("product_id")).values("name")
        variant = Variant.objects.filter(pk=OuterRef("variant_id")).values("name")
        levels = StockLevel.objects.filter(branch_code=code).annotate(
            name=Coalesce(Subquery(name), Value("")),
            variant_name=Subquery(variant),
            in_trolleys=Coalesce(Subquery(units), 0),
        )
        return levels.order_by("name", "sku")


class MovementsView(ListView[Movement]):
    """What came and went in a branch, newest first."""

    serializer_class = MovementAnswer
    filterset_class = MovementFilter
    queryset = Movement.objects.none()

    def get_queryset(self) -> QuerySet[Movement]:
        """Return the branch's movements."""
        if self.request.auth is None:
            return Movement.objects.none()
        return Movement.objects.filter(branch_code=_branch(self).code)
