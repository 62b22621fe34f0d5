"""Tokens: short-lived signed ones for access, kept and rotated ones for refresh, and devices' own.

Access and device tokens are JWTs (HS256, ``settings.SIGNING_KEY``) with different
audiences, so that one never passes for the other. Refresh tokens are random; the
database has their SHA-256 only.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import Any, TypedDict

import jwt
import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from core.accounts.credentials import logins
from core.accounts.credentials.logins import NOWHERE, LoginOrigin
from core.accounts.models import Ending, Login, RefreshToken, User

USERS = "trolley"
DEVICES = "trolley-device"
_ALGORITHM = "HS256"
_REUSED = "This refresh token was used before. All logins made from it are ended; please log in again."


class TokenError(Exception):
    """A token that is not accepted; ``code`` is token_expired or token_invalid."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Claims(msgspec.Struct, frozen=True):
    """The claims of a verified token."""

    subject: str
    """UUID of the user or device."""
    audience: str
    expires_at: int
    """POSIX seconds."""
    version: int = 0
    """A device's token version; 0 for users."""
    login: str = ""
    """UUID of a user's login; empty for devices."""


class Pair(TypedDict):
    """What a login returns."""

    access: str
    refresh: str
    expires_in: int
    """Seconds until the access token ends."""


def issue(user: User, place: LoginOrigin = NOWHERE) -> Pair:
    """Return a new access and refresh token; begins a login."""
    return _pair(user, logins.begin(user, place).pk)


def issue_device(device_id: str | uuid.UUID, version: int) -> str:
    """Return a device's token, worth something while the device's ``token_version`` is ``version``."""
    return _encode(str(device_id), DEVICES, settings.DEVICE_TOKEN_S, ver=version)


def verify(token: str, audience: str = USERS) -> Claims:
    """Return the claims of an access or device token; raises TokenError. Reads no database."""
    try:
        body = jwt.decode(
            token,
            settings.SIGNING_KEY,
            algorithms=[_ALGORITHM],
            audience=audience,
            options={"require": ["sub", "aud", "exp", "iat"]},
        )
    except jwt.ExpiredSignatureError:
        raise TokenError("token_expired", "The token has expired.") from None
    except jwt.InvalidTokenError:
        raise TokenError("token_invalid", "The token is not valid.") from None
    version, login = int(body.get("ver", 0)), str(body.get("sid", ""))
    return Claims(str(body["sub"]), audience, int(body["exp"]), version, login)


def rotate(refresh: str) -> Pair:
    """Use a refresh token up for a new pair; raises TokenError. A second use ends its family."""
    now = timezone.now()
    found = RefreshToken.objects.select_related("user").filter(digest=_digest(refresh)).first()
    if found is None or found.revoked_at is not None or not found.user.is_active:
        raise TokenError("token_invalid", "The refresh token is not valid.")
    if found.expires_at <= now and found.used_at is None:
        raise TokenError("token_expired", "The refresh token has expired.")
    # One conditional update, so that of two uses at the same moment only one counts as the first.
    with transaction.atomic():
        first = RefreshToken.objects.filter(pk=found.pk, used_at=None, revoked_at=None).update(used_at=now)
        if first:
            logins.seen(found.family)
            return _pair(found.user, found.family)
    logins.end((found.family,), Ending.REUSE)
    raise TokenError("token_invalid", _REUSED)


def log_out(refresh: str) -> None:
    """End the login that a refresh token belongs to; an unknown token changes nothing."""
    logins.end(_found(refresh).values_list("family", flat=True), Ending.LOGOUT)


def log_out_everywhere(refresh: str) -> None:
    """End every login of the account that a refresh token belongs to; raises TokenError."""
    now = timezone.now()
    found = _found(refresh).filter(used_at=None, revoked_at=None, expires_at__gt=now).first()
    if found is None:
        raise TokenError("token_invalid", "The refresh token is not valid.")
    logins.end_all(found.user_id, Ending.EVERYWHERE)


def purge() -> int:
    """Delete refresh tokens that have expired, and logins without any; return how many tokens there were."""
    gone, _ = RefreshToken.objects.filter(expires_at__lt=timezone.now()).delete()
    kept = RefreshToken.objects.filter(family=OuterRef("pk"))
    Login.objects.filter(~Exists(kept), seen_at__lt=timezone.now() - timedelta(days=1)).delete()
    return gone


def _found(refresh: str) -> QuerySet[RefreshToken]:
    return RefreshToken.objects.filter(digest=_digest(refresh))


def _pair(user: User, family: uuid.UUID) -> Pair:
    refresh = secrets.token_urlsafe(32)
    now = timezone.now()
    RefreshToken.objects.create(
        family=family,
        user=user,
        digest=_digest(refresh),
        issued_at=now,
        expires_at=now + timedelta(seconds=settings.REFRESH_TOKEN_S),
    )
    access = _encode(str(user.pk), USERS, settings.ACCESS_TOKEN_S, sid=str(family))
    return Pair(access=access, refresh=refresh, expires_in=settings.ACCESS_TOKEN_S)


def _encode(subject: str, audience: str, lifetime_s: int, **more: Any) -> str:
    now = int(timezone.now().timestamp())
    body = {
        "sub": subject,
        "aud": audience,
        "iat": now,
        "exp": now + lifetime_s,
        "jti": uuid.uuid4().hex,
        **more,
    }
    return jwt.encode(body, settings.SIGNING_KEY, algorithm=_ALGORITHM)


def _digest(refresh: str) -> str:
    return hashlib.sha256(refresh.encode()).hexdigest()
