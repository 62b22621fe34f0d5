"""Commands and requests: shared by everything of one account, and by all accounts of one address.

A socket takes from its own bucket; that one is filled in small batches from the account's and the
address's, so an ordinary command costs one comparison. Who works in a shop is not counted against
its address, and every account has a small reserve that its address cannot use up: a flood slows
down whoever makes it, not the person beside them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from realtime.limits.bucket import TokenBucket

_BATCH = 4.0
"""Little, for what a quiet socket has fetched is missing to its account."""
_MOST_REMEMBERED = 100_000
_RESERVE_PER_S = 2.0
_RESERVE = 4.0


class Rates(NamedTuple):
    """Commands a second."""

    connection: float = 50.0
    account: float = 100.0
    address: float = 500.0


class Buckets:
    """Key -> bucket, made at first use; who was not seen for longest goes first."""

    def __init__(self, make: Callable[[], TokenBucket]) -> None:
        self._make = make
        self._kept: OrderedDict[str, TokenBucket] = OrderedDict()

    def __getitem__(self, key: str) -> TokenBucket:
        bucket = self._kept.get(key)
        if bucket is None:
            self._make_room()
            bucket = self._kept[key] = self._make()
        else:
            self._kept.move_to_end(key)
        return bucket

    def _make_room(self) -> None:
        """Drop two of those who were not seen for longest, if they are as good as new or there are too many.

        So a crowd that comes from ever new addresses is remembered for as long as its buckets fill.
        """
        for _ in range(2):
            oldest = next(iter(self._kept), None)
            if oldest is None or not (len(self._kept) >= _MOST_REMEMBERED or self._kept[oldest].full()):
                return
            del self._kept[oldest]

    def items(self) -> list[tuple[str, TokenBucket]]:
        """Return every key with its bucket."""
        return list(self._kept.items())

    def forget_full(self) -> None:
        """Drop what is as good as new."""
        for key, bucket in self.items():
            if bucket.full():
                del self._kept[key]


class Allowances:
    """Of one process. What other processes gave out is subtracted by :mod:`realtime.limits.exchange`."""

    def __init__(self, rates: Rates, clock: Callable[[], float]) -> None:
        self.rates = rates
        self._clock = clock
        self._accounts = Buckets(lambda: TokenBucket(rates.account, clock))
        self._addresses = Buckets(lambda: TokenBucket(rates.address, clock, rates.address * 2))
        self._reserves = Buckets(lambda: TokenBucket(_RESERVE_PER_S, clock, _RESERVE))

    def meter(self, account: str, address: str | None) -> Meter:
        """Return the meter of one socket; ``address`` None: not counted by address."""
        own = TokenBucket(self.rates.connection, self._clock)
        there = None if address is None else self._addresses[address]
        return Meter(own, self._accounts[account], there, self._reserves[account], self._clock)

    def request(self, account: str | None, address: str | None, cost: float = 1.0) -> float:
        """Count one request; return 0, or the seconds until it may be tried again."""
        person = None if account is None else self._accounts[account]
        if person is not None and person.wait_s(cost) > 0:
            return person.wait_s(cost)
        if address is not None:
            there = self._addresses[address]
            reserve = None if account is None else self._reserves[account]
            if there.wait_s(cost) == 0:
                there.give(cost)
            elif reserve is None or reserve.wait_s(cost) > 0:
                return there.wait_s(cost)
            else:
                reserve.give(cost)
        if person is not None:
            person.give(cost)
        return 0.0

    def spent(self) -> Iterator[tuple[str, TokenBucket]]:
        """Yield each bucket that gave something out, under the name all processes know it by."""
        for kind, buckets in (("account", self._accounts), ("address", self._addresses)):
            for key, bucket in buckets.items():
                if bucket.spent > 0:
                    yield f"{kind}:{key}", bucket

    def forget_idle(self) -> None:
        """Drop what is as good as new; called now and then."""
        for buckets in (self._accounts, self._addresses, self._reserves):
            buckets.forget_full()


class Meter:
    """What one socket may still ask for."""

    __slots__ = ("_account", "_address", "_clock", "_left", "_own", "_reserve")

    def __init__(
        self,
        own: TokenBucket,
        account: TokenBucket,
        address: TokenBucket | None,
        reserve: TokenBucket,
        clock: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._own = own
        self._account = account
        self._address = address
        self._reserve = reserve
        self._left = 0.0

    def take(self) -> bool:
        """Take one; return whether there was one."""
        if self._left < 1.0 and not self._fetch():
            return False
        self._left -= 1.0
        return True

    def too_fast(self) -> bool:
        """Return whether it is this socket's, or its account's, own doing that nothing is left."""
        return self._own.wait_s() > 0 or self._account.wait_s() > 0

    def _fetch(self) -> bool:
        now = self._clock()
        wanted = self._own.give(_BATCH, now)
        found = self._account.give(wanted, now)
        usable = found
        if self._address is not None:
            usable = self._address.give(found, now)
            if usable < 1.0 <= found:
                usable += self._reserve.give(1.0)
            if usable != found:
                self._account.put_back(found - usable)
        if usable != wanted:
            self._own.put_back(wanted - usable)
        self._left += usable
        return self._left >= 1.0
