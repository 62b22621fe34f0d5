"""What a production server refuses to start with. Pure: settings hands the values in."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

DEVELOPMENT_KEY = "development-only-key-that-everybody-knows-0123456789"


def refuse(
    *,
    debug: bool,
    secret_key: str,
    signing_key: str,
    hosts: Sequence[str],
    origins: Sequence[str],
    demo_shoppers: int,
) -> None:
    """Raise ImproperlyConfigured with one line for each setting that must not go into production."""
    wrong = []
    if debug:
        wrong.append("DEBUG: expected 0 in production, got 1")
    if secret_key == DEVELOPMENT_KEY:
        wrong.append("SECRET_KEY: expected a secret of your own in production, got the development default")
    elif signing_key == DEVELOPMENT_KEY:
        wrong.append("SIGNING_KEY: expected a secret of your own in production, got the development default")
    if any("*" in host for host in hosts):
        wrong.append(
            f"ALLOWED_HOSTS: expected host names in production, got a wildcard in {', '.join(hosts)}"
        )
    if any("*" in origin for origin in origins):
        wrong.append(
            f"ALLOWED_ORIGINS: expected origins in production, got a wildcard in {', '.join(origins)}"
        )
    if demo_shoppers:
        wrong.append(f"DEMO_SHOPPERS: expected 0 in production, got {demo_shoppers}")
    if wrong:
        raise ImproperlyConfigured("\n".join(["This configuration is refused in production:", *wrong]))
