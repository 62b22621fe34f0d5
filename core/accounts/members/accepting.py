"""REST of accepting an invitation, with one's account or with a new one."""

from __future__ import annotations

from typing import Any, cast

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import lookalikes, names
from core.accounts.authentication import BearerAuthentication
from core.accounts.codes import holders
from core.accounts.codes.codes import Target
from core.accounts.credentials import tokens
from core.accounts.members import invitations, roles
from core.accounts.models import Grant, Invitation, Role, User
from core.accounts.open_endpoints import OpenView, TokenAnswer, place_of, validate_in_field
from core.outbox.models import Channel
from core.problems import Problem, rule
from core.rest.fields import ClosedSerializer, StrictText, checked
from core.rest.idempotency import once


class AcceptBody(ClosedSerializer):
    """The link's token; somebody new may choose a name and a password by which to sign in later."""

    token = StrictText(min_length=1, max_length=200)
    username = StrictText(min_length=1, max_length=150, required=False, validators=[names.USERNAME])
    password = StrictText(min_length=1, max_length=200, trim_whitespace=False, required=False)


class AcceptAnswer(TokenAnswer):
    """The role one has now, and the tokens of a login."""

    created = serializers.BooleanField(help_text="Whether the account was made now.")
    role = serializers.ChoiceField(choices=Role.choices)
    chain = serializers.CharField()
    branch = serializers.CharField(allow_null=True)


class AcceptInvitationView(OpenView):
    """Invitations."""

    authentication_classes = (BearerAuthentication,)
    refuses = ("already_there", "unfit", "which_one", "invitation_over")

    @extend_schema(request=AcceptBody, responses=AcceptAnswer, operation_id="invitation_accept")
    def post(self, request: Request) -> HttpResponseBase:
        """Accept an invitation, as who is signed in or as somebody new."""
        body = checked(AcceptBody, request)
        invitation = invitations.find(body["token"])
        target = Target(Channel(invitation.channel), invitation.address)
        signed_in = cast(User, request.user) if request.auth else None
        if signed_in is None and holders.find(target) is not None:
            detail = "There is an account of this address. Sign in, and open the link again."
            raise Problem(401, "sign_in_first", detail)
        user = signed_in or _newcomer(body, target)
        return once(request, lambda: self._accepted(request, invitation, target, user))

    def _accepted(
        self, request: Request, invitation: Invitation, target: Target, user: User | None
    ) -> Response:
        created = user is None or user._state.adding
        if user is None:
            user, created = holders.account_of(target)
        elif created:
            user.save(force_insert=True)
        invitations.accept(invitation, user)
        place = invitations.place_of(invitation)
        if not Grant.objects.filter(
            user=user, role=place.role, chain=place.chain, branch=place.branch
        ).exists():
            roles.give(user, place)
        told = {
            "created": created,
            "role": place.role,
            "chain": place.chain.slug,
            "branch": place.branch.code if place.branch else None,
        }
        return Response({**tokens.issue(user, place_of(request)), **told})


def _newcomer(body: dict[str, Any], target: Target) -> User | None:
    """Return a new account with the name and password that were chosen; None if neither was."""
    username, password = body.get("username"), body.get("password")
    if (username is None) != (password is None):
        missing = "password" if password is None else "username"
        raise rule("which_one", **{missing: "Expected a name and a password, or neither."})
    if username is None:
        return None
    user = User(username=User.normalize_username(username))
    if target.channel is Channel.SMS:
        user.phone = target.address
    else:
        user.email = target.address
    if taken := lookalikes.taken(User.objects.all(), user):
        raise rule("already_there", **taken)
    if sentence := lookalikes.refusal(user.username):
        raise rule("unfit", username=sentence)
    validate_in_field("password", str(password), user)
    user.set_password(str(password))
    return user
