"""REST of what became of experiments."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.principals import Principal, may
from core.assistant.experiments import results
from core.assistant.experiments.results import ConfidenceInterval, VariantResult
from core.assistant.models import Experiment
from core.rest.views import View
from core.tenancy.models import Chain

_PERMISSION = "chain.watch"
_DIGITS = 4


class IntervalAnswer(serializers.Serializer[Any]):
    """Between which values it lies."""

    low = serializers.FloatField()
    high = serializers.FloatField()


class ExperimentVariantAnswer(serializers.Serializer[Any]):
    """One variant; ``lift`` is by which part its rate is above the first variant's."""

    variant = serializers.CharField()
    exposed = serializers.IntegerField(help_text="People who have met it.")
    bought = serializers.IntegerField(help_text="Those of them who have bought since.")
    rate = serializers.FloatField(allow_null=True)
    rate_interval = IntervalAnswer(allow_null=True)
    lift = serializers.FloatField(allow_null=True)
    lift_interval = IntervalAnswer(allow_null=True)


class ExperimentAnswer(serializers.Serializer[Any]):
    """What became of an experiment; the first variant is what the others are held against."""

    name = serializers.CharField()
    chain = serializers.CharField(help_text="Slug.")
    is_active = serializers.BooleanField()
    confidence = serializers.FloatField(help_text="Of the intervals.")
    variants = ExperimentVariantAnswer(many=True)


class ExperimentResultsView(View):
    """What became of an experiment."""

    @extend_schema(
        parameters=[
            OpenApiParameter("chain", str, description="Slug; by default the caller's first that has it.")
        ],
        responses=ExperimentAnswer,
        operation_id="experiment_results",
    )
    def get(self, request: Request, name: str) -> Response:
        """Return rates, lifts and their intervals, by variant."""
        chains = _chains(cast(Principal, request.auth), request.query_params.get("chain"))
        found = Experiment.objects.filter(chain__in=chains, name=name).select_related("chain")
        experiment = found.order_by("chain__slug").first()
        if experiment is None:
            raise Http404
        return Response(
            {
                "name": experiment.name,
                "chain": experiment.chain.slug,
                "is_active": experiment.is_active,
                "confidence": results.CONFIDENCE,
                "variants": [_shown(each) for each in results.of(experiment)],
            }
        )


def _chains(principal: Principal, named: str | None) -> list[Chain]:
    """Return the chains to look in. Raises the 403 or 404."""
    if named is not None:
        return [scopes.chain_for(principal, _PERMISSION, named)]
    found = [chain for chain in scopes.chains(principal) if may(principal, _PERMISSION, chain.slug)]
    if not found:
        raise PermissionDenied
    return found


def _shown(one: VariantResult) -> dict[str, Any]:
    return {
        "variant": one.variant,
        "exposed": one.exposed,
        "bought": one.bought,
        "rate": _rounded(one.rate),
        "rate_interval": _interval(one.rate_interval),
        "lift": _rounded(one.lift),
        "lift_interval": _interval(one.lift_interval),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _interval(one: ConfidenceInterval | None) -> dict[str, float] | None:
    return None if one is None else {"low": round(one.low, _DIGITS), "high": round(one.high, _DIGITS)}
