"""The way to a provider over HTTP, beneath both SDKs: one budget of time for a whole call.

A call of the port is often several requests. The SDKs know a timeout for each (Razorpay's for none),
so the time that is left is kept here and every request is cut to it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import requests

from core.payments.providers import ProviderDown

CONNECT_S = 5.0
"""A provider that does not even answer the phone is given up earlier."""

T = TypeVar("T")


class ProviderSession(requests.Session):
    """HTTP to one provider from one thread; outside of :meth:`within` it sends nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._until = 0.0

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Let requests be sent for so long."""
        self._until = time.monotonic() + seconds
        try:
            yield
        finally:
            self._until = 0.0

    def request(self, *args: Any, **options: Any) -> requests.Response:
        """Send one request. Raises ProviderDown when the time is over, else as requests does."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise ProviderDown("no time is left for another request")
        options["timeout"] = (min(CONNECT_S, left), left)
        return super().request(*args, **options)


class PerThread(Generic[T]):
    """One client a thread: what an SDK keeps between requests is never shared."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._kept = threading.local()

    def get(self) -> T:
        """Return this thread's client."""
        client: T | None = getattr(self._kept, "client", None)
        if client is None:
            client = self._kept.client = self._make()
        return client

    def forget(self) -> None:
        """Have this thread's client made anew when it is next asked for."""
        self._kept.client = None
