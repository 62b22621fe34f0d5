"""How many connections there may be: in all, of one address, and of sockets of one account."""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Callable

_KEPT_FREE = 128
"""Descriptors for the database, the logs, static files and what libraries open."""


class ConnectionsFull(Exception):
    """The limit on connections is reached; the message names which."""


class Connections:
    """Counts what is open. ``most`` 0: as many as there are file descriptors, less what the process needs."""

    def __init__(self, most: int, most_of_address: int, is_proxy: Callable[[str], bool]) -> None:
        self._most = most or _descriptors()
        self._most_of_address = most_of_address
        self._is_proxy = is_proxy
        """Everybody is behind a proxy, so its address is not counted."""
        self._open: Counter[str] = Counter()
        self.count = 0

    def enter(self, address: str) -> None:
        """Count a new connection. Raises ConnectionsFull, and counts nothing then."""
        if self.count >= self._most:
            raise ConnectionsFull(f"This server serves {self._most} connections at a time.")
        if self._open[address] >= self._most_of_address and not self._is_proxy(address):
            raise ConnectionsFull(f"Expected at most {self._most_of_address} connections of one address.")
        self.count += 1
        self._open[address] += 1

    def leave(self, address: str) -> None:
        """Forget a connection that was counted."""
        self.count -= 1
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]


class Sockets:
    """Open websockets of each account, and of each caller's address, in this process."""

    def __init__(self, most_of_account: int, most_of_address: int) -> None:
        self._most = {"account": most_of_account, "address": most_of_address}
        self._open: Counter[tuple[str, str]] = Counter()

    def enter(self, account: str, address: str) -> bool:
        """Count one more; return False, and count nothing, if the account or the address has all it may."""
        keys = (("account", account), ("address", address))
        if any(self._open[key] >= self._most[key[0]] for key in keys):
            return False
        self._open.update(keys)
        return True

    def leave(self, account: str, address: str) -> None:
        """Forget one."""
        for key in (("account", account), ("address", address)):
            self._open[key] -= 1
            if self._open[key] <= 0:
                del self._open[key]


def _descriptors() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 1_000_000
    return max(8, soft - _KEPT_FREE)


def raise_descriptor_limit() -> None:
    """Take as many file descriptors as the system lets this process have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
