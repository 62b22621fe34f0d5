"""REST of one's own second factor and logins."""

from __future__ import annotations

import uuid
from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.credentials import logins, throttling
from core.accounts.factors import second_factor
from core.accounts.models import Ending, Login, User
from core.accounts.principals import Principal
from core.problems import Problem
from core.rest.fields import ClosedSerializer, Moment, StrictText, checked
from core.rest.views import View


class CodeBody(ClosedSerializer):
    """A code of the authenticator app, or a recovery code."""

    otp = StrictText(min_length=6, max_length=20)


class EnrolmentAnswer(serializers.Serializer[Any]):
    """What an authenticator app is set up with."""

    secret = serializers.CharField(help_text="Base32, to be typed.")
    otpauth_url = serializers.CharField()
    qr_svg = serializers.CharField(help_text="The address as an SVG picture.")


class CodesAnswer(serializers.Serializer[Any]):
    """Recovery codes, shown this once; each counts once."""

    recovery_codes = serializers.ListField(child=serializers.CharField())


class LoginAnswer(serializers.Serializer[Any]):
    """One login on one device."""

    id = serializers.UUIDField()
    device = serializers.CharField(help_text="What the browser says it is.")
    address = serializers.CharField()
    began_at = Moment()
    seen_at = Moment()
    is_current = serializers.BooleanField()


class _CountedView(View):
    # Wrong codes are counted by django-otp, which a transaction around the refusal would undo.
    keeps = "after"
    refuses = ("otp_wrong",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Count the call for the account and its address as tries to log in are; raises the 429."""
        super().initial(request, *args, **kwargs)
        throttling.check_failures(str(cast(User, request.user).pk), throttling.address_of(request._request))

    def code(self, request: Request) -> str:
        """Return the code in the body."""
        return str(checked(CodeBody, request)["otp"])

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what was raised; a wrong code is a failed try."""
        if isinstance(exc, Problem) and exc.problem_code == "otp_wrong":
            address = throttling.address_of(self.request._request)
            throttling.note_failure(str(cast(User, self.request.user).pk), address)
        return super().handle_exception(exc)


class SecondFactorView(_CountedView):
    """One's second factor."""

    @extend_schema(request=None, responses={201: EnrolmentAnswer}, operation_id="me_totp_begin")
    def post(self, request: Request) -> Response:
        """Begin a second factor: a secret for an authenticator app, worth nothing until confirmed."""
        return Response(second_factor.enrol(cast(User, request.user))._asdict(), 201)

    @extend_schema(request=CodeBody, responses={204: None}, operation_id="me_totp_remove")
    def delete(self, request: Request) -> Response:
        """Turn the second factor off."""
        # A DELETE has no body in the document, so one without a code is refused as a wrong one is.
        code = checked(CodeBody, request, partial=True).get("otp", "")
        second_factor.remove(cast(User, request.user), code)
        return Response(status=204)


class ConfirmSecondFactorView(_CountedView):
    """The first code of an authenticator app."""

    @extend_schema(request=CodeBody, responses=CodesAnswer, operation_id="me_totp_confirm")
    def post(self, request: Request) -> Response:
        """Turn the second factor on; from now on a login needs its code."""
        codes = second_factor.confirm(cast(User, request.user), self.code(request))
        return Response({"recovery_codes": codes})


class RecoveryCodesView(_CountedView):
    """Recovery codes."""

    @extend_schema(request=CodeBody, responses=CodesAnswer, operation_id="me_totp_recovery_codes")
    def post(self, request: Request) -> Response:
        """Make new recovery codes in place of the old ones."""
        codes = second_factor.renew_codes(cast(User, request.user), self.code(request))
        return Response({"recovery_codes": codes})


def open_logins(user: User, current: str) -> list[dict[str, Any]]:
    """Return the account's logins that go on, the latest first, as ``me`` lists them."""
    rows = Login.objects.filter(user=user, ended_at=None).order_by("-seen_at")
    fields = ("id", "device", "address", "began_at", "seen_at")
    found = [{name: getattr(row, name) for name in fields} for row in rows]
    return [{**each, "is_current": str(each["id"]) == current} for each in found]


class LoginsView(View):
    """One's own logins."""

    @extend_schema(responses=LoginAnswer(many=True), operation_id="me_logins")
    def get(self, request: Request) -> Response:
        """List where one is logged in, the latest first."""
        rows = open_logins(cast(User, request.user), cast(Principal, request.auth).login)
        return Response(LoginAnswer(rows, many=True).data)


class LoginView(View):
    """One of one's own logins."""

    @extend_schema(responses={204: None}, operation_id="me_login_end")
    def delete(self, request: Request, login_id: uuid.UUID) -> Response:
        """End a login, and what it has open."""
        mine = Login.objects.filter(pk=login_id, user=cast(User, request.user))
        if not mine.exists():
            raise Problem(404, "login_not_found", "There is no such login of yours.")
        logins.end((login_id,), Ending.LOGOUT)
        return Response(status=204)


__all__ = ["ConfirmSecondFactorView", "LoginView", "LoginsView", "RecoveryCodesView", "SecondFactorView"]
