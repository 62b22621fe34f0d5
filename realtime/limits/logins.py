"""Requests for which a password is hashed: a few are served at a time, a few wait, the rest are to retry.

The hash itself is bounded in :mod:`core.accounts.credentials.hashing`. What a guess costs besides is a
thread, a connection to the database and Django's way of a request; so it is here, before all of that,
that most of the guessers are told to come again. Whoever waits has sent the whole request: nobody
keeps a place by being slow.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.accounts.credentials.hashing import BUSY, RETRY_AFTER_S
from realtime.asgi import Message
from realtime.problems import Problem

_ROUTES = frozenset(
    {
        ("POST", "/api/auth/token"),
        ("POST", "/api/auth/register"),
        ("POST", "/api/auth/password/reset/confirm"),
        ("DELETE", "/api/me"),
    }
)
_PATIENCE_S = 30.0


class Logins:
    """Of one process. ``at_once`` are hashed together; one more is looked up meanwhile."""

    def __init__(self, at_once: int, waiting: int, patience_s: float = _PATIENCE_S) -> None:
        self._places = at_once + 1
        self._room = self._places + waiting
        self._free = asyncio.Semaphore(self._places)
        self._patience_s = patience_s
        self._inside = 0

    @staticmethod
    def concerns(scope: Message) -> bool:
        """Return whether a password is hashed for this request."""
        path = scope["path"].rstrip("/")
        if path.startswith("/api/v1/"):
            path = "/api" + path[len("/api/v1") :]
        return (scope["method"], path) in _ROUTES

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place and have it. Raises the 503 when too many wait, or the wait is too long."""
        if self._inside >= self._room:
            raise _busy()
        self._inside += 1
        try:
            try:
                async with asyncio.timeout(self._patience_s):
                    await self._free.acquire()
            except TimeoutError:
                raise _busy() from None
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._inside -= 1


def _busy() -> Problem:
    return Problem(503, "logins_busy", BUSY, retry_after=RETRY_AFTER_S)
