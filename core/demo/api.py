"""The demonstration's logins, for the login page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.checks import demo_accounts
from core.config.production import DEMO_PASSWORD
from core.rest.views import View


class AccountAnswer(serializers.Serializer[Any]):
    """A login to try."""

    username = serializers.CharField()
    password = serializers.CharField()


class DemoAnswer(serializers.Serializer[Any]):
    """The demonstration's logins; none when this is no demonstration."""

    accounts = AccountAnswer(many=True)


class DemoView(View):
    """For the login page of a demonstration."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(responses=DemoAnswer, operation_id="demo")
    def get(self, request: Request) -> Response:
        """Return the demo's logins. Always none in production."""
        names = [] if settings.PRODUCTION else demo_accounts()
        return Response({"accounts": [{"username": name, "password": DEMO_PASSWORD} for name in names]})
