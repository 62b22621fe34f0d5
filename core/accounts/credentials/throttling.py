"""Limits for the endpoints that guessers like: tries of an address, failed logins of an account from it.

Counted in Redis for all processes, where there is one; else in this process's memory.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from rest_framework.request import Request
from rest_framework.response import Response

from core.problems import Problem
from core.rest.views import View
from core.web.client_address import client_address, one_caller
from core.wire.rate_limits import rate_limit_fields

T = TypeVar("T")
log = logging.getLogger(__name__)
_ENTERED = parse("1/30 days")
_own = MovingWindowRateLimiter(MemoryStorage())


@cache
def _limiter() -> MovingWindowRateLimiter:
    """Return the counter that all processes share, or this one's own where there is no Redis."""
    if settings.REDIS_URL is None:
        return _own
    url = settings.REDIS_URL.replace("unix:", "redis+unix:", 1)
    shared = storage_from_string(url, key_prefix=f"{settings.REDIS_PREFIX}:limits", wrap_exceptions=True)
    return MovingWindowRateLimiter(cast(Storage, shared))


def _count(asked: Callable[[MovingWindowRateLimiter], T]) -> T:
    """Ask the shared counter; without Redis' answer this process counts by itself, so that people get in."""
    try:
        return asked(_limiter())
    except StorageError as error:
        log.warning("limits are counted in this process alone: %s", error)
        return asked(_own)


def forget() -> None:
    """Reset this process's counters."""
    _own.storage.reset()


def address_of(request: HttpRequest) -> str:
    """Return whose tries count together: the client's address, not the proxy's; of IPv6 its /64."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR")
    return one_caller(client_address(request.META.get("REMOTE_ADDR"), forwarded, settings.TRUSTED_PROXIES))


def check_failures(account: str, address: str) -> None:
    """Raise the 429 after too many failed logins to the account, from this address or from everywhere.

    An address from which the account was entered lately does not feel what strangers do elsewhere,
    so nobody can lock the owner out.
    """
    here = parse(settings.AUTH_FAILURE_RATE)
    if not _count(lambda counter: counter.test(here, "failures", account, address)):
        raise _too_many(here, "failures", account, address)
    everywhere = parse(settings.AUTH_ACCOUNT_FAILURE_RATE)
    known = not _count(lambda counter: counter.test(_ENTERED, "entered", account, address))
    if not known and not _count(lambda counter: counter.test(everywhere, "failures", account)):
        raise _too_many(everywhere, "failures", account)


def note_failure(account: str, address: str) -> None:
    """Count a failed login."""
    here, everywhere = parse(settings.AUTH_FAILURE_RATE), parse(settings.AUTH_ACCOUNT_FAILURE_RATE)
    _count(lambda counter: counter.hit(here, "failures", account, address))
    _count(lambda counter: counter.hit(everywhere, "failures", account))


def note_entered(account: str, address: str) -> None:
    """Remember that the account was entered from the address."""
    _count(lambda counter: counter.hit(_ENTERED, "entered", account, address))


def check_code(target: str, address: str) -> None:
    """Count a request for a code; raises the 429 after too many from the address, or to the target.

    As with failures, an address that entered by the target lately does not feel what strangers ask for.
    """
    rates: list[tuple[RateLimitItem, tuple[str, ...]]] = [
        (parse(settings.CODE_RATE), ("codes", target, address)),
        (parse(settings.CODE_ADDRESS_RATE), ("codes", "of", address)),
    ]
    known = not _count(lambda counter: counter.test(_ENTERED, "entered", target, address))
    if not known:
        rates.append((parse(settings.CODE_TARGET_RATE), ("codes", target)))
    for rate, key in rates:
        _hit(rate, *key)


def check_address(request: HttpRequest) -> None:
    """Count a try of the request's address; raises the 429."""
    _hit(parse(settings.AUTH_RATE), "address", address_of(request))


def _hit(rate: RateLimitItem, *key: str) -> None:
    if not _count(lambda counter: counter.hit(rate, *key)):
        raise _too_many(rate, *key)


def _too_many(rate: RateLimitItem, *key: str) -> Problem:
    reset = _count(lambda counter: counter.get_window_stats(rate, *key)).reset_time
    wait = max(1, math.ceil(reset - time.time()))
    problem = Problem(
        429, "too_many_requests", f"Too many tries. Please wait {wait} seconds.", retry_after=wait
    )
    problem.headers = {"Retry-After": str(wait), **_headers(rate, *key)}
    return problem


def _headers(rate: RateLimitItem, *key: str) -> dict[str, str]:
    """Return the RateLimit fields."""
    stats = _count(lambda counter: counter.get_window_stats(rate, *key))
    reset = math.ceil(stats.reset_time - time.time())
    return rate_limit_fields("auth", rate.amount, rate.get_expiry(), stats.remaining, reset)


class LimitedView(View):
    """A view that each address may call ``settings.AUTH_RATE`` often; its answers say how often still."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Count the call before anything else is looked at; raises the 429."""
        self._key = self.counted(request)
        self._rate = parse(settings.AUTH_RATE)
        _hit(self._rate, *self._key)
        super().initial(request, *args, **kwargs)

    def counted(self, request: Request) -> tuple[str, ...]:
        """Return what the call is counted for."""
        return "address", address_of(request._request)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Add the RateLimit fields."""
        final = super().finalize_response(request, response, *args, **kwargs)
        if hasattr(self, "_rate"):
            for name, value in _headers(self._rate, *self._key).items():
                final.headers.setdefault(name, value)
        return final
