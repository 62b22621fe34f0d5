"""DRF's way to the principal of a key: ``Authorization: Api-Key <secret>``."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from core import access
from core.accounts.models import User
from core.accounts.principals import Principal
from core.apikeys import keys


class KeyAuthentication(BaseAuthentication):
    """Sets ``request.user`` to the key's owner and ``request.auth`` to the key's principal.

    A key opens what a permission of its scopes opens, by the table of ``core/access.py``: never what is
    somebody's own.
    """

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        """Return both, or None without a key; raises AuthenticationFailed, PermissionDenied."""
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != keys.SCHEME:
            return None
        try:
            key = keys.find(secret.strip())
        except keys.KeyRefused:
            raise AuthenticationFailed("This key is not known, or is over.", "token_invalid") from None
        match = request.resolver_match
        rule = None if match is None else access.rule_of(match.route, str(request.method))
        if (
            rule is None
            or rule.who not in ("granted", "seen")
            or rule.permission not in (*key.scopes, keys.ALWAYS)
        ):
            raise PermissionDenied("The scopes of this key do not allow this.")
        return key.owner, keys.principal(key)

    def authenticate_header(self, request: Request) -> str:
        """Return the WWW-Authenticate header of a 401."""
        return "Bearer"


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The same in the OpenAPI document."""

    target_class = KeyAuthentication
    name = "api_key"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the security scheme object."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key stk_…`: a key of a retailer's own system.",
        }
