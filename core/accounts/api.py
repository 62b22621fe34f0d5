"""REST of people: registering, logging in, and one's own account."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, cast

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import lookalikes, names, signals
from core.accounts.codes import codes
from core.accounts.codes.proof import ProofBody, check_password, proven
from core.accounts.contact import emails
from core.accounts.credentials import throttling, tokens
from core.accounts.credentials.logins import LoginOrigin
from core.accounts.factors import second_factor
from core.accounts.factors.api import LoginAnswer, open_logins
from core.accounts.members import invitations
from core.accounts.models import User
from core.accounts.open_endpoints import OpenView, TokenAnswer, place_of, validate_in_field
from core.accounts.principals import HeldRole, Principal
from core.outbox import posting
from core.problems import Problem, rule
from core.rest.fields import ClosedSerializer, StrictChoice, StrictEmail, StrictText, checked
from core.rest.idempotency import once
from core.rest.views import Keeps, View


class RegisterBody(ClosedSerializer):
    """A new account."""

    username = StrictText(min_length=1, max_length=150, validators=[names.USERNAME])
    password = StrictText(min_length=1, max_length=200, trim_whitespace=False)
    email = StrictEmail(required=False)
    language = StrictChoice(choices=settings.LANGUAGES, required=False)


class TokenBody(ClosedSerializer):
    """A login; ``username`` may be the e-mail address, ``language`` is noted if nobody has said one yet."""

    username = StrictText(min_length=1, max_length=254)
    password = StrictText(min_length=1, max_length=200, trim_whitespace=False)
    otp = StrictText(max_length=20, required=False)
    language = StrictChoice(choices=settings.LANGUAGES, required=False)


class RefreshBody(ClosedSerializer):
    """A refresh token."""

    refresh = StrictText(min_length=1, max_length=200)


class RegisterAnswer(TokenAnswer):
    """A new account and its first tokens."""

    id = serializers.UUIDField()
    username = serializers.CharField()


class RoleAnswer(serializers.Serializer[Any]):
    """A role; branch null: in every branch of the chain."""

    role = serializers.CharField()
    chain = serializers.CharField()
    branch = serializers.CharField(allow_null=True)


class MeBody(ProofBody):
    """What one may change of oneself; what is left out stays. Another address takes a proof."""

    language = StrictChoice(choices=settings.LANGUAGES, required=False)
    email = StrictEmail(required=False, allow_blank=True)


class EraseBody(ClosedSerializer):
    """What erasing an account needs: its password, if it has one."""

    password = StrictText(min_length=1, max_length=200, trim_whitespace=False, required=False)


class MeAnswer(serializers.Serializer[Any]):
    """The caller's account."""

    id = serializers.UUIDField()
    username = serializers.CharField()
    email = serializers.CharField(help_text="The address that was given last.")
    email_confirmed = serializers.BooleanField(help_text="Until then it gets one receipt.")
    phone = serializers.CharField(allow_null=True)
    language = serializers.CharField(help_text="What mail is written in; empty: nobody has said.")
    is_platform_admin = serializers.BooleanField()
    roles = RoleAnswer(many=True)
    withheld_roles = RoleAnswer(many=True, help_text="Those that wait until the account has a second factor.")
    factors = serializers.ListField(
        child=serializers.ChoiceField(choices=["password", "code", "totp"]),
        help_text="What one logs in with: a password or a code by phone or e-mail, and beside it totp.",
    )
    preferences = serializers.DictField(help_text="What one prefers, see GET /api/me/preferences.")
    logins = LoginAnswer(many=True)


class RegisterView(OpenView):
    """New accounts."""

    refuses = ("already_there", "unfit")

    @extend_schema(request=RegisterBody, responses={201: RegisterAnswer}, operation_id="auth_register")
    def post(self, request: Request) -> HttpResponseBase:
        """Make a shopper's account and log it in."""
        body = checked(RegisterBody, request)
        # The address is no part of it: whether it is known shows in the mail to it alone.
        user = User(username=User.normalize_username(body["username"]), language=body.get("language", ""))
        if taken := lookalikes.taken(User.objects.all(), user):
            raise rule("already_there", **taken)
        if sentence := lookalikes.refusal(user.username):
            raise ValidationError({"username": [sentence]})
        validate_in_field("password", body["password"], user)
        user.set_password(body["password"])
        return once(request, lambda: _registered(user, body.get("email", ""), place_of(request)))


def _registered(user: User, address: str, place: LoginOrigin) -> Response:
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise rule("already_there", **names.TAKEN) from None
    if address:
        emails.give(user, address)
    return Response({"id": str(user.pk), "username": user.username, **tokens.issue(user, place)}, 201)


def account_of(user: User | None, login: str) -> str:
    """Return under what failed logins are counted: the account that is meant, however it is written."""
    if user is None:
        user = names.find(User.objects.all(), login)
    return f"name:{names.key(login)}" if user is None else str(user.pk)


class TokenView(OpenView):
    """Logins."""

    @extend_schema(request=TokenBody, responses=TokenAnswer, operation_id="auth_token")
    def post(self, request: Request) -> HttpResponseBase:
        """Log in with username or e-mail address."""
        body = checked(TokenBody, request)
        login, password = body["username"], body["password"]
        user = names.find(User.objects.all(), login)
        # One account for its name and its address; what nobody has counts as itself.
        account, address = account_of(user, login), throttling.address_of(request._request)
        throttling.check_failures(account, address)
        if user is None:
            # As slow as a wrong password, so that nobody learns which names exist.
            User().set_password(password)
        if user is None or not user.check_password(password) or not user.is_active:
            throttling.note_failure(account, address)
            raise Problem(401, "bad_credentials", "The name or the password is wrong.")
        try:
            second_factor.check(user, body.get("otp"))
        except Problem as problem:
            if problem.problem_code == "otp_wrong":
                throttling.note_failure(account, address)
            raise
        throttling.note_entered(account, address)
        if "language" in body and not user.language:
            user.language = body["language"]
            user.save(update_fields=["language"])
        return once(request, lambda: Response(tokens.issue(user, place_of(request))))


class _ByToken(OpenView):
    """Counted for the token, not for the address: a shop's phones come from one address."""

    def counted(self, request: Request) -> tuple[str, ...]:
        """Return the token's digest; what brings none is counted for its address."""
        token = request.data.get("refresh") if isinstance(request.data, dict) else None
        if not isinstance(token, str):
            return super().counted(request)
        return "refresh", hashlib.sha256(token.encode()).hexdigest()


class RefreshView(_ByToken):
    """Longer logins."""

    # Not in one transaction with it: that a token came twice must be kept though it is refused.
    keeps = "after"

    @extend_schema(request=RefreshBody, responses=TokenAnswer, operation_id="auth_refresh")
    def post(self, request: Request) -> Response:
        """Use a refresh token up for a new pair; a second use ends the login everywhere."""
        try:
            return Response(tokens.rotate(checked(RefreshBody, request)["refresh"]))
        except tokens.TokenError as error:
            raise Problem(401, error.code, error.detail) from None


class LogoutView(_ByToken):
    """Ended logins."""

    keeps = "with_effect"

    @extend_schema(request=RefreshBody, responses={204: None}, operation_id="auth_logout")
    def post(self, request: Request) -> Response:
        """End the login that the refresh token belongs to."""
        tokens.log_out(checked(RefreshBody, request)["refresh"])
        return Response(status=204)


class LogoutEverywhereView(OpenView):
    """All logins ended."""

    # As a refresh: what was refused for a token that is no good is no answer to keep.
    keeps = "after"

    @extend_schema(request=RefreshBody, responses={204: None}, operation_id="auth_logout_everywhere")
    def post(self, request: Request) -> Response:
        """End every login of the account that the refresh token belongs to, and what they have open."""
        try:
            tokens.log_out_everywhere(checked(RefreshBody, request)["refresh"])
        except tokens.TokenError as error:
            raise Problem(401, error.code, error.detail) from None
        return Response(status=204)


class MeView(View):
    """Oneself."""

    # Looking at a password is slow on purpose, and nobody else could write meanwhile.
    keeps: Keeps = "by_hand"
    refuses = ("otp_expired", "otp_wrong")

    @extend_schema(responses=MeAnswer, operation_id="me")
    def get(self, request: Request) -> Response:
        """Return the caller's account and roles."""
        return self._answer(cast(User, request.user), cast(Principal, request.auth))

    @extend_schema(request=MeBody, responses=MeAnswer, operation_id="me_change")
    def patch(self, request: Request) -> HttpResponseBase:
        """Change the language of the mail one gets, or the address it goes to once it is confirmed.

        Another way to be reached takes the account's password; where it has none, a code to where it is
        reached now. The first takes neither.
        """
        user, body = cast(User, request.user), checked(MeBody, request)
        use_up = _nothing
        reached = user.email or user.phone
        if reached and body.get("email", user.email).lower() not in (
            user.email.lower(),
            user.unconfirmed_email,
        ):
            use_up = proven(request, user, body)
        return once(request, lambda: self._changed(request, user, body, use_up))

    def _changed(
        self, request: Request, user: User, body: dict[str, Any], use_up: Callable[[], None]
    ) -> Response:
        use_up()
        if "language" in body:
            user.language = body["language"]
            user.save(update_fields=["language"])
        if "email" in body:
            emails.give(user, body["email"])
        return self._answer(user, cast(Principal, request.auth))

    def _answer(self, user: User, principal: Principal) -> Response:
        return Response(
            {
                "id": principal.id,
                "username": user.username,
                "email": user.unconfirmed_email or user.email,
                "email_confirmed": bool(user.email) and not user.unconfirmed_email,
                "phone": user.phone,
                "language": user.language,
                "is_platform_admin": principal.is_platform_admin,
                "roles": _roles(principal.grants),
                "withheld_roles": _roles(principal.withheld),
                "factors": _factors(user),
                "preferences": _preferences(user),
                "logins": LoginAnswer(open_logins(user, principal.login), many=True).data,
            }
        )

    @extend_schema(request=EraseBody, responses={204: None}, operation_id="me_erase")
    def delete(self, request: Request) -> HttpResponseBase:
        """Erase the account; its running session ends. The journal knows ids only: its history is nobody's.

        An account with a password needs it in the body: ``{"password": "..."}``.
        """
        user = cast(User, request.user)
        body = checked(EraseBody, request)
        if user.password and user.has_usable_password():
            if "password" not in body:
                raise ValidationError({"password": ["Expected the account's password."]})
            check_password(request, user, body["password"])
        admins = User.objects.filter(is_superuser=True, is_active=True)
        if user.is_superuser and not admins.exclude(pk=user.pk).exists():
            raise Problem(409, "last_platform_admin", "The last platform admin cannot go.")
        # Before the transaction, for the actors write in one of their own.
        signals.account_closing.send(User, user=user)
        return once(request, lambda: _erased(user))


def _roles(grants: Iterable[HeldRole]) -> list[dict[str, str | None]]:
    return [{"role": one.role, "chain": one.chain, "branch": one.branch} for one in grants]


def _nothing() -> None:
    """What changes takes no proof."""


def _preferences(user: User) -> dict[str, Any]:
    parts = signals.preferences_shown.send(User, user=user)
    shown: dict[str, Any] = {"language": user.language}
    for _, part in parts:
        shown |= cast(dict[str, Any], part)
    return shown


def _factors(user: User) -> list[str]:
    ways = {
        "password": user.has_usable_password(),
        "code": bool(user.phone or user.email),
        "totp": second_factor.is_on(user),
    }
    return [name for name, there in ways.items() if there]


def _erased(user: User) -> Response:
    with transaction.atomic():
        signals.account_erased.send(User, user_id=user.pk)
        posting.forget(user.pk, user.phone, user.email, user.unconfirmed_email)
        codes.forget(user.phone, user.email)
        invitations.forget(user.phone, user.email)
        user.delete()
    return Response(status=204)
