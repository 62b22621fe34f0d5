"""DRF's way to the principal: ``Authorization: Bearer <access token>``."""

from __future__ import annotations

from typing import Any

import jwt
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from core.accounts import principals, tokens
from core.accounts.models import User
from core.accounts.principals import Principal


class BearerAuthentication(BaseAuthentication):
    """Sets ``request.user`` to the User and ``request.auth`` to the Principal."""

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        """Return both, or None without a bearer token; raises AuthenticationFailed for a bad one."""
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            claims = tokens.verify(token.strip())
            user = principals.find_user(claims.subject)
        except tokens.TokenError as error:
            raise AuthenticationFailed(error.detail, error.code) from None
        return user, principals.of(user)

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 says in WWW-Authenticate."""
        return "Bearer"


class DeviceCaller:
    """What ``request.user`` is for a device."""

    is_authenticated = True
    is_active = True

    def __init__(self, device_id: str, version: int) -> None:
        self.pk = device_id
        self.version = version
        """Of the token it came with."""


class DeviceAuthentication(BearerAuthentication):
    """A device's token or a person's: ``request.auth`` is the Principal of either."""

    def authenticate(self, request: Request) -> Any:
        """Return User or DeviceCaller and Principal, or None without a bearer token."""
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            claims = tokens.verify(token.strip(), tokens.DEVICES)
            return DeviceCaller(claims.subject, claims.version), principals.load_device(claims)
        except tokens.TokenError as error:
            if error.code == "token_expired" or _audience(token) == tokens.DEVICES:
                raise AuthenticationFailed(error.detail, error.code) from None
        return super().authenticate(request)


def _audience(token: str) -> str:
    """Return whom the token says it is for, unverified: only to choose which refusal is told."""
    try:
        claims = jwt.decode(token.strip(), options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return ""
    return str(claims.get("aud", ""))


class SessionAuthentication(BaseAuthentication):
    """The admin's login, for pages that only show something. Sets the same two."""

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        """Return both for a safe request of somebody who is logged in."""
        user = getattr(request._request, "user", None)
        if request.method not in ("GET", "HEAD") or not isinstance(user, User) or not user.is_active:
            return None
        return user, principals.of(user)


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The same in the OpenAPI document."""

    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the security scheme object."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class DeviceScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The same in the OpenAPI document."""

    target_class = DeviceAuthentication
    name = "device"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the security scheme object."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The token that a device was given when it registered, or a person's.",
        }


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The same in the OpenAPI document."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the security scheme object."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
