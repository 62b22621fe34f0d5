"""Passwords that guessers try first, in addition to Django's list."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError

from core.config.production import DEMO_PASSWORD

_LEAST_CHARACTERS = 4


class NotGuessed:
    """Refuses blanks, few different characters, and in production the demonstration's password."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError for a password that is guessed soon."""
        if len(set(password) - set(" \t\n")) < _LEAST_CHARACTERS:
            raise ValidationError(
                f"Expected at least {_LEAST_CHARACTERS} different characters beside blanks.",
                code="password_too_simple",
            )
        if settings.PRODUCTION and password.strip().casefold() == DEMO_PASSWORD:
            raise ValidationError("This password is known to everybody.", code="password_too_common")

    def get_help_text(self) -> str:
        """Return the help text of a form."""
        return f"Your password needs at least {_LEAST_CHARACTERS} different characters beside blanks."
