"""Making keys, and telling whose a secret is. Blocking."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

import msgspec
from django.db.models import Q
from django.utils import timezone

from core.accounts import principals
from core.accounts.principals import Principal
from core.apikeys.models import ApiKey

SCHEME = "api-key"
"""``Authorization: Api-Key stk_…``"""
_PREFIX = "stk_"
_NOTED = timedelta(minutes=1)
"""How exactly the last use is known."""
ALWAYS = "branch.watch"
"""What every key may, so that it finds the branch it is for."""


class KeyRefused(Exception):
    """A secret that is unknown or expired, or whose owner has no role in the chain any more."""


def new_secret() -> str:
    """Return a secret; it is shown once."""
    return _PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is kept of a secret. It is random, so that no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find(secret: str) -> ApiKey:
    """Return the key of a secret; raises KeyRefused."""
    now, wanted = timezone.now(), digest(secret)
    good = Q(digest=wanted) | Q(older_digest=wanted, older_until__gt=now)
    key = (
        ApiKey.objects.select_related("owner", "chain", "branch")
        .filter(good, revoked_at=None, expires_at__gt=now, owner__is_active=True, chain__is_active=True)
        .first()
    )
    if key is None:
        raise KeyRefused
    if key.last_used_at is None or now - key.last_used_at > _NOTED:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def principal(key: ApiKey) -> Principal:
    """Return the key's principal: itself, with its owner's roles in the chain, limited by its scopes."""
    owner = principals.of(key.owner)
    grants = tuple(grant for grant in owner.grants if grant.chain == key.chain.slug)
    if owner.is_platform_admin:
        grants = (principals.HeldRole("chain_admin", key.chain.slug),)
    if key.branch is not None:
        code = key.branch.code
        grants = tuple(
            msgspec.structs.replace(grant, branch=code) for grant in grants if grant.branch in (None, code)
        )
    return Principal(
        kind="key",
        id=str(key.pk),
        username=key.name,
        grants=grants,
        scopes=frozenset((*key.scopes, ALWAYS)),
    )
