"""REST of a chain's people, and of accepting an invitation."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import names, people, scopes
from core.accounts.codes.codes import Target
from core.accounts.codes.holders import find
from core.accounts.members import invitations, roles
from core.accounts.members.rights import RoleAssignment, may_give, seen
from core.accounts.models import Grant, Invitation, Role, User
from core.accounts.principals import Principal
from core.outbox.models import Channel
from core.problems import rule
from core.rest.fields import ClosedSerializer, Moment, StrictChoice, StrictEmail, StrictText, checked
from core.rest.views import RowView
from core.tenancy.lookup import by_id_or
from core.tenancy.models import Branch, Chain
from core.wire import phones


class MemberBody(ClosedSerializer):
    """Who is to have which role where: by name, address or phone number, one of the three."""

    username = StrictText(min_length=1, max_length=150, required=False)
    email = StrictEmail(max_length=254, required=False)
    phone = StrictText(min_length=1, max_length=40, required=False)
    role = StrictChoice(choices=Role.choices)
    branch = StrictText(
        min_length=1, max_length=40, required=False, help_text="Id or code; without it: in all of the chain."
    )


class MemberChanges(ClosedSerializer):
    """What a role becomes; what is left out stays."""

    role = StrictChoice(choices=Role.choices, required=False)
    branch = StrictText(min_length=1, max_length=40, required=False)


class MemberAnswer(serializers.Serializer[Any]):
    """A role that somebody has, or is invited to."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["active", "invited"])
    user_id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(help_text="Of who is invited only: the address or the number.")
    role = serializers.ChoiceField(choices=Role.choices)
    chain = serializers.CharField()
    branch = serializers.CharField(allow_null=True, help_text="Its code; null: in all of the chain.")
    expires_at = Moment(allow_null=True, help_text="Of an invitation.")


class _Members(RowView[Grant]):
    serializer_class: Any = MemberAnswer
    queryset = Grant.objects.none()
    filter_backends: Any = ()

    @property
    def who(self) -> Principal:
        """Return the caller."""
        return cast(Principal, self.request.auth)

    def chain(self, chain_id: str) -> tuple[Chain, Q]:
        """Return the chain and which of its roles the caller sees; raises Http404, PermissionDenied."""
        chain = scopes.find_chain(self.who, chain_id)
        rows = seen(self.who, chain)
        if rows is None:
            raise PermissionDenied
        return chain, rows

    def place(self, chain: Chain, role: str, branch: str | None) -> RoleAssignment:
        """Return the place that is named; raises ValidationError, PermissionDenied."""
        found = None if branch is None else self._branch(chain, branch)
        if role == Role.CHAIN_ADMIN and found is not None:
            raise rule("unfit", branch="A chain admin is one in all of the chain: leave the branch out.")
        place = RoleAssignment(role, chain, found)
        if not may_give(self.who, place):
            raise PermissionDenied("Nobody can give, change or take more than they have themselves.")
        return place

    def _branch(self, chain: Chain, name: str) -> Branch:
        found = Branch.objects.filter(by_id_or("code", name), chain=chain, is_active=True).first()
        if found is None:
            raise rule("not_there", branch="There is no such branch in this chain.")
        return found


class MembersView(_Members):
    """A chain's people."""

    refuses = ("already_there", "not_there", "unfit", "which_one")

    @extend_schema(responses=MemberAnswer(many=True), operation_id="chain_members")
    def get(self, request: Request, chain_id: str) -> Response:
        """List who has which role where, and who is invited, as far as the caller manages them."""
        chain, rows = self.chain(chain_id)
        grants = Grant.objects.filter(rows, chain=chain).select_related("user", "chain", "branch")
        waiting = invitations.standing().filter(rows, chain=chain).select_related("chain", "branch")
        found = [_member(each) for each in grants.order_by("role", "branch__code", "user__username")]
        found += [_invited(each) for each in waiting.order_by("made_at")]
        page = self.paginate_queryset(cast(QuerySet[Grant], found))
        return self.get_paginated_response(MemberAnswer(page, many=True).data)

    @extend_schema(request=MemberBody, responses={201: MemberAnswer}, operation_id="chain_member_add")
    def post(self, request: Request, chain_id: str) -> Response:
        """Give somebody a role, or invite an address or a number that nobody has."""
        chain, _ = self.chain(chain_id)
        body = checked(MemberBody, request)
        given = [name for name in ("username", "email", "phone") if name in body]
        if len(given) != 1:
            raise rule("which_one", username="Expected one of username, email and phone.")
        target = _target(body, chain)
        place = self.place(chain, body["role"], body.get("branch"))
        user = find(target) if target else names.find(User.objects.all(), body["username"])
        if user is not None and user.is_active and roles.known_to(user, chain):
            return Response(MemberAnswer(_member(roles.announce(roles.give(user, place)))).data, 201)
        if target is None:
            raise rule("not_there", username="Nobody here has that name. Invite them by e-mail or phone.")
        by = cast(User, request.user)
        return Response(MemberAnswer(_invited(invitations.invite(place, target, by))).data, 201)


class MemberView(_Members):
    """One role of one person."""

    refuses = ("already_there", "not_there", "unfit")

    @extend_schema(request=MemberChanges, responses=MemberAnswer, operation_id="chain_member_change")
    def patch(self, request: Request, chain_id: str, member_id: uuid.UUID) -> Response:
        """Change which role it is, or in which branch."""
        chain, rows = self.chain(chain_id)
        grant = self._grant(chain, rows, member_id)
        if grant is None:
            raise Http404
        body = checked(MemberChanges, request)
        role, branch = body.get("role", grant.role), grant.branch.code if grant.branch else None
        if role == Role.CHAIN_ADMIN:
            branch = None
        place = self.place(chain, role, body.get("branch", branch))
        roles.change(grant, place)
        return Response(MemberAnswer(_member(grant)).data)

    @extend_schema(responses={204: None}, operation_id="chain_member_remove")
    def delete(self, request: Request, chain_id: str, member_id: uuid.UUID) -> Response:
        """Take the role away, at once on open sockets too; or withdraw an invitation."""
        chain, rows = self.chain(chain_id)
        grant = self._grant(chain, rows, member_id)
        if grant is not None:
            roles.take(grant)
            return Response(status=204)
        waiting = invitations.standing().filter(rows, chain=chain, pk=member_id)
        invitation = waiting.select_related("chain", "branch").first()
        if invitation is None:
            raise Http404
        if not may_give(self.who, invitations.place_of(invitation)):
            raise PermissionDenied
        invitations.withdraw(invitation)
        return Response(status=204)

    def _grant(self, chain: Chain, rows: Q, member_id: uuid.UUID) -> Grant | None:
        """Return the role of this id; raises PermissionDenied for one that is above the caller's."""
        found = Grant.objects.filter(rows, chain=chain, public_id=member_id)
        grant = found.select_related("user", "chain", "branch").first()
        if grant is not None and not may_give(
            self.who, RoleAssignment(grant.role, grant.chain, grant.branch)
        ):
            raise PermissionDenied
        return grant


def _target(body: dict[str, Any], chain: Chain) -> Target | None:
    if "email" in body:
        return Target(Channel.EMAIL, body["email"].lower())
    if "phone" not in body:
        return None
    try:
        return Target(Channel.SMS, phones.e164(body["phone"], chain.country or None))
    except ValueError as error:
        raise rule("unfit", phone=str(error)) from None


def _member(grant: Grant) -> dict[str, Any]:
    return {
        "id": grant.public_id,
        "status": "active",
        "user_id": grant.user_id,
        "name": people.shown_name(grant.user.username, grant.user.phone),
        "expires_at": None,
        **_where(grant),
    }


def _invited(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": invitation.pk,
        "status": "invited",
        "user_id": None,
        "name": invitation.address,
        "expires_at": invitation.expires_at,
        **_where(invitation),
    }


def _where(row: Grant | Invitation) -> dict[str, Any]:
    return {
        "role": row.role,
        "chain": row.chain.slug,
        "branch": row.branch.code if row.branch else None,
    }
