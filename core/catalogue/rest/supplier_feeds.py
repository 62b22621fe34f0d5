"""REST of suppliers' feeds: set one up, deliver to it, and read what became of each delivery."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.models import User
from core.accounts.principals import Principal
from core.catalogue.imports.addresses import is_address
from core.catalogue.imports.deliveries import DELIVER, MANAGE, delivery, runs_catalogue
from core.catalogue.models import ImportJob, SupplierFeed
from core.catalogue.rest.imports import ImportAnswer, accepted, read_file
from core.catalogue.rest.permissions import of_the_chain
from core.problems import rule
from core.rest.fields import (
    ClosedSerializer,
    LineText,
    Moment,
    StrictBoolean,
    StrictChoice,
    StrictInteger,
    StrictText,
    checked,
)
from core.rest.idempotency import once
from core.rest.views import ListView, View
from core.tenancy.models import Chain

_A_WEEK = 7 * 24
_ON_ERROR = ImportJob.OnError.choices


class FeedBody(ClosedSerializer):
    """A supplier's feed. ``url``: an https address that is asked every so many hours; empty: uploads only.

    ``applies``: a delivery is written; else it is a dry run that waits for somebody to apply it. Not
    ``is_active``: its address is left alone until it is again.
    """

    name = LineText(max_length=80)
    url = StrictText(max_length=500, allow_blank=True, default="")
    every_hours = StrictInteger(min_value=1, max_value=_A_WEEK, default=24)
    applies = StrictBoolean(default=False)
    on_error = StrictChoice(_ON_ERROR, default=ImportJob.OnError.NOTHING)
    is_active = StrictBoolean(default=True)


class DeliveryBody(ClosedSerializer):
    """A products file as multipart/form-data: CSV, a workbook (.xlsx), or a list in JSON."""

    file = serializers.FileField()


class FeedAnswer(serializers.ModelSerializer[SupplierFeed]):
    """A feed, and how its last delivery stands."""

    chain = serializers.CharField(source="chain.slug")
    owner = serializers.CharField(source="owner.username")
    next_at = Moment(allow_null=True)
    created_at = Moment()
    last_status = serializers.CharField(allow_null=True)
    last_dry_run = serializers.BooleanField(allow_null=True)
    last_at = Moment(allow_null=True)

    class Meta:
        model = SupplierFeed
        fields = (
            "id", "chain", "owner", "name", "url", "every_hours", "applies", "on_error", "is_active",
            "next_at", "created_at", "last_status", "last_dry_run",
            "last_at",
        )  # fmt: skip


class FeedsView(ListView[SupplierFeed]):
    """The suppliers' feeds of a chain."""

    serializer_class = FeedAnswer
    filter_backends: Any = ()
    queryset = SupplierFeed.objects.none()
    refuses = ("already_there", "unfit")

    def get_queryset(self) -> QuerySet[SupplierFeed]:
        """Return the chain's feeds by name."""
        if getattr(self, "swagger_fake_view", False):
            return SupplierFeed.objects.none()
        return _feeds(_chain(self.request, MANAGE, self.kwargs["chain_id"]))

    @extend_schema(request=FeedBody, responses={201: FeedAnswer}, operation_id="supplier_feeds_create")
    def post(self, request: Request, chain_id: str) -> Response:
        """Set up a feed, in the caller's name; one with an address is asked within a minute."""
        chain = _chain(request, MANAGE, chain_id)
        row = SupplierFeed(chain=chain, owner=cast(User, request.user))
        return Response(FeedAnswer(_filled(row, checked(FeedBody, request))).data, 201)


class FeedView(View):
    """One feed."""

    refuses = ("already_there", "unfit")

    @extend_schema(responses=FeedAnswer, operation_id="supplier_feed")
    def get(self, request: Request, chain_id: str, feed_id: uuid.UUID) -> Response:
        """Return the feed."""
        return Response(FeedAnswer(_feed(request, MANAGE, chain_id, feed_id)).data)

    @extend_schema(request=FeedBody, responses=FeedAnswer, operation_id="supplier_feed_update")
    def patch(self, request: Request, chain_id: str, feed_id: uuid.UUID) -> Response:
        """Change what is given; from now on it delivers in the caller's name."""
        row = _feed(request, MANAGE, chain_id, feed_id)
        row.owner = cast(User, request.user)
        return Response(FeedAnswer(_filled(row, checked(FeedBody, request, partial=True))).data)

    @extend_schema(responses={204: None}, operation_id="supplier_feed_delete")
    def delete(self, request: Request, chain_id: str, feed_id: uuid.UUID) -> Response:
        """End the feed; what it has delivered stays, reports included."""
        _feed(request, MANAGE, chain_id, feed_id).delete()
        return Response(status=204)


class DeliveriesView(ListView[ImportJob]):
    """What a feed has delivered, the latest first."""

    serializer_class = ImportAnswer
    filter_backends: Any = ()
    queryset = ImportJob.objects.none()
    parser_classes = (MultiPartParser,)
    keeps = "by_hand"

    def get_queryset(self) -> QuerySet[ImportJob]:
        """Return the feed's imports."""
        if getattr(self, "swagger_fake_view", False):
            return ImportJob.objects.none()
        feed = _feed(self.request, DELIVER, self.kwargs["chain_id"], self.kwargs["feed_id"])
        return ImportJob.objects.filter(feed=feed).select_related("chain").defer("packed")

    @extend_schema(
        request={"multipart/form-data": DeliveryBody},
        responses={202: ImportAnswer},
        operation_id="supplier_feed_deliver",
    )
    def post(self, request: Request, chain_id: str, feed_id: uuid.UUID) -> HttpResponseBase:
        """Deliver a file; what becomes of it is told at its Location, and in the feed's deliveries."""
        feed = _feed(request, DELIVER, chain_id, feed_id)
        name, data = read_file(checked(DeliveryBody, request)["file"])
        return once(request, lambda: accepted(delivery(feed, cast(User, request.user), name, data)))


class FetchFeedView(View):
    """Asking a feed's address now."""

    refuses = ("unfit",)

    @extend_schema(request=None, responses={202: ImportAnswer}, operation_id="supplier_feed_fetch")
    def post(self, request: Request, chain_id: str, feed_id: uuid.UUID) -> Response:
        """Fetch the file at the feed's address now, whenever it is due otherwise."""
        feed = _feed(request, MANAGE, chain_id, feed_id)
        if not feed.url:
            raise rule("unfit", url="Expected a feed with an address, this one is only uploaded to.")
        return accepted(delivery(feed, cast(User, request.user)))


def _chain(request: Request, permission: str, chain_id: str) -> Chain:
    """Return the chain, for those who may change its catalogue or deliver to it."""
    who = cast(Principal, request.auth)
    chain = scopes.find_chain(who, chain_id)
    if runs_catalogue(who, permission, chain):
        return chain
    raise of_the_chain() if chain.slug in scopes.managed_chains(who, permission) else PermissionDenied


def _feeds(chain: Chain) -> QuerySet[SupplierFeed]:
    """Return the chain's feeds with how the last delivery of each stands."""
    last = ImportJob.objects.filter(feed=OuterRef("pk")).order_by("-created_at")
    rows = SupplierFeed.objects.filter(chain=chain).select_related("chain", "owner")
    return rows.annotate(
        last_status=Subquery(last.values("status")[:1]),
        last_dry_run=Subquery(last.values("dry_run")[:1]),
        last_at=Subquery(last.values("created_at")[:1]),
    )


def _feed(request: Request, permission: str, chain_id: str, feed_id: uuid.UUID) -> SupplierFeed:
    found = _feeds(_chain(request, permission, chain_id)).filter(pk=feed_id).first()
    if found is None:
        raise Http404
    return found


def _filled(row: SupplierFeed, given: dict[str, Any]) -> SupplierFeed:
    """Write checked values into the row and save it; raises ValidationError that names the field."""
    for name, value in given.items():
        setattr(row, name, value)
    if row.url and not is_address(row.url):
        raise rule("unfit", url="Expected an https address without a name and password in it.")
    if not (row.is_active and row.url):
        row.next_at = None
    elif row.next_at is None or not {"url", "every_hours", "is_active"}.isdisjoint(given):
        row.next_at = timezone.now()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise rule("already_there", name=f"The chain has a feed {row.name} already.") from None
    return _feeds(row.chain).get(pk=row.pk)
