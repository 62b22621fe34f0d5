"""REST of lost passwords and of addresses to be confirmed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.contact import emails, reset
from core.accounts.open_endpoints import OpenView, validate_in_field
from core.rest.fields import ClosedSerializer, StrictChoice, StrictEmail, StrictText, checked
from core.rest.idempotency import once


class ResetBody(ClosedSerializer):
    """Whose password is lost."""

    email = StrictEmail(max_length=254)
    language = StrictChoice(choices=settings.LANGUAGES, required=False)


class ResetAnswer(serializers.Serializer[Any]):
    """The same whether the address is known or not."""

    expires_in = serializers.IntegerField(help_text="Seconds for which the link in the mail is good.")


class ConfirmResetBody(ClosedSerializer):
    """The link's token, and a new password."""

    token = StrictText(min_length=1, max_length=200)
    password = StrictText(min_length=1, max_length=200, trim_whitespace=False)


class ConfirmEmailBody(ClosedSerializer):
    """The link's token."""

    token = StrictText(min_length=1, max_length=1000)


class ConfirmedAnswer(serializers.Serializer[Any]):
    """The address that is confirmed."""

    email = serializers.CharField()


class PasswordResetView(OpenView):
    """Lost passwords."""

    keeps = "with_effect"

    @extend_schema(request=ResetBody, responses={202: ResetAnswer}, operation_id="auth_password_reset")
    def post(self, request: Request) -> Response:
        """Have a link mailed by which its owner may choose a new password."""
        body = checked(ResetBody, request)
        reset.ask(body["email"], body.get("language", ""))
        return Response({"expires_in": settings.PASSWORD_RESET_TIMEOUT}, 202)


class ConfirmPasswordResetView(OpenView):
    """New passwords."""

    refuses = ("unfit", "token_invalid")

    @extend_schema(
        request=ConfirmResetBody, responses={200: None}, operation_id="auth_password_reset_confirm"
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Choose a new password; every login of the account ends."""
        body = checked(ConfirmResetBody, request)
        user = reset.holder(body["token"])
        validate_in_field("password", body["password"], user)
        before = user.password
        user.set_password(body["password"])

        def change() -> Response:
            reset.change(user, before)
            return Response({})

        return once(request, change)


class ConfirmEmailView(OpenView):
    """Addresses that were given."""

    keeps = "with_effect"
    refuses = ("token_invalid", "token_expired")

    @extend_schema(request=ConfirmEmailBody, responses=ConfirmedAnswer, operation_id="auth_email_confirm")
    def post(self, request: Request) -> Response:
        """Confirm an address by the link that was mailed to it."""
        return Response({"email": emails.confirm(checked(ConfirmEmailBody, request)["token"]).email})
