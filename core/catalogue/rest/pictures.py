"""REST of a product's pictures."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Max
from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.catalogue import media
from core.catalogue.models import Product, ProductImage
from core.catalogue.rest.permissions import writable
from core.catalogue.rest.products import ImageAnswer
from core.problems import RETRY_AFTER_S, Problem
from core.rest.fields import ClosedSerializer, checked
from core.rest.idempotency import once
from core.rest.views import View

MOST = 12
"""Pictures of one product."""


class PictureBody(ClosedSerializer):
    """A picture as multipart/form-data: JPEG, PNG, WebP or GIF."""

    file = serializers.FileField()
    alt = serializers.CharField(max_length=160, allow_blank=True, default="")


class PicturesView(View):
    """Pictures of a product; the first stands for it."""

    refuses = ("unfit",)

    keeps = "by_hand"

    parser_classes = (MultiPartParser,)

    @extend_schema(request={"multipart/form-data": PictureBody}, responses={201: ImageAnswer})
    def post(self, request: Request, product_id: uuid.UUID) -> HttpResponseBase:
        """Add a picture. It is converted to WebP, at most 1600 pixels wide or high."""
        product = _product(request, product_id)
        given = checked(PictureBody, request)
        # Before the transaction: drawing takes long, and nobody else could write meanwhile.
        file, width, height = stored(given["file"])

        def add() -> Response:
            if product.images.count() >= MOST:
                raise ValidationError({"file": [f"A product has at most {MOST} pictures."]})
            last = product.images.aggregate(last=Max("position"))["last"]
            row = product.images.create(
                file=file,
                width=width,
                height=height,
                alt=given["alt"],
                position=0 if last is None else last + 1,
            )
            _choose(product)
            return Response(ImageAnswer(row).data, 201)

        return once(request, add)


def stored(upload: Any, folder: media.Folder = "products") -> media.Picture:
    """Keep an upload, drawn anew; raises the 400 of what is no picture, and the 503 where many wait."""
    try:
        return media.store(upload, folder)
    except media.PictureError as error:
        raise ValidationError({"file": [str(error)]}) from None
    except media.Busy as busy:
        sentence = f"{busy} Try again."
        raise Problem(503, "unavailable", sentence, retry_after=RETRY_AFTER_S) from None


class PictureView(View):
    """One picture of a product."""

    @extend_schema(responses={204: None}, operation_id="products_images_destroy")
    def delete(self, request: Request, product_id: uuid.UUID, image_id: uuid.UUID) -> Response:
        """Take the picture away; the next one stands for the product then."""
        product = _product(request, product_id)
        row = product.images.filter(pk=image_id).first()
        if row is None:
            raise Http404
        row.delete()
        _choose(product, gone=row.url)
        return Response(status=204)


def _product(request: Request, product_id: uuid.UUID) -> Product:
    return writable(request, Product.objects.all(), "chain", product_id)


def _choose(product: Product, gone: str = "") -> None:
    """Let the first picture stand for the product, unless somebody chose an address elsewhere."""
    first: ProductImage | None = product.images.first()
    if product.image in ("", gone):
        product.image = first.url if first else ""
    product.save(update_fields=["image", "updated_at"])
