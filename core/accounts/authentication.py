"""DRF's way to the principal: ``Authorization: Bearer <access token>``."""

from __future__ import annotations

import msgspec
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from core.accounts import principals
from core.accounts.credentials import tokens
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
            user = principals.find_user(claims)
            principal = msgspec.structs.replace(principals.of(user), login=claims.login)
        except tokens.TokenError as error:
            raise AuthenticationFailed(error.detail, error.code) from None
        return user, principal

    def authenticate_header(self, request: Request) -> str:
        """Return the WWW-Authenticate header of a 401."""
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The same in the OpenAPI document."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the security scheme object."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
