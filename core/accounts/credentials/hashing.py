"""Passwords are hashed in turn, so that many logins at once leave the processor to everybody else.

A hash is slow on purpose: PBKDF2 keeps a core busy for about half a second. OpenSSL lets the other
threads run meanwhile, but not on that core; so hashes are computed in threads of their own, which the
kernel lets run after everybody else. Django asks the hasher wherever a password is set or looked at, so
the API's login, the admin's and the command line all wait in one queue, which is short.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from core.problems import Problem

_PATIENCE_S = 30.0
RETRY_AFTER_S = 5
BUSY = f"Too many logins are under way. Please try again in {RETRY_AFTER_S} seconds."
_NICER = 10
"""So far behind the others (nice(2)); the interpreter is held for a moment only, so nobody waits for them."""


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
    return Problem(503, "logins_busy", BUSY, retry_after=RETRY_AFTER_S)


@cache
def turns() -> Turns:
    """Return those of this process."""
    return Turns(settings.PASSWORD_HASHES_AT_ONCE, settings.PASSWORD_HASHES_WAITING)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings.PASSWORD_HASHES_AT_ONCE, "password", initializer=_step_back)


os.register_at_fork(after_in_child=_threads.cache_clear)


def _step_back() -> None:
    """Let this thread run after the others. On Linux a thread has a priority of its own."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICER)


class InTurn(PBKDF2PasswordHasher):
    """Django's own hasher; what it has hashed before stays good."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Return the hash when it is this thread's turn. Raises the 503."""
        with turns().turn():
            return _threads().submit(super().encode, password, salt, iterations).result()
