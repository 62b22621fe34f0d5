"""What a production server refuses to start with. Pure: settings hands the values in."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

DEVELOPMENT_KEY = "development-only-key-that-everybody-knows-0123456789"
DEMO_PASSWORD = "trolley-demo"  # noqa: S105 - known to everybody, refused in production


_LEAST_BITS = 96


def bits(key: str) -> float:
    """Return what a guesser must try at most: Shannon's entropy of the characters, times the length."""
    shares = [count / len(key) for count in Counter(key).values()]
    return -len(key) * sum(share * math.log2(share) for share in shares)


def refuse(
    *,
    debug: bool,
    secret_key: str,
    signing_key: str,
    hosts: Sequence[str],
    origins: Sequence[str],
    demo_shoppers: int,
    public_url: str,
    says_aloud: Sequence[str] = (),
) -> None:
    """Raise ImproperlyConfigured with one line for each setting that must not go into production."""
    wrong = []
    if debug:
        wrong.append("DEBUG: expected 0 in production, got 1")
    if secret_key == DEVELOPMENT_KEY:
        wrong.append("SECRET_KEY: expected a secret of your own in production, got the development default")
    elif signing_key == DEVELOPMENT_KEY:
        wrong.append("SIGNING_KEY: expected a secret of your own in production, got the development default")
    for name, key in (("SECRET_KEY", secret_key), ("SIGNING_KEY", signing_key)):
        if key != DEVELOPMENT_KEY and bits(key) < _LEAST_BITS:
            wrong.append(
                f"{name}: expected a random secret of at least {_LEAST_BITS} bits, got one that looks like"
                f" {bits(key):.0f}; make one by: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )
    if not public_url.startswith("https://"):
        wrong.append(f"PUBLIC_URL: expected https://… in production, got {public_url}")
    if any("*" in host or host.startswith(".") for host in hosts):
        wrong.append(
            f"ALLOWED_HOSTS: expected host names in production, got a wildcard in {', '.join(hosts)}"
        )
    if any("*" in origin for origin in origins):
        wrong.append(
            f"ALLOWED_ORIGINS: expected origins in production, got a wildcard in {', '.join(origins)}"
        )
    if demo_shoppers:
        wrong.append(f"DEMO_SHOPPERS: expected 0 in production, got {demo_shoppers}")
    wrong += [
        f"{name}: expected a server or a folder in production, got console://, which shows codes and links"
        for name in says_aloud
    ]
    if wrong:
        raise ImproperlyConfigured("\n".join(["This configuration is refused in production:", *wrong]))
