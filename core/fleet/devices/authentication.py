"""DRF's way to a device's principal: ``Authorization: Bearer <device token>``."""

from __future__ import annotations

from typing import Any

import jwt
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from core.accounts.authentication import BearerAuthentication
from core.accounts.credentials import tokens
from core.fleet.devices.principal import load_device


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
            return DeviceCaller(claims.subject, claims.version), load_device(claims)
        except tokens.TokenError as error:
            if error.code == "token_expired" or _audience(token) == tokens.DEVICES:
                raise AuthenticationFailed(error.detail, error.code) from None
        return super().authenticate(request)


def _audience(token: str) -> str:
    """Return the token's audience, unverified: only to choose the refusal."""
    try:
        claims = jwt.decode(token.strip(), options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return ""
    return str(claims.get("aud", ""))


class DeviceScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The device's scheme in the OpenAPI document."""

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
