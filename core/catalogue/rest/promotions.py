"""REST of promotions: what several goods together cost less."""

from __future__ import annotations

import uuid
from datetime import date, time
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.messages.pricing import TIERS
from core.catalogue import promotion_reach
from core.catalogue.models import Category, Product, Promotion, PromotionGoods
from core.catalogue.models.promotions import MOST_SETS, MOST_UNITS, GoodsSet, of_goods
from core.catalogue.rest.permissions import chain_of, of_managed_chains, writable
from core.catalogue.rest.serializers import money
from core.problems import rule
from core.rest.fields import (
    ClosedSerializer,
    ExactNumber,
    LineText,
    Money,
    StrictBoolean,
    StrictChoice,
    StrictDay,
    StrictId,
    StrictInteger,
    StrictText,
    checked,
)
from core.rest.preconditions import IF_MATCH, claim, tagged
from core.rest.views import View
from core.tenancy.models import Branch, Chain

_MOST_NAMED = 500
_clock = RegexValidator(r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]\Z", "Expected a time of day such as 17:30.")
_AMOUNT: dict[str, Any] = {"max_digits": 12, "decimal_places": 4, "min_value": Decimal(0), "required": False}


class GoodsBody(ClosedSerializer):
    """A set of goods: products, and everything in categories; of neither: everything."""

    units = StrictInteger(
        min_value=1, max_value=MOST_UNITS, required=False, help_text="How many of them a bundle has."
    )
    products = serializers.ListField(child=StrictId(), max_length=_MOST_NAMED, required=False)
    categories = serializers.ListField(child=StrictId(), max_length=_MOST_NAMED, required=False)


class PromotionBody(ClosedSerializer):
    """A promotion. ``n_for_m`` has ``buy`` and ``pay``; ``nth`` ``buy`` and ``percent``; ``bundle`` the
    ``amount`` it costs; ``price`` an ``amount`` or ``percent`` off; ``spend`` a ``threshold``, and an
    ``amount`` or ``percent`` off or ``gifts``. Days and hours are those of the branch."""

    name = LineText(max_length=80)
    kind = StrictChoice(Promotion.Kind.choices)
    buy = StrictInteger(min_value=2, max_value=MOST_UNITS, required=False)
    pay = StrictInteger(min_value=1, max_value=MOST_UNITS, required=False)
    percent = ExactNumber(
        max_digits=7,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        max_value=Decimal(100),
        required=False,
    )
    amount = Money(**_AMOUNT)
    threshold = Money(**_AMOUNT)
    goods = serializers.ListField(
        child=GoodsBody(), max_length=MOST_SETS, required=False, help_text="None: everything."
    )
    gifts = GoodsBody(required=False)
    tier = StrictChoice(
        [(tier, tier) for tier in TIERS], required=False, help_text="From this tier on; none: everybody."
    )
    branches = serializers.ListField(
        child=StrictText(max_length=64), max_length=_MOST_NAMED, required=False, help_text="None: all."
    )
    combines = StrictBoolean(required=False, help_text="False: it applies alone or not at all.")
    priority = StrictInteger(min_value=-1000, max_value=1000, required=False)
    valid_from = StrictDay(required=False)
    valid_until = StrictDay(required=False, help_text="The last day.")
    weekdays = serializers.ListField(
        child=StrictInteger(min_value=1, max_value=7),
        max_length=7,
        required=False,
        help_text="1 is Monday; none: every day.",
    )
    from_time = StrictText(max_length=5, validators=[_clock], required=False)
    until_time = StrictText(
        max_length=5, validators=[_clock], required=False, help_text="Not within any more."
    )
    is_active = StrictBoolean(required=False)


class NewPromotion(PromotionBody):
    """A new promotion; ``chain`` may be left out by those who manage just one."""

    chain = StrictText(max_length=50, required=False)


class NamedAnswer(serializers.Serializer[Any]):
    """A product or a category."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class GoodsAnswer(serializers.Serializer[Any]):
    """A set of goods; of neither products nor categories: everything."""

    units = serializers.IntegerField()
    products = NamedAnswer(many=True)
    categories = NamedAnswer(many=True)


class PromotionAnswer(serializers.Serializer[Any]):
    """A promotion; what its kind has not is null."""

    id = serializers.UUIDField()
    chain = serializers.CharField()
    currency = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    buy = serializers.IntegerField(allow_null=True)
    pay = serializers.IntegerField(allow_null=True)
    percent = serializers.DecimalField(max_digits=7, decimal_places=4, allow_null=True)
    amount = serializers.DecimalField(max_digits=12, decimal_places=4, allow_null=True)
    threshold = serializers.DecimalField(max_digits=12, decimal_places=4, allow_null=True)
    goods = GoodsAnswer(many=True)
    gifts = GoodsAnswer(allow_null=True)
    tier = serializers.CharField(allow_null=True)
    branches = serializers.ListField(child=serializers.CharField())
    combines = serializers.BooleanField()
    priority = serializers.IntegerField()
    valid_from = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)
    weekdays = serializers.ListField(child=serializers.IntegerField())
    from_time = serializers.CharField(allow_null=True)
    until_time = serializers.CharField(allow_null=True)
    is_active = serializers.BooleanField()
    version = serializers.IntegerField()


class PromotionsView(View):
    """Every promotion that the caller may see."""

    refuses = ("not_there", "too_many_digits", "unfit", "which_one")

    @extend_schema(
        responses=PromotionAnswer(many=True),
        parameters=[OpenApiParameter("chain", str, description="Slug of one chain.")],
    )
    def get(self, request: Request) -> Response:
        """Return the promotions of the chains whose catalogue the caller manages."""
        return Response([_shown(row) for row in of_managed_chains(request, _all())])

    @extend_schema(request=NewPromotion, responses={201: PromotionAnswer})
    def post(self, request: Request) -> Response:
        """Add a promotion; carts that are being filled have it at once."""
        given = checked(NewPromotion, request)
        row = Promotion(chain=chain_of(request, given.pop("chain", None)))
        _fill(row, given)
        response = tagged(Response(_shown(_read(row)), 201), row.version)
        response["Location"] = f"/api/promotions/{row.pk}"
        return response


class PromotionView(View):
    """One promotion."""

    refuses = ("not_there", "too_many_digits", "unfit")

    @extend_schema(responses=PromotionAnswer)
    def get(self, request: Request, promotion_id: uuid.UUID) -> Response:
        """Return the promotion."""
        row = writable(request, _all(), "chain", promotion_id)
        return tagged(Response(_shown(row)), row.version)

    @extend_schema(request=PromotionBody, responses=PromotionAnswer, parameters=[IF_MATCH])
    def put(self, request: Request, promotion_id: uuid.UUID) -> Response:
        """Replace the promotion; what is left out it has not any more."""
        row = writable(request, Promotion.objects.select_related("chain"), "chain", promotion_id)
        given = checked(PromotionBody, request)
        claim(row, request)
        _fill(row, given)
        return tagged(Response(_shown(_read(row))), row.version)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def delete(self, request: Request, promotion_id: uuid.UUID) -> Response:
        """Delete the promotion; orders keep what it gave them."""
        row = writable(request, Promotion.objects.select_related("chain"), "chain", promotion_id)
        claim(row, request)
        row.delete()
        return Response(status=204)


def _all() -> QuerySet[Promotion]:
    return Promotion.objects.select_related("chain").prefetch_related(
        "branches", "goods__products", "goods__categories"
    )


def _read(row: Promotion) -> Promotion:
    return _all().get(pk=row.pk)


# --- a body becomes a row -------------------------------------------------------------


_PLAIN: dict[str, Any] = {
    "name": "", "kind": "", "buy": None, "pay": None, "percent": None, "tier": "", "combines": True,
    "priority": 0, "valid_from": None, "valid_until": None, "is_active": True,
}  # fmt: skip


def _fill(row: Promotion, given: dict[str, Any]) -> None:
    """Write a checked body into the row and what hangs on it; raises ValidationError that names the field."""
    for name, default in _PLAIN.items():
        setattr(row, name, given.get(name, default))
    for name in ("amount", "threshold"):
        value = given.get(name)
        setattr(row, name, None if value is None else money(name, value, row.chain.currency))
    row.weekdays = "".join(str(day) for day in sorted(set(given.get("weekdays", ()))))
    row.from_time, row.until_time = (_time(given.get(name)) for name in ("from_time", "until_time"))
    sets = [*given.get("goods", ())]
    gifts = given.get("gifts")
    try:
        row.clean()
    except ValidationError as error:
        raise rule("unfit", **{name: texts[0] for name, texts in error.message_dict.items()}) from None
    shapes = [_set(each, False) for each in sets] + ([] if gifts is None else [_set(gifts, True)])
    if why := of_goods(row, shapes):
        raise rule("unfit", goods=why)
    branches = _branches(row.chain, given.get("branches", ()))
    with transaction.atomic():
        before = promotion_reach.Reach() if row._state.adding else promotion_reach.of(row)
        row.save()
        row.branches.set(branches)
        row.goods.all().delete()
        for each, shape in zip([*sets, *([] if gifts is None else [gifts])], shapes, strict=True):
            goods = PromotionGoods.objects.create(promotion=row, units=shape.units, is_gift=shape.is_gift)
            goods.products.set(_named(Product, row.chain, "products", each))
            goods.categories.set(_named(Category, row.chain, "categories", each))
        promotion_reach.note_change(row, before)


def _set(given: dict[str, Any], is_gift: bool) -> GoodsSet:
    return GoodsSet(given.get("units", 1), is_gift, not given.get("products") and not given.get("categories"))


def _time(text: str | None) -> time | None:
    return None if text is None else time.fromisoformat(text)


def _branches(chain: Chain, codes: list[str]) -> list[Branch]:
    wanted = set(codes)
    found = list(Branch.objects.filter(chain=chain, code__in=wanted))
    if missing := wanted - {branch.code for branch in found}:
        raise rule("not_there", branches=f"There is no branch {sorted(missing)[0]} in this chain.")
    return found


def _named(kind: Any, chain: Chain, name: str, given: dict[str, Any]) -> list[Any]:
    wanted = set(given.get(name, ()))
    found = list(kind.objects.filter(chain=chain, pk__in=wanted))
    if missing := wanted - {row.pk for row in found}:
        word = "product" if kind is Product else "category"
        raise rule("not_there", goods=f"There is no {word} {min(map(str, missing))} in this chain.")
    return found


# --- a row is shown -------------------------------------------------------------------


def _shown(row: Promotion) -> dict[str, Any]:
    sets = sorted(row.goods.all(), key=lambda each: each.pk)
    gifts = [_goods(each) for each in sets if each.is_gift]
    return {
        "id": str(row.pk),
        "chain": row.chain.slug,
        "currency": row.chain.currency,
        "name": row.name,
        "kind": row.kind,
        "buy": row.buy,
        "pay": row.pay,
        "percent": _plain(row.percent),
        "amount": _plain(row.amount),
        "threshold": _plain(row.threshold),
        "goods": [_goods(each) for each in sets if not each.is_gift],
        "gifts": gifts[0] if gifts else None,
        "tier": row.tier or None,
        "branches": sorted(branch.code for branch in row.branches.all()),
        "combines": row.combines,
        "priority": row.priority,
        "valid_from": _day(row.valid_from),
        "valid_until": _day(row.valid_until),
        "weekdays": [int(day) for day in row.weekdays],
        "from_time": _clock_of(row.from_time),
        "until_time": _clock_of(row.until_time),
        "is_active": row.is_active,
        "version": row.version,
    }


def _goods(row: PromotionGoods) -> dict[str, Any]:
    def named(rows: Any) -> list[dict[str, str]]:
        return sorted(
            ({"id": str(each.pk), "name": each.name} for each in rows), key=lambda each: each["name"]
        )

    return {
        "units": row.units,
        "products": named(row.products.all()),
        "categories": named(row.categories.all()),
    }


def _plain(value: Decimal | None) -> Decimal | None:
    """Return the number without zeros behind it."""
    return None if value is None else Decimal(f"{value.normalize():f}")


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _clock_of(value: time | None) -> str | None:
    return None if value is None else value.strftime("%H:%M")
