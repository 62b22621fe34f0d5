"""Handing results from the dispatcher to waiters: locks of threads, futures and callbacks of loops."""

from __future__ import annotations

import asyncio
import logging
import threading
from _thread import LockType
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

log = logging.getLogger("actors")
running_loop = asyncio._get_running_loop

P = TypeVar("P", bound="Settled")


class Settled(Protocol):
    """Something that has its value or its error, and those who wait for it."""

    value: Any
    error: BaseException | None
    waiters: list[Any]


class Handover:
    """Carries results to other threads' loops: one ``call_soon_threadsafe`` a loop and round.

    ``home`` is the loop that the dispatcher has its turns on, if it has one; whoever waits there
    hears at once. Asking asyncio which loop is running costs a system call (getpid) each time.
    """

    __slots__ = ("_batches", "home")

    def __init__(self, home: asyncio.AbstractEventLoop | None = None) -> None:
        self.home = home
        self._batches: dict[asyncio.AbstractEventLoop, list[tuple[Any, Settled]]] = {}

    def hand_over(self, settled: Settled) -> None:
        """Wake everybody who waits for it; to be called on the dispatcher."""
        here = self.home or running_loop()
        for waiter in settled.waiters:
            if isinstance(waiter, LockType):
                _release(waiter)
                continue
            loop = waiter.get_loop()
            if loop is here:
                fulfil(waiter, settled)
            else:
                self._batches.setdefault(loop, []).append((waiter, settled))

    def flush(self) -> None:
        """Send what has collected."""
        if not self._batches:
            return
        batches, self._batches = self._batches, {}
        for loop, pairs in batches.items():
            try:
                loop.call_soon_threadsafe(_fulfil_all, pairs)
            except RuntimeError:
                log.debug("a loop was closed before %d replies reached it", len(pairs))


class LockedHandover(Handover):
    """For what is settled outside of a system, on whichever thread."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def hand_over(self, settled: Settled) -> None:
        """Wake everybody who waits for it; from any thread."""
        with self._lock:
            super().hand_over(settled)

    def flush(self) -> None:
        """Send what has collected; from any thread."""
        with self._lock:
            super().flush()


class CallbackWaiter:
    """A waiter that is called instead of being awaited."""

    __slots__ = ("_call", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, run: Callable[[], None]) -> None:
        self._loop = loop
        self._call: Callable[[], None] | None = run

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop that it is to be called on."""
        return self._loop

    def done(self) -> bool:
        """True once it has been called."""
        return self._call is None

    def set_result(self, value: Any) -> None:
        """Call the callback, which reads the value itself."""
        call, self._call = self._call, None
        if call is not None:
            call()

    set_exception = set_result


def call_back(callback: Callable[[P], object], settled: P) -> None:
    """Call back; what the callback raises is logged and goes no further."""
    try:
        callback(settled)
    except Exception:
        log.exception("a callback of %r failed", settled)


def fulfil(waiter: asyncio.Future[Any] | CallbackWaiter, settled: Settled) -> None:
    """Give a waiter the value or the error, on its own loop."""
    if waiter.done():
        return
    if settled.error is not None:
        waiter.set_exception(settled.error)
    else:
        waiter.set_result(settled.value)


def _fulfil_all(pairs: list[tuple[Any, Settled]]) -> None:
    for waiter, settled in pairs:
        fulfil(waiter, settled)


def _release(lock: LockType) -> None:
    # Both the resolver and a late waiter may release; a lock that is free already has done its work.
    if lock.locked():
        lock.release()
