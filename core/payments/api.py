"""REST of payments, without the hot commands: how one can pay, and the providers' webhooks."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.payments import webhooks
from core.payments.providers import registry, sandbox
from core.rest.views import View


class CardAnswer(serializers.Serializer[Any]):
    """A test card of the sandbox."""

    number = serializers.CharField()
    outcome = serializers.CharField()
    title = serializers.CharField()


class ProviderAnswer(serializers.Serializer[Any]):
    """A provider. ``cards``: of the sandbox only."""

    name = serializers.CharField()
    cards = CardAnswer(many=True, required=False)


class ProvidersAnswer(serializers.Serializer[Any]):
    """How one can pay; ``default`` is what a payment without a method takes, null if there is no way.

    ``till``: whether a cashier takes money.
    """

    default = serializers.CharField(allow_null=True)
    providers = ProviderAnswer(many=True)
    till = serializers.BooleanField()


class ProvidersView(View):
    """How one can pay."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(responses=ProvidersAnswer)
    def get(self, request: Request) -> Response:
        """Name the providers, the default one first."""
        names = registry.names()
        providers = [
            {"name": name, "cards": sandbox.hints()} if name == "sandbox" else {"name": name}
            for name in names
        ]
        till = registry.find(registry.TILL) is not None
        return Response({"default": names[0] if names else None, "providers": providers, "till": till})


class WebhookAnswer(serializers.Serializer[Any]):
    """It is durable."""

    received = serializers.BooleanField()


class WebhookView(View):
    """Where a provider tells of its own how a payment or a refund stands."""

    refuses = ("bad_signature",)
    keeps = "never"

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        request={"application/json": {"type": "object", "additionalProperties": True}},
        responses=WebhookAnswer,
        description="The body is the provider's own and signed by it, in its own header. It may be delivered "
        "any number of times and in any order. 400 `bad_signature`; 503 while nobody can decide: once more.",
    )
    def post(self, request: Request, provider: str) -> Response:
        """Take a signed notice."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        webhooks.receive(provider, request._request.body, headers)
        return Response({"received": True})
