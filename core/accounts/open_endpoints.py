"""What the endpoints that need no token have in common: throttling, the login's origin, the answer."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from core.accounts.credentials import throttling
from core.accounts.credentials.logins import LoginOrigin
from core.accounts.models import User
from core.rest.views import Keeps


class TokenAnswer(serializers.Serializer[Any]):
    """A pair of tokens."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds until the access token ends.")


class OpenView(throttling.LimitedView):
    """For those who have no token yet."""

    # Hashing a password is slow on purpose, and nobody else could write meanwhile.
    keeps: Keeps = "by_hand"
    authentication_classes: Any = ()
    permission_classes: Any = (AllowAny,)


def place_of(request: Request) -> LoginOrigin:
    """Return where the request comes from, for the list of logins."""
    return LoginOrigin(request.headers.get("User-Agent", ""), str(request.META.get("REMOTE_ADDR") or ""))


def validate_in_field(field: str, password: str, user: User) -> None:
    """Check a new password; raises ValidationError that names the field."""
    from django.core.exceptions import ValidationError as Weak

    try:
        validate_password(password, user)
    except Weak as error:
        raise ValidationError({field: [ErrorDetail(text, "unfit") for text in error.messages]}) from None
