"""Bearer tokens, verified by signature; no database lookup, as a careful team would have it."""

from typing import NamedTuple

import jwt
from django.conf import settings
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class TokenUser(NamedTuple):
    """Who the token says is calling."""

    id: str
    is_authenticated: bool = True


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer <JWT>``, HS256."""

    def authenticate(self, request: Request) -> tuple[TokenUser, None] | None:
        """The token's user; raises AuthenticationFailed for a token that is not ours."""
        parts = get_authorization_header(request).split()
        if len(parts) != 2 or parts[0].lower() != b"bearer":
            return None
        try:
            claims = jwt.decode(parts[1], settings.SECRET_KEY, algorithms=["HS256"])
        except jwt.InvalidTokenError as error:
            raise AuthenticationFailed(str(error)) from error
        return TokenUser(claims["sub"]), None

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"
