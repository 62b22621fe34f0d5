"""Passwords are hashed in turn, so that many logins at once leave the processor to everybody else.

A hash is slow on purpose: PBKDF2 keeps a core busy for about half a second. OpenSSL lets the other
threads run meanwhile, but not on that core. Django asks the hasher wherever a password is set or
looked at, so the API's login, the admin's and the command line all wait in one queue, which is short.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from core.problems import Problem

_PATIENCE_S = 30.0
_RETRY_AFTER_S = 5


class Turns:
    """So many at once, and so many more that wait."""

    def __init__(self, at_once: int, waiting: int, patience_s: float = _PATIENCE_S) -> None:
        self._free = threading.Semaphore(at_once)
        self._room = threading.Semaphore(at_once + waiting)
        self._patience_s = patience_s

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and have it. Raises the 503 when too many wait, or the wait is too long."""
        if not self._room.acquire(blocking=False):
            raise _busy()
        try:
            if not self._free.acquire(timeout=self._patience_s):
                raise _busy()
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._room.release()


def _busy() -> Problem:
    detail = f"Too many logins are under way. Please try again in {_RETRY_AFTER_S} seconds."
    return Problem(503, "logins_busy", detail, retry_after=_RETRY_AFTER_S)


@cache
def turns() -> Turns:
    """Return those of this process."""
    return Turns(settings.PASSWORD_HASHES_AT_ONCE, settings.PASSWORD_HASHES_WAITING)


class InTurn(PBKDF2PasswordHasher):
    """Django's own hasher; what it has hashed before stays good."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Return the hash when it is this thread's turn. Raises the 503."""
        with turns().turn():
            return super().encode(password, salt, iterations)
