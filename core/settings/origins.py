"""Trusted hosts, origins and proxies, and the security headers."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from core.settings.base import PORT, PRODUCTION, PUBLIC_URL, env
from core.web.client_address import networks

ALLOWED_HOSTS = env.names(
    "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", urlsplit(PUBLIC_URL).hostname or "localhost"]
)
ALLOWED_ORIGINS = env.names(
    "ALLOWED_ORIGINS", [PUBLIC_URL, f"http://localhost:{PORT}", f"http://127.0.0.1:{PORT}"]
)
"""Origins that browsers may open websockets from."""
CORS_ORIGINS = env.names("CORS_ORIGINS", [])
"""Further origins whose pages may call the API and open websockets."""
CORS_ALLOWED_ORIGINS = CORS_ORIGINS
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = (
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-request-id",
)
CORS_EXPOSE_HEADERS = (
    "ETag", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "Idempotency-Replayed",
)  # fmt: skip
CSRF_FAILURE_VIEW = "core.problems.csrf_failure"
CSRF_TRUSTED_ORIGINS = ALLOWED_ORIGINS if "*" not in ALLOWED_ORIGINS else [PUBLIC_URL]

try:
    TRUSTED_PROXIES = networks(env.names("TRUSTED_PROXIES", ["127.0.0.0/8", "::1"]))
except ValueError as _error:
    raise ImproperlyConfigured(f"TRUSTED_PROXIES: expected addresses and networks, {_error}") from None
"""Whose ``X-Forwarded-For`` is believed."""

_HTTPS = PUBLIC_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY", False) else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _HTTPS and PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_SECONDS > 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
