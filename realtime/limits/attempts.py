"""Claims, codes and calls for help: so many a minute of one account and of one address.

A command that fits the allowances of :mod:`realtime.limits.allowances` can still open a lock, try a
voucher's code or call somebody through the shop, and a person needs few of these. What fails for want of
a right code counts as several, so that guessing is slower than shopping.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple

from realtime.limits.allowances import Buckets
from realtime.limits.bucket import TokenBucket
from realtime.problems import Problem

Kind = Literal["claim", "voucher", "help", "pass"]
"""A trolley's code or QR; a voucher's code; a call for help; an exit pass opened with a plain camera."""
TOO_MANY = "too_many_attempts"
"""Code of the 429."""
FAILED_COSTS = 3.0
"""What an attempt counts as that names nothing there is."""
_FAILURES = frozenset({400, 403, 404})


class PerMinute(NamedTuple):
    """Attempts a minute; an account or address that has made none for a minute may make them at once."""

    account: float
    address: float


DEFAULTS: dict[Kind, PerMinute] = {
    "claim": PerMinute(6, 60),
    "voucher": PerMinute(10, 60),
    "help": PerMinute(6, 60),
    "pass": PerMinute(10, 60),
}


class Attempts:
    """Of one process. What other processes gave out is subtracted by :mod:`realtime.limits.exchange`."""

    def __init__(self, rates: Mapping[Kind, PerMinute], clock: Callable[[], float]) -> None:
        self.rates = rates
        self._accounts = {kind: _buckets(rate.account, clock) for kind, rate in rates.items()}
        self._told = Buckets(lambda: TokenBucket(1 / 60.0, clock, 1.0))
        self._addresses = {kind: _buckets(rate.address, clock) for kind, rate in rates.items()}

    def take(self, kind: Kind, account: str | None, address: str | None) -> None:
        """Count an attempt. Raises the 429, and counts nothing then."""
        buckets = self._of(kind, account, address)
        wait = max((bucket.wait_s() for bucket in buckets), default=0.0)
        if wait > 0:
            mine = account is not None and self._accounts[kind][account].wait_s() > 0
            raise _too_many(self.rates[kind], mine, wait)
        for bucket in buckets:
            bucket.charge(1.0)

    def failed(self, kind: Kind, account: str | None, address: str | None) -> None:
        """Count what an attempt costs more that was counted already and has failed."""
        for bucket in self._of(kind, account, address):
            bucket.charge(FAILED_COSTS - 1.0)

    def worth_an_alarm(self, kind: Kind, account: str) -> bool:
        """Return whether the account has tried too often, and no alarm was raised in the last minute."""
        return self._accounts[kind][account].wait_s() > 0 and self._told[account].take()

    def spent(self) -> Iterator[tuple[str, TokenBucket]]:
        """Yield each bucket that gave something out, under the name all processes know it by."""
        for whose, kinds in (("account", self._accounts), ("address", self._addresses)):
            for kind, buckets in kinds.items():
                for key, bucket in buckets.items():
                    if bucket.spent > 0:
                        yield f"{kind}-{whose}:{key}", bucket

    def forget_idle(self) -> None:
        """Drop what is as good as new; called now and then."""
        for buckets in (self._told, *self._accounts.values(), *self._addresses.values()):
            buckets.forget_full()

    def _of(self, kind: Kind, account: str | None, address: str | None) -> list[TokenBucket]:
        found = [] if account is None else [self._accounts[kind][account]]
        return found if not address else [*found, self._addresses[kind][address]]


def is_failure(problem: Problem) -> bool:
    """Return whether it was refused for an unknown name; a trolley in use is no guess."""
    return problem.status in _FAILURES


def _buckets(per_minute: float, clock: Callable[[], float]) -> Buckets:
    return Buckets(lambda: TokenBucket(per_minute / 60.0, clock, per_minute))


def _too_many(rate: PerMinute, mine: bool, wait: float) -> Problem:
    limit = rate.account if mine else rate.address
    whose = "one account" if mine else "one address"
    return Problem(
        429,
        TOO_MANY,
        f"Expected at most {limit:g} of these a minute of {whose}.",
        retry_after=max(1, math.ceil(wait)),
        limit=int(limit),
        window_s=60,
    )
