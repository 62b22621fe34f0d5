"""REST of the phone number of an account that one is signed in to: give, change and remove it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.codes import codes, holders
from core.accounts.codes.api import AskAnswer, right_code, send, target_of
from core.accounts.codes.codes import Target
from core.accounts.codes.proof import ProofBody, proven
from core.accounts.credentials import throttling
from core.accounts.models import LoginCode, User
from core.problems import Problem, rule
from core.rest.fields import ClosedSerializer, StrictChoice, StrictText, checked
from core.rest.idempotency import once
from core.rest.views import Keeps


class NewPhoneBody(ClosedSerializer):
    """A phone number: E.164, or a national one of the server's country."""

    phone = StrictText(min_length=1, max_length=40)
    language = StrictChoice(choices=settings.LANGUAGES, required=False)


class ConfirmPhoneBody(ProofBody):
    """The number, the code that came there, and the proof that the account is one's own."""

    phone = StrictText(min_length=1, max_length=40)
    code = StrictText(min_length=1, max_length=20)


class PhoneAnswer(serializers.Serializer[Any]):
    """The account's phone number."""

    phone = serializers.CharField()


class PhoneView(throttling.LimitedView):
    """The phone number of one's account."""

    # A wrong password or code is counted, whatever becomes of the rest.
    keeps: Keeps = "by_hand"
    refuses = ("otp_expired", "otp_wrong", "unfit")

    @extend_schema(request=NewPhoneBody, responses={202: AskAnswer}, operation_id="me_phone")
    def post(self, request: Request) -> HttpResponseBase:
        """Have a code sent to a number that the account is to have; nothing changes until it comes back."""
        body = checked(NewPhoneBody, request)
        target = target_of({"phone": body["phone"]})
        return once(request, lambda: send(request, target, body.get("language", "")))

    @extend_schema(request=ProofBody, responses={204: None}, operation_id="me_phone_remove")
    def delete(self, request: Request) -> HttpResponseBase:
        """Take the number away; refused (409) where nothing else lets its owner in.

        It takes the account's password, or a code that came to the number, as to change it does.
        """
        user, body = cast(User, request.user), checked(ProofBody, request)
        if user.phone is None:
            return once(request, lambda: Response(status=204))
        if not (user.has_usable_password() or user.email):
            detail = "Without it you could not get in again: choose a password or give an address first."
            raise Problem(409, "last_way_in", detail)
        use_up = proven(request, user, body)
        return once(request, lambda: _taken_away(user, use_up))


class ConfirmPhoneView(throttling.LimitedView):
    """Codes for one's own number."""

    # A wrong code is counted, whatever becomes of the rest.
    keeps: Keeps = "by_hand"
    refuses = ("already_there", "otp_expired", "otp_wrong", "unfit")

    @extend_schema(request=ConfirmPhoneBody, responses=PhoneAnswer, operation_id="me_phone_confirm")
    def post(self, request: Request) -> HttpResponseBase:
        """Give the account the number at which the code came; it replaces the one before."""
        body = checked(ConfirmPhoneBody, request)
        target = target_of({"phone": body["phone"]})
        user, use_up = cast(User, request.user), _nothing
        row = right_code(request, target, body["code"])
        if target.address != user.phone:
            try:
                use_up = proven(request, user, body)
            except Problem:
                codes.give_back(row)
                raise
        return once(request, lambda: _given(user, target, row, use_up))


def _nothing() -> None:
    """The number that the account has already is proven by its own code."""


def _taken_away(user: User, use_up: Callable[[], None]) -> Response:
    use_up()
    _name_anew(user, None)
    user.phone = None
    user.save(update_fields=["phone", "username"])
    return Response(status=204)


def _given(user: User, target: Target, row: LoginCode, use_up: Callable[[], None]) -> Response:
    """Save the number. That another account has it is told only to who has confirmed it."""
    use_up()
    _name_anew(user, target)
    user.phone = target.address
    try:
        with transaction.atomic():
            user.save(update_fields=["phone", "username"])
    except IntegrityError:
        codes.give_back(row)
        sentence = "Another account has this number: sign in to it with a code."
        raise rule("already_there", phone=sentence) from None
    codes.use(row)
    return Response({"phone": target.address})


def _name_anew(user: User, target: Target | None) -> None:
    """Rename an account whose username was the old number to the new one, or to a neutral name."""
    if user.phone is not None and user.username == user.phone:
        user.username = holders.nameless() if target is None else holders.name_of(target)
