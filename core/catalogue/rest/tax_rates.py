"""REST of tax rates: which taxes a chain's goods have."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.catalogue.models import Category, Product
from core.catalogue.rest.permissions import chain_of, of_managed_chains, writable
from core.problems import Problem, rule
from core.rest.fields import (
    ClosedSerializer,
    ExactNumber,
    LineText,
    StrictChoice,
    StrictDay,
    StrictText,
    checked,
)
from core.rest.preconditions import IF_MATCH, claim, tagged
from core.rest.views import View
from core.tax import presets
from core.tax.models import TaxRate, is_class
from core.tenancy.lookup import by_id_or
from core.tenancy.models import Branch, Chain


class TaxRateBody(ClosedSerializer):
    """One tax of a class of goods. ``branch``: of this one alone; empty: of all without their own."""

    tax_class = StrictText(max_length=40, validators=[is_class])
    name = LineText(max_length=40)
    percent = ExactNumber(max_digits=7, decimal_places=4, min_value=Decimal(0), max_value=Decimal(100))
    branch = StrictText(max_length=64, allow_blank=True, required=False)
    valid_from = StrictDay(allow_null=True, required=False)
    valid_until = StrictDay(
        allow_null=True, required=False, help_text="The last day, by the branch's calendar."
    )


class NewTaxRate(TaxRateBody):
    """A new rate; ``chain`` may be left out by those who manage just one."""

    chain = StrictText(max_length=50, required=False)


class PresetBody(ClosedSerializer):
    """With which country's taxes a chain begins."""

    country = StrictChoice(sorted((code, code) for code in presets.PRESETS))
    chain = StrictText(max_length=50, required=False)


class TaxRateAnswer(serializers.Serializer[Any]):
    """One tax of a class of goods."""

    id = serializers.UUIDField()
    chain = serializers.CharField()
    branch = serializers.CharField(allow_null=True, help_text="Code; null: every branch without its own.")
    tax_class = serializers.CharField()
    name = serializers.CharField()
    percent = serializers.DecimalField(max_digits=7, decimal_places=4)
    valid_from = serializers.DateField(allow_null=True)
    valid_until = serializers.DateField(allow_null=True)
    version = serializers.IntegerField()


class TaxRatesView(View):
    """Every rate that the caller may see."""

    refuses = ("not_there", "too_many_digits", "unfit", "which_one")

    @extend_schema(
        responses=TaxRateAnswer(many=True),
        parameters=[OpenApiParameter("chain", str, description="Slug of one chain.")],
    )
    def get(self, request: Request) -> Response:
        """Return the rates of the chains whose catalogue the caller manages."""
        return Response([_shown(row) for row in of_managed_chains(request, _all())])

    @extend_schema(request=NewTaxRate, responses={201: TaxRateAnswer})
    def post(self, request: Request) -> Response:
        """Add a tax to a class; a class is there as soon as it has one."""
        given = checked(NewTaxRate, request)
        row = TaxRate(chain=chain_of(request, given.pop("chain", None)))
        _fill(row, given)
        response = tagged(Response(_shown(row), 201), row.version)
        response["Location"] = f"/api/tax-rates/{row.pk}"
        return response


class TaxRateView(View):
    """One rate."""

    refuses = ("not_there", "too_many_digits", "unfit")

    @extend_schema(responses=TaxRateAnswer)
    def get(self, request: Request, rate_id: uuid.UUID) -> Response:
        """Return the rate."""
        row = writable(request, _all(), "chain", rate_id)
        return tagged(Response(_shown(row)), row.version)

    @extend_schema(request=TaxRateBody, responses=TaxRateAnswer, parameters=[IF_MATCH])
    def patch(self, request: Request, rate_id: uuid.UUID) -> Response:
        """Change what is given."""
        row = writable(request, _all(), "chain", rate_id)
        given = checked(TaxRateBody, request, partial=True)
        claim(row, request)
        if given.get("tax_class", row.tax_class) != row.tax_class:
            _refuse_in_use(row)
        _fill(row, given)
        return tagged(Response(_shown(row)), row.version)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def delete(self, request: Request, rate_id: uuid.UUID) -> Response:
        """Delete the rate; refused (409) for the last one of a class that goods are of."""
        row = writable(request, _all(), "chain", rate_id)
        claim(row, request)
        _refuse_in_use(row)
        row.delete()
        return Response(status=204)


class TaxPresetsView(View):
    """The rates of a country."""

    refuses = ("which_one",)

    @extend_schema(request=PresetBody, responses=TaxRateAnswer(many=True))
    def post(self, request: Request) -> Response:
        """Give a chain a country's rates, for the classes of which it has none; return all that it has."""
        given = checked(PresetBody, request)
        chain = chain_of(request, given.get("chain"))
        presets.apply(chain, given["country"])
        return Response([_shown(row) for row in _all().filter(chain=chain)])


def _all() -> QuerySet[TaxRate]:
    return TaxRate.objects.select_related("chain", "branch")


def _fill(row: TaxRate, given: dict[str, Any]) -> None:
    for name, value in given.items():
        setattr(row, name, _branch(row.chain, value) if name == "branch" else value)
    try:
        row.clean()
    except ValidationError as error:
        raise rule("unfit", **{name: texts[0] for name, texts in error.message_dict.items()}) from None
    row.save()


def _branch(chain: Chain, text: str) -> Branch | None:
    if not text:
        return None
    found = Branch.objects.filter(by_id_or("code", text), chain=chain).first()
    if found is None:
        raise rule("not_there", branch=f"There is no branch {text} in this chain.")
    return found


def _refuse_in_use(row: TaxRate) -> None:
    others = TaxRate.objects.filter(chain=row.chain_id, tax_class=row.tax_class).exclude(pk=row.pk)
    if others.exists():
        return
    used = {"chain": row.chain_id, "tax_class": row.tax_class}
    if Product.objects.filter(**used).exists() or Category.objects.filter(**used).exists():
        raise Problem(409, "tax_class_in_use", f"There are goods of the class {row.tax_class}.")


def _shown(row: TaxRate) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "chain": row.chain.slug,
        "branch": None if row.branch is None else row.branch.code,
        "tax_class": row.tax_class,
        "name": row.name,
        "percent": row.percent.normalize() + 0,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
        "version": row.version,
    }
