"""REST of logins by a code that is sent to a phone, or to an address."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.codes import codes, countries, holders
from core.accounts.codes.codes import Target
from core.accounts.credentials import throttling, tokens
from core.accounts.factors import second_factor
from core.accounts.models import LoginCode
from core.accounts.open_endpoints import OpenView, TokenAnswer, place_of
from core.outbox.models import Channel
from core.outbox.senders.registry import sends
from core.problems import Problem, rule
from core.rest.fields import ClosedSerializer, StrictChoice, StrictEmail, StrictText, checked
from core.rest.idempotency import once
from core.wire import phones


class AskBody(ClosedSerializer):
    """Where to: one of the two. A phone number is E.164, or a national one."""

    phone = StrictText(min_length=1, max_length=40, required=False)
    email = StrictEmail(max_length=254, required=False)
    trolley_id = StrictText(
        min_length=1, max_length=40, required=False, help_text="Whose country national numbers are of."
    )
    language = StrictChoice(choices=settings.LANGUAGES, required=False)


class AskAnswer(serializers.Serializer[Any]):
    """The same whether the number is known or not."""

    expires_in = serializers.IntegerField(help_text="Seconds for which the code is good.")


class VerifyBody(ClosedSerializer):
    """The code that came; ``otp``: of the second factor, where the account has one."""

    phone = StrictText(min_length=1, max_length=40, required=False)
    email = StrictEmail(max_length=254, required=False)
    trolley_id = StrictText(
        min_length=1, max_length=40, required=False, help_text="Whose country national numbers are of."
    )
    code = StrictText(min_length=1, max_length=20)
    otp = StrictText(max_length=20, required=False)
    language = StrictChoice(choices=settings.LANGUAGES, required=False)


class VerifyAnswer(TokenAnswer):
    """A pair of tokens."""

    created = serializers.BooleanField(help_text="Whether the account was made now.")


class AskCodeView(OpenView):
    """Codes that are sent."""

    keeps = "with_effect"
    refuses = ("unfit", "which_one")

    @extend_schema(request=AskBody, responses={202: AskAnswer}, operation_id="auth_otp_request")
    def post(self, request: Request) -> Response:
        """Have a code of six digits sent to a phone, or to an e-mail address."""
        body = checked(AskBody, request)
        return send(request, target_of(body), body.get("language", ""))


class VerifyCodeView(OpenView):
    """Codes that came."""

    refuses = ("unfit", "which_one", "otp_wrong", "otp_expired")

    @extend_schema(request=VerifyBody, responses=VerifyAnswer, operation_id="auth_otp_verify")
    def post(self, request: Request) -> HttpResponseBase:
        """Log in with the code; a number that nobody has becomes an account."""
        body = checked(VerifyBody, request)
        target = target_of(body)
        row = right_code(request, target, body["code"])
        self._second_factor(target, row, body.get("otp"), throttling.address_of(request._request))
        return once(request, lambda: self._entered(request, target, row, body))

    def _second_factor(self, target: Target, row: LoginCode, otp: str | None, address: str) -> None:
        """Raise the 401 of a second factor; in no transaction, for wrong codes are counted."""
        user = holders.find(target)
        if user is None:
            return
        try:
            second_factor.check(user, otp)
        except Problem as problem:
            if problem.problem_code == "otp_wrong":
                throttling.note_failure(target.name, address)
            else:
                codes.give_back(row)
            raise

    def _entered(self, request: Request, target: Target, row: LoginCode, body: dict[str, Any]) -> Response:
        user, created = holders.account_of(target, body.get("language", ""))
        if not user.is_active:
            raise Problem(403, "account_closed", "This account is closed.")
        codes.use(row)
        throttling.note_entered(target.name, throttling.address_of(request._request))
        return Response({**tokens.issue(user, place_of(request)), "created": created})


def send(request: Request, target: Target, language: str) -> Response:
    """Have a code sent, if the target and the caller's address have not had too many; return the 202."""
    if not sends(target.channel):
        detail = f"Nothing is sent by {target.channel.label} here. Sign in with a password."
        raise Problem(503, "unavailable", detail, retry_after=3600)
    throttling.check_code(target.name, throttling.address_of(request._request))
    codes.ask(target, language)
    return Response({"expires_in": settings.LOGIN_CODE_S}, 202)


def right_code(request: Request, target: Target, code: str) -> LoginCode:
    """Return the code if it is the right one; a wrong one is counted. Raises Problem."""
    address = throttling.address_of(request._request)
    throttling.check_failures(target.name, address)
    try:
        return codes.check(target, "".join(code.split()))
    except Problem:
        throttling.note_failure(target.name, address)
        raise


def target_of(body: dict[str, Any]) -> Target:
    """Return what the body names; raises ValidationError."""
    phone, email = body.get("phone"), body.get("email")
    if (phone is None) == (email is None):
        raise rule("which_one", phone="Expected a phone number or an e-mail address, one of the two.")
    if email is not None:
        return Target(Channel.EMAIL, email.lower())
    try:
        return Target(Channel.SMS, phones.e164(str(phone), countries.country_of(body.get("trolley_id"))))
    except ValueError as error:
        raise rule("unfit", phone=str(error)) from None
