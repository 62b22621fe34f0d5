"""Rate limit headers: one shape for every limiter."""

from __future__ import annotations


def rate_limit_fields(name: str, most: int, window_s: int, left: int, reset_s: int) -> dict[str, str]:
    """Return the header fields RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers).

    ``most`` calls in ``window_s`` seconds, of which ``left`` are left, until there are more in ``reset_s``.
    """
    return {
        "RateLimit-Policy": f'"{name}";q={most};w={window_s}',
        "RateLimit": f'"{name}";r={max(0, left)};t={max(0, reset_s)}',
    }
