"""Typed reading of environment variables by environs, with errors that name the variable.

``core/settings/base.py`` is the only place that makes an ``Environment``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError, validate

from core.config import addresses

T = TypeVar("T")


class Environment:
    """The process environment as typed values; raises ImproperlyConfigured.

    An empty variable counts as not set. Errors say the name, what was expected and
    what came; values read through ``secret``, ``database``, ``mail`` and ``sms`` are never repeated.
    """

    def __init__(self) -> None:
        self._env = Env()

    def text(self, name: str, default: str = "") -> str:
        """Return the variable without surrounding blanks."""
        return self._env.str(name, "").strip() or default

    def secret(self, name: str, default: str, least: int = 32) -> str:
        """Return a secret of at least ``least`` characters; its value never shows in an error."""
        value = self.text(name)
        if value and len(value) < least:
            raise ImproperlyConfigured(
                f"{name}: expected a secret of at least {least} characters, got {len(value)}"
            )
        return value or default

    def flag(self, name: str, default: bool) -> bool:
        """Return True for 1/true/yes/on and False for 0/false/no/off."""
        return self._typed(name, default, "1/true/yes/on or 0/false/no/off", self._env.bool)

    def integer(self, name: str, default: int, least: int = 0, most: int = 2**31) -> int:
        """Return a whole number with ``least <= number <= most``."""
        expected = f"a whole number from {least} to {most}"
        return self._typed(name, default, expected, self._env.int, validate=validate.Range(least, most))

    def number(self, name: str, default: float, least: float = 0.0) -> float:
        """Return a finite number of at least ``least`` (seconds, mostly)."""
        expected = f"a number of at least {least:g}"
        return self._typed(name, default, expected, self._env.float, validate=validate.Range(least))

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """Return one of ``allowed``."""
        value = self.text(name, default).lower()
        if value not in allowed:
            raise ImproperlyConfigured(f"{name}: expected one of {', '.join(allowed)}, got {value!r}")
        return value

    def names(self, name: str, default: list[str]) -> list[str]:
        """Return a comma-separated list without empty parts."""
        parts = [part.strip() for part in self._env.list(name, [], subcast=str)]
        return [part for part in parts if part] or default

    def path(self, name: str, default: Path) -> Path:
        """Return an absolute path; ``~`` is the home folder."""
        return Path(self.text(name) or default).expanduser().resolve()

    def origin(self, name: str, default: str) -> str:
        """Return a web origin, ``http(s)://host[:port]``, without a trailing slash."""
        value = self.text(name, default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise ImproperlyConfigured(
                f"{name}: expected http(s)://host[:port] without a path, got {value!r}"
            )
        return value

    def url(self, name: str, schemes: tuple[str, ...]) -> str | None:
        """Return a service's address with one of the schemes, or None when it is not set."""
        value = self.text(name)
        return _named(name, lambda: addresses.of_schemes(value, schemes)) if value else None

    def together(self, *names: str) -> None:
        """Refuse some of these variables without the others."""
        missing = [name for name in names if not self.text(name)]
        if 0 < len(missing) < len(names):
            given = [name for name in names if name not in missing]
            raise ImproperlyConfigured(f"{', '.join(missing)}: expected, because {', '.join(given)} is set")

    def database(self, name: str, default_file: Path) -> dict[str, Any]:
        """Return Django's settings of the database at an address, or of a file."""
        value = self.text(name)
        return _named(name, lambda: addresses.database(value)) if value else addresses.sqlite(default_file)

    def mail(self, name: str, default: str) -> dict[str, Any]:
        """Return Django's settings of the mail server at an address; without one an empty BACKEND."""
        return _named(name, lambda: addresses.mail(self.text(name, default)))

    def sms(self, name: str, default: str) -> dict[str, str]:
        """Return how text messages go out, see ``addresses.sms``; without an address an empty scheme."""
        return _named(name, lambda: addresses.sms(self.text(name, default)))

    def _typed(self, name: str, default: T, expected: str, read: Callable[..., T], **options: Any) -> T:
        if not self.text(name):
            return default
        try:
            return read(name, **options)
        except EnvValidationError:
            raise ImproperlyConfigured(f"{name}: expected {expected}, got {self.text(name)!r}") from None


def _named(name: str, read: Callable[[], T]) -> T:
    """Return what ``read`` does; its error is raised with the variable's name."""
    try:
        return read()
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None
