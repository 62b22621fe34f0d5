"""Addresses of other services as Django's settings: the database, the mail server, text messages.

Errors say what was expected, and never repeat an address, for it may hold a password.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

DATABASES = ("postgres", "postgresql", "sqlite")
_MAIL = {"smtp": "smtp", "smtps": "smtp", "console": "console", "file": "filebased", "locmem": "locmem"}
_SMS = ("console", "file", "twilio")


def of_schemes(address: str, schemes: tuple[str, ...]) -> str:
    """Return the address if it has one of the schemes; raises ValueError."""
    if (scheme := urlsplit(address).scheme) not in schemes:
        begins = " or ".join(f"{each}://" for each in schemes)
        raise ValueError(f"expected an address that begins with {begins}, got the scheme {scheme!r}")
    return address


def database(address: str) -> dict[str, Any]:
    """Return Django's settings of the database at a postgres:// or sqlite:// address; raises ValueError.

    ``sqlite:///relative.db`` and ``sqlite:////absolute.db``, as everybody writes them.
    """
    parts = urlsplit(of_schemes(address, DATABASES))
    if parts.scheme != "sqlite":
        return _postgres(address)
    file = unquote(parts.path[1:])
    if not file:
        raise ValueError("expected sqlite:///<file>, got no file")
    return sqlite(Path(file).expanduser().resolve())


def mail(address: str) -> dict[str, Any]:
    """Return Django's settings of the mail server at an address; without one an empty BACKEND.

    ``smtp://user:password@host:587`` (STARTTLS; ``?tls=0``: none), ``smtps://…:465``,
    ``console://``, ``file:///folder``, ``locmem://``. Raises ValueError.
    """
    if not address:
        return {"BACKEND": ""}
    parts = urlsplit(address)
    if parts.scheme not in _MAIL or (parts.scheme.startswith("smtp") and not parts.hostname):
        raise ValueError(f"expected an address that begins with {', '.join(f'{each}://' for each in _MAIL)}")
    found = {"BACKEND": f"django.core.mail.backends.{_MAIL[parts.scheme]}.EmailBackend"}
    if parts.scheme == "file":
        return {**found, "FILE_PATH": unquote(parts.path)}
    return {**found, **_smtp(address)} if parts.scheme.startswith("smtp") else found


def _smtp(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    wrapped = parts.scheme == "smtps"
    try:
        port = parts.port or (465 if wrapped else 587)
    except ValueError:
        raise ValueError("expected a port number from 1 to 65535") from None
    return {
        "HOST": parts.hostname,
        "PORT": port,
        "HOST_USER": unquote(parts.username or ""),
        "HOST_PASSWORD": unquote(parts.password or ""),
        "USE_SSL": wrapped,
        "USE_TLS": not wrapped and dict(parse_qsl(parts.query)).get("tls", "1") != "0",
    }


def sms(address: str) -> dict[str, str]:
    """Return how text messages go out, in parts; without an address an empty scheme.

    ``console://``, ``file:///folder``, ``twilio://<sid>:<token>@api.twilio.com?from=<number>`` (``&tls=0``:
    a peer without TLS). Raises ValueError.
    """
    parts = urlsplit(address)
    if address and parts.scheme not in _SMS:
        raise ValueError(f"expected an address that begins with {', '.join(f'{each}://' for each in _SMS)}")
    if parts.scheme == "file" and not parts.path.strip("/"):
        raise ValueError("expected file:///folder, got no folder")
    found = {"scheme": parts.scheme, "folder": unquote(parts.path)}
    return {**found, **_twilio(address)} if parts.scheme == "twilio" else found


def _twilio(address: str) -> dict[str, str]:
    parts = urlsplit(address)
    # The plus of a number is one, though a form would take it for a blank.
    query = dict(parse_qsl(parts.query.replace("+", "%2B")))
    found = {
        "sid": unquote(parts.username or ""),
        "token": unquote(parts.password or ""),
        "from": query.get("from", ""),
    }
    if missing := [name for name, said in found.items() if not said]:
        raise ValueError(f"expected twilio://<sid>:<token>@api.twilio.com?from=<number>, got no {missing[0]}")
    host = parts.netloc.rpartition("@")[2]
    return {**found, "base": f"{'http' if query.get('tls') == '0' else 'https'}://{host}"}


def keep_private(database: dict[str, Any]) -> None:
    """Make an SQLite database readable by its owner only; its WAL gets the same mode."""
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


def sqlite(file: Path) -> dict[str, Any]:
    """Return Django's settings of an SQLite file."""
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


def _postgres(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        raise ValueError("expected a port number from 1 to 65535") from None
    name = unquote(parts.path[1:])
    if not name:
        raise ValueError("expected postgres://user:password@host:port/name, got no name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
