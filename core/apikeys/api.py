"""REST of a chain's keys, for who runs the chain."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts import scopes
from core.accounts.models import User
from core.accounts.principals import PERMISSIONS, Principal, may
from core.apikeys import keys
from core.apikeys.models import ApiKey
from core.problems import rule
from core.rest.fields import (
    ClosedSerializer,
    LineText,
    Moment,
    StrictChoice,
    StrictInteger,
    StrictText,
    checked,
)
from core.rest.views import View
from core.tenancy.models import Branch, Chain

_SCOPES = tuple(sorted(set(PERMISSIONS) - {"device.link", "admin.enter", "chain.create", "firmware.release"}))
_DAYS = 730


class NewKey(ClosedSerializer):
    """A key; ``branch`` (code): for that branch alone."""

    name = LineText(max_length=80)
    scopes = serializers.ListField(child=StrictChoice(_SCOPES), min_length=1, max_length=len(_SCOPES))
    branch = StrictText(max_length=40, required=False)
    days = StrictInteger(min_value=1, max_value=_DAYS, default=365)


class RotateKeyBody(ClosedSerializer):
    """For how long the old secret stays valid after the new one is made."""

    overlap_minutes = StrictInteger(min_value=0, max_value=7 * 24 * 60, default=60)


class KeyAnswer(serializers.ModelSerializer[ApiKey]):
    """A key, without its secret."""

    chain = serializers.CharField(source="chain.slug")
    branch = serializers.CharField(source="branch.code", default=None, allow_null=True)
    owner = serializers.CharField(source="owner.username")
    scopes = serializers.ListField(child=serializers.CharField())
    created_at = Moment()
    expires_at = Moment()
    last_used_at = Moment(allow_null=True)

    class Meta:
        model = ApiKey
        fields: tuple[str, ...] = (
            "id", "name", "chain", "branch", "owner", "scopes", "created_at", "expires_at", "last_used_at",
        )  # fmt: skip


class SecretAnswer(serializers.Serializer[Any]):
    """A key with its secret, which is shown this once."""

    key = KeyAnswer()
    secret = serializers.CharField()


class KeysView(View):
    """The keys of a chain."""

    keeps = "after"
    refuses = ("not_there", "unfit")

    @extend_schema(responses=KeyAnswer(many=True), operation_id="api_keys")
    def get(self, request: Request, chain_id: str) -> Response:
        """Return the chain's keys that are not revoked."""
        chain = _chain(request, chain_id)
        rows = ApiKey.objects.filter(chain=chain, revoked_at=None).select_related("chain", "branch", "owner")
        return Response(KeyAnswer(rows, many=True).data)

    @extend_schema(request=NewKey, responses={201: SecretAnswer}, operation_id="api_keys_create")
    def post(self, request: Request, chain_id: str) -> Response:
        """Make a key, of no more than the caller may; the answer has its secret, this once."""
        chain, given = _chain(request, chain_id), checked(NewKey, request)
        branch = _branch(chain, given.get("branch"))
        who = cast(Principal, request.auth)
        code = None if branch is None else branch.code
        lacking = [each for each in given["scopes"] if not may(who, each, chain.slug, code)]
        if lacking:
            raise rule("unfit", scopes=f"You may not give what you have not got: {', '.join(lacking)}.")
        secret = keys.new_secret()
        row = ApiKey.objects.create(
            chain=chain,
            branch=branch,
            owner=cast(User, request.user),
            name=given["name"],
            scopes=sorted(set(given["scopes"])),
            digest=keys.digest(secret),
            expires_at=timezone.now() + timedelta(days=given["days"]),
        )
        return Response({"key": KeyAnswer(row).data, "secret": secret}, 201)


class KeyView(View):
    """One key."""

    @extend_schema(responses={204: None}, operation_id="api_key_revoke")
    def delete(self, request: Request, chain_id: str, key_id: uuid.UUID) -> Response:
        """Revoke the key, at once and for good."""
        row = _key(request, chain_id, key_id)
        row.revoked_at = timezone.now()
        row.save()
        return Response(status=204)


class RotateKeyView(View):
    """Another secret for a key."""

    keeps = "after"

    @extend_schema(request=RotateKeyBody, responses=SecretAnswer, operation_id="api_key_rotate")
    def post(self, request: Request, chain_id: str, key_id: uuid.UUID) -> Response:
        """Give the key another secret; the old one is good for a while, so that nothing stands still."""
        row, given = _key(request, chain_id, key_id), checked(RotateKeyBody, request)
        secret = keys.new_secret()
        row.older_digest = row.digest
        row.older_until = timezone.now() + timedelta(minutes=given["overlap_minutes"])
        row.digest = keys.digest(secret)
        row.save()
        return Response({"key": KeyAnswer(row).data, "secret": secret})


def _chain(request: Request, chain_id: str) -> Chain:
    """Return the chain; keys make no keys."""
    who = cast(Principal, request.auth)
    if who.kind == "key":
        raise PermissionDenied
    return scopes.chain_for(who, "chain.manage", chain_id)


def _branch(chain: Chain, code: str | None) -> Branch | None:
    if code is None:
        return None
    branch = Branch.objects.filter(chain=chain, code=code).first()
    if branch is None:
        raise rule("not_there", branch=f"The chain has no branch {code}.")
    return branch


def _key(request: Request, chain_id: str, key_id: uuid.UUID) -> ApiKey:
    chain = _chain(request, chain_id)
    row = ApiKey.objects.select_related("chain", "branch", "owner")
    found = row.filter(pk=key_id, chain=chain, revoked_at=None).first()
    if found is None:
        raise Http404
    return found
