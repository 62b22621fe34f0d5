"""REST of recalled lots. Whoever works in a branch may call one back for the chain: it must not wait."""

from __future__ import annotations

import uuid
from typing import Any, cast

import django_filters
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.principals import Principal
from core.catalogue import barcodes
from core.catalogue.models import Product, RecalledLot
from core.catalogue.models.recalls import is_lot
from core.catalogue.rest.permissions import chain_of
from core.problems import rule
from core.rest.fields import ClosedSerializer, LineText, Moment, StrictText, checked
from core.rest.folding import folded
from core.rest.views import ListView, View
from core.tenancy.models import Chain

PERMISSION = "catalogue.recall"


class RecallBody(ClosedSerializer):
    """A lot to call back. A scanned GS1 message names its lot itself."""

    barcode = StrictText(
        max_length=barcodes.LONGEST, help_text="Of the product, in whatever form it is scanned."
    )
    lot = StrictText(max_length=20, required=False, validators=[is_lot])
    reason = LineText(max_length=200, required=False, allow_blank=True)
    chain = StrictText(max_length=50, required=False)


class RecallAnswer(serializers.Serializer[RecalledLot]):
    """A lot that is not sold."""

    id = serializers.UUIDField()
    chain = serializers.CharField(source="chain.slug")
    product = serializers.UUIDField(source="product_id")
    product_name = serializers.CharField(source="product.name")
    barcode = serializers.CharField(source="product.barcode")
    lot = serializers.CharField()
    reason = serializers.CharField()
    created_at = Moment()


class RecallFilter(django_filters.FilterSet):  # type: ignore[misc]
    """``chain`` is a slug; ``search`` looks at the product's name, its barcode and the lot."""

    chain = django_filters.CharFilter("chain__slug")
    product = django_filters.UUIDFilter("product_id")
    search = django_filters.CharFilter(method="found")

    class Meta:
        model = RecalledLot
        fields = ()

    def found(self, rows: QuerySet[RecalledLot], _: str, text: str) -> QuerySet[RecalledLot]:
        """Keep lots with every word somewhere."""
        for word in text.split():
            seen = folded(word)
            named = Q(product__name__folded__contains=seen) | Q(lot__folded__contains=seen)
            rows = rows.filter(named | Q(product__barcode__startswith=word))
        return rows


class RecallsView(ListView[RecalledLot]):
    """Every lot that the caller may see."""

    serializer_class = RecallAnswer
    queryset = RecalledLot.objects.none()
    filterset_class = RecallFilter
    refuses = ("which_one", "unfit", "not_there", "barcode_malformed", "barcode_check_digit")

    def get_queryset(self) -> QuerySet[RecalledLot]:
        """Return the lots of the chains that the caller works in."""
        who = cast(Principal, self.request.auth)
        rows = RecalledLot.objects.select_related("chain", "product")
        return rows if who.is_platform_admin else rows.filter(chain__slug__in=_slugs(who))

    @extend_schema(request=RecallBody, responses={201: RecallAnswer}, operation_id="recalls_create")
    def post(self, request: Request) -> Response:
        """Call a lot back: its scans are refused, and carts that hold it are told and cannot be paid."""
        given = checked(RecallBody, request)
        chain = chain_of(request, given.get("chain"), _chains)
        product, printed = _scanned(chain, given["barcode"])
        lot = given.get("lot") or printed
        if not lot:
            raise rule("unfit", lot="Say which lot: the code names none.")
        row = RecalledLot(product=product, lot=lot, reason=given.get("reason", ""))
        try:
            row.clean()
        except ValidationError as error:
            raise rule("unfit", **{name: texts[0] for name, texts in error.message_dict.items()}) from None
        row.save()
        return Response(RecallAnswer(row).data, 201)


class RecallView(View):
    """One recalled lot."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, recall_id: uuid.UUID) -> Response:
        """Let the lot be sold again."""
        row = RecalledLot.objects.filter(pk=recall_id, chain__in=_chains(request)).first()
        if row is None:
            raise Http404
        row.delete()
        return Response(status=204)


def _slugs(who: Principal) -> set[str]:
    return scopes.managed_chains(who, PERMISSION)


def _chains(request: Request) -> QuerySet[Chain]:
    who = cast(Principal, request.auth)
    if who.is_platform_admin:
        return Chain.objects.all()
    slugs = _slugs(who)
    if not slugs:
        raise PermissionDenied
    return Chain.objects.filter(slug__in=slugs)


def _scanned(chain: Chain, text: str) -> tuple[Product, str]:
    """Return the chain's product with that code, and the lot that a GS1 message names. Raises the 400."""
    rows: Any = Product.objects.filter(chain=chain)
    try:
        code, elements = barcodes.reading(text)
    except barcodes.BarcodeError as error:
        raise rule(error.code, barcode=error.detail) from None
    product = rows.filter(Q(barcode=code) | Q(codes__code=code)).first()
    if product is None:
        raise rule("not_there", barcode=f"The chain has no product with the code {code}.")
    return product, elements.get("10", "")
