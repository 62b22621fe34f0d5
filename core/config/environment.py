"""Typed reading of environment variables, with errors that name the variable.

``core/settings.py`` is the only place that hands the process environment in.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_MAIL = {"smtp": "smtp", "smtps": "smtp", "console": "console", "file": "filebased", "locmem": "locmem"}


class Environment:
    """A view of environment variables that returns typed values or raises ImproperlyConfigured.

    An empty variable counts as not set. Errors say the name, what was expected and
    what came; values read through ``secret`` and ``database`` are never repeated.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, default: str = "") -> str:
        """Return the variable without surrounding blanks."""
        return self._values.get(name, "").strip() or default

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
        value = self.text(name).lower()
        if not value:
            return default
        if value not in _TRUE | _FALSE:
            raise ImproperlyConfigured(f"{name}: expected 1/true/yes/on or 0/false/no/off, got {value!r}")
        return value in _TRUE

    def integer(self, name: str, default: int, least: int = 0, most: int = 2**31) -> int:
        """Return a whole number with ``least <= number <= most``."""
        value = self.text(name)
        if not value:
            return default
        try:
            number = int(value)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ImproperlyConfigured(
                f"{name}: expected a whole number from {least} to {most}, got {value!r}"
            )
        return number

    def number(self, name: str, default: float, least: float = 0.0) -> float:
        """Return a finite number of at least ``least`` (seconds, mostly)."""
        value = self.text(name)
        if not value:
            return default
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not least <= number < float("inf"):
            raise ImproperlyConfigured(f"{name}: expected a number of at least {least:g}, got {value!r}")
        return number

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """Return one of ``allowed``."""
        value = self.text(name, default).lower()
        if value not in allowed:
            raise ImproperlyConfigured(f"{name}: expected one of {', '.join(allowed)}, got {value!r}")
        return value

    def names(self, name: str, default: list[str]) -> list[str]:
        """Return a comma-separated list without empty parts."""
        parts = [part.strip() for part in self.text(name).split(",")]
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
        if value and urlsplit(value).scheme not in schemes:
            raise ImproperlyConfigured(
                f"{name}: expected an address that begins with {' or '.join(s + '://' for s in schemes)},"
                f" got the scheme {urlsplit(value).scheme!r}"
            )
        return value or None

    def together(self, *names: str) -> None:
        """Refuse some of these variables without the others."""
        missing = [name for name in names if not self.text(name)]
        if 0 < len(missing) < len(names):
            given = [name for name in names if name not in missing]
            raise ImproperlyConfigured(f"{', '.join(missing)}: expected, because {', '.join(given)} is set")

    def database(self, name: str, default_file: Path) -> dict[str, Any]:
        """Return Django's settings of the database at a postgres:// or sqlite:// address."""
        value = self.url(name, ("postgres", "postgresql", "sqlite"))
        if value is None:
            return _sqlite(default_file)
        parts = urlsplit(value)
        if parts.scheme == "sqlite":
            # sqlite:///relative.db and sqlite:////absolute.db, as everybody writes them.
            file = unquote(parts.path[1:])
            if not file:
                raise ImproperlyConfigured(f"{name}: expected sqlite:///<file>, got no file")
            return _sqlite(Path(file).expanduser().resolve())
        return _postgres(name, value)

    def mail(self, name: str, default: str) -> dict[str, Any]:
        """Return Django's settings of the mail server at an address; without one an empty BACKEND.

        ``smtp://user:password@host:587`` (STARTTLS; ``?tls=0``: none), ``smtps://…:465``,
        ``console://``, ``file:///folder``, ``locmem://``. The address is never repeated in an error.
        """
        value = self.text(name, default)
        parts = urlsplit(value)
        if not value:
            return {"BACKEND": ""}
        if parts.scheme not in _MAIL or (parts.scheme.startswith("smtp") and not parts.hostname):
            raise ImproperlyConfigured(
                f"{name}: expected an address that begins with {', '.join(f'{each}://' for each in _MAIL)}"
            )
        found = {"BACKEND": f"django.core.mail.backends.{_MAIL[parts.scheme]}.EmailBackend"}
        if parts.scheme == "file":
            return {**found, "FILE_PATH": unquote(parts.path)}
        return {**found, **_smtp(name, value)} if parts.scheme.startswith("smtp") else found


def _smtp(name: str, value: str) -> dict[str, Any]:
    parts = urlsplit(value)
    wrapped = parts.scheme == "smtps"
    try:
        port = parts.port or (465 if wrapped else 587)
    except ValueError:
        raise ImproperlyConfigured(f"{name}: expected a port number from 1 to 65535") from None
    return {
        "HOST": parts.hostname,
        "PORT": port,
        "HOST_USER": unquote(parts.username or ""),
        "HOST_PASSWORD": unquote(parts.password or ""),
        "USE_SSL": wrapped,
        "USE_TLS": not wrapped and dict(parse_qsl(parts.query)).get("tls", "1") != "0",
    }


def keep_private(database: dict[str, Any]) -> None:
    """Let nobody else on this machine read an SQLite database; its WAL is made with the same rights."""
    if database["ENGINE"] != "django.db.backends.sqlite3":
        return
    file = Path(database["NAME"])
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in (file, *(file.with_name(file.name + tail) for tail in ("-wal", "-shm"))):
        if part.exists():
            # Somebody else's file that we may only read is as open as its owner wants it.
            with suppress(PermissionError):
                part.chmod(0o600)
    with suppress(OSError):  # the database says better why it cannot be opened
        file.touch(0o600)


def _sqlite(file: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "OPTIONS": {
            "timeout": 20,
            # A write takes the lock when it begins, so two writers wait instead of failing half way.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


def _postgres(name: str, value: str) -> dict[str, Any]:
    parts = urlsplit(value)
    try:
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name}: expected a port number from 1 to 65535") from None
    database = unquote(parts.path[1:])
    if not database:
        raise ImproperlyConfigured(f"{name}: expected postgres://user:password@host:port/name, got no name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
