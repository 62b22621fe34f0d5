"""Limits for the endpoints that guessers like: tries of an address, failures of a login name.

Counted in this process's memory; several web processes allow as many times more.
"""

from __future__ import annotations

import math
import time
from typing import Any

from django.conf import settings
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from rest_framework.request import Request
from rest_framework.response import Response

from core.problems import Problem
from core.rest.views import View

_storage = MemoryStorage()
_limiter = MovingWindowRateLimiter(_storage)


def forget() -> None:
    """Begin to count afresh."""
    _storage.reset()


def check_failures(login: str) -> None:
    """Raise the 429 if there were too many failed logins under that name."""
    rate = parse(settings.AUTH_FAILURE_RATE)
    if not _limiter.test(rate, "failures", login.casefold()):
        raise _too_many(rate, "failures", login.casefold())


def note_failure(login: str) -> None:
    """Count a failed login."""
    _limiter.hit(parse(settings.AUTH_FAILURE_RATE), "failures", login.casefold())


def _too_many(rate: RateLimitItem, *key: str) -> Problem:
    reset = _limiter.get_window_stats(rate, *key).reset_time
    wait = max(1, math.ceil(reset - time.time()))
    problem = Problem(
        429, "too_many_requests", f"Too many tries. Please wait {wait} seconds.", retry_after=wait
    )
    problem.headers = {"Retry-After": str(wait), **_headers(rate, *key)}
    return problem


def _headers(rate: RateLimitItem, *key: str) -> dict[str, str]:
    """Return the RateLimit fields (IETF draft-ietf-httpapi-ratelimit-headers)."""
    stats = _limiter.get_window_stats(rate, *key)
    left = max(0, math.ceil(stats.reset_time - time.time()))
    return {
        "RateLimit-Policy": f'"auth";q={rate.amount};w={rate.get_expiry()}',
        "RateLimit": f'"auth";r={max(0, stats.remaining)};t={left}',
    }


class LimitedView(View):
    """A view that each address may call ``settings.AUTH_RATE`` often; its answers say how often still."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Count the call before anything else is looked at; raises the 429."""
        self._key = ("address", str(request.META.get("REMOTE_ADDR", "")))
        self._rate = parse(settings.AUTH_RATE)
        if not _limiter.hit(self._rate, *self._key):
            raise _too_many(self._rate, *self._key)
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Add the RateLimit fields."""
        final = super().finalize_response(request, response, *args, **kwargs)
        if hasattr(self, "_rate"):
            for name, value in _headers(self._rate, *self._key).items():
                final.headers.setdefault(name, value)
        return final
