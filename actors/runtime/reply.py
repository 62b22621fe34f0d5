"""What an ask gives back: a pykka future that threads wait for and coroutines await."""

from __future__ import annotations

import asyncio
import logging
import queue
import sys
import threading
from _thread import LockType, allocate_lock
from collections.abc import Callable, Generator
from typing import Any

import msgspec
import pykka

from actors.runtime.errors import AskTimeout

log = logging.getLogger("actors")
_running_loop = asyncio._get_running_loop


class Outcome(msgspec.Struct):
    """How a command ended. A refusal is an outcome, not an exception."""

    answer: Any
    """The decider's answer, or None."""
    refusal: Any
    """The decider's refusal, or None."""
    state: Any
    """The entity's state after the command; for a repeat, its state now."""
    seq: int
    """Seq of the entity's last event up to and with this command (of a repeat: of the first time)."""
    epoch: str
    """What ``seq`` counts in: the journal's stream epoch, or the activation of a volatile entity."""
    replayed: bool = False
    """True if the command had been carried out before and this is the kept answer."""


class Post:
    """Carries results to other threads' loops: one ``call_soon_threadsafe`` a loop and round.

    ``home`` is the loop that the dispatcher has its turns on, if it has one; whoever waits there
    hears at once. Asking asyncio which loop is running costs a system call (getpid) each time.
    """

    __slots__ = ("_batches", "home")

    def __init__(self, home: asyncio.AbstractEventLoop | None = None) -> None:
        self.home = home
        self._batches: dict[asyncio.AbstractEventLoop, list[tuple[Any, Reply]]] = {}

    def hand_over(self, reply: Reply) -> None:
        """Wake everybody who waits for the reply; to be called on the dispatcher."""
        here = self.home or _running_loop()
        for waiter in reply.waiters:
            if isinstance(waiter, LockType):
                _release(waiter)
                continue
            loop = waiter.get_loop()
            if loop is here:
                _fulfil(waiter, reply)
            else:
                self._batches.setdefault(loop, []).append((waiter, reply))

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


def _release(lock: LockType) -> None:
    # Both the resolver and a late waiter may release; a lock that is free already has done its work.
    if lock.locked():
        lock.release()


def _fulfil(waiter: asyncio.Future[Any] | _Callback, reply: Reply) -> None:
    if waiter.done():
        return
    if reply.error is not None:
        waiter.set_exception(reply.error)
    else:
        waiter.set_result(reply.value)


def _fulfil_all(pairs: list[tuple[Any, Reply]]) -> None:
    for waiter, reply in pairs:
        _fulfil(waiter, reply)


def _call(callback: Callable[[Reply], object], reply: Reply) -> None:
    try:
        callback(reply)
    except Exception:
        log.exception("a callback of %r failed", reply)


class _Callback:
    """A waiter that is called instead of being awaited."""

    __slots__ = ("_call", "_loop", "_reply")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, reply: Reply, call: Callable[[Reply], object]
    ) -> None:
        self._loop = loop
        self._reply = reply
        self._call: Callable[[Reply], object] | None = call

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def done(self) -> bool:
        return self._call is None

    def set_result(self, value: Any) -> None:
        call, self._call = self._call, None
        if call is not None:
            _call(call, self._reply)

    set_exception = set_result


class Reply(pykka.Future[Any]):
    """The future of one ask, and at the same time its envelope: one allocation a message.

    It is set once, on the dispatcher (or before anybody has seen it). Awaiting it or
    ``get`` raises the ``AskError`` it was failed with. A reply that nobody awaits is fine.
    """

    is_tell = False
    listens = True
    again = False
    done = False
    value: Any = None
    error: BaseException | None = None
    bucket: set[Reply] | None = None
    """The asks that expire with this one."""
    _callback: Callable[[Reply], object] | None = None
    """Called in the dispatcher's own turn: no waiter, no task and no future on the hot path."""
    _get_hook: Any = None

    def __init__(
        self,
        command: Any = None,
        command_id: str | None = None,
        principal: str = "",
        timeout: float = 5.0,
        post: Post | None = None,
    ) -> None:
        self.command = command
        self.command_id = command_id
        self.principal = principal
        self.timeout = timeout
        self.post = post
        self.waiters: list[Any] = []

    def __repr__(self) -> str:
        stand = "waiting" if not self.done else repr(self.error or self.value)
        return f"<Reply to {type(self.command).__name__}: {stand}>"

    def resolve(self, value: Any) -> None:
        """Give the result; later results are ignored."""
        if self.done:
            return
        self.value = value
        self._finish()

    def fail(self, error: BaseException) -> None:
        """Give an exception instead of a result; later results are ignored."""
        if self.done:
            return
        self.error = error
        self._finish()

    def _finish(self) -> None:
        self.done = True
        bucket = self.bucket
        if bucket is not None:
            bucket.discard(self)
        callback = self._callback
        if callback is not None:
            _call(callback, self)
        if self.waiters:
            (self.post or _POST).hand_over(self)
            if self.post is None:
                _POST.flush()

    def get(self, *, timeout: float | None = None) -> Any:
        """Wait for the result in a thread.

        At most ``timeout`` seconds of real time, by default the ask's own; then raises AskTimeout.
        Never call it on the dispatcher: it would wait for itself.
        """
        if self._get_hook is not None:
            return super().get(timeout=timeout)
        if not self.done:
            limit = self.timeout if timeout is None else timeout
            lock = allocate_lock()
            lock.acquire()
            self.waiters.append(lock)
            if not self._arrived(lock, max(limit, 0.0)):
                raise AskTimeout(f"no answer to {type(self.command).__name__} within {limit} s")
        if self.error is not None:
            raise self.error
        return self.value

    def _arrived(self, lock: LockType, limit: float) -> bool:
        # It may have come before the lock was in the list, or just as the time ran out.
        return self.done or lock.acquire(timeout=limit) or self.done

    def __await__(self) -> Generator[Any, None, Any]:
        waiter = asyncio.get_running_loop().create_future()
        if not self.done:
            self.waiters.append(waiter)
        if self.done:  # already, or while it was appended: whoever comes second finds it fulfilled
            _fulfil(waiter, self)
        return waiter.__await__()

    __iter__ = __await__

    def add_done_callback(
        self, callback: Callable[[Reply], object], loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        """Call ``callback(self)`` on the running loop once the reply is settled, at once if it is.

        ``loop`` is the running one, from a caller who has it at hand. Inside, ``get(timeout=0)``
        returns or raises without waiting.
        """
        here = loop or asyncio.get_running_loop()
        post = self.post
        if post is not None and here is post.home and self._callback is None and not self.done:
            self._callback = callback  # the dispatcher is on this very thread
            return
        waiter = _Callback(here, self, callback)
        if not self.done:
            self.waiters.append(waiter)
        if self.done:  # see __await__
            _fulfil(waiter, self)

    def set(self, value: Any = None) -> None:
        """Pykka's name for ``resolve``; raises queue.Full if it was set before."""
        if self.done or self._get_hook is not None:
            raise queue.Full
        self.resolve(value)

    def set_exception(self, exc_info: Any = None) -> None:
        """Pykka's name for ``fail``: takes an exc_info triple, or the exception being handled."""
        if self.done or self._get_hook is not None:
            raise queue.Full
        kind, error, _ = exc_info or sys.exc_info()
        if error is None:
            error = kind() if kind is not None else RuntimeError("no exception is being handled")
        self.fail(error)

    def set_get_hook(self, func: Callable[[float | None], Any]) -> None:
        """Let ``get`` call a function, as pykka's ``map`` and its like do."""
        if self.done:
            raise queue.Full
        super().__init__()
        super().set_get_hook(func)


class _LockedPost(Post):
    """For replies that were made outside of a system, e.g. by pykka's own ask."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def hand_over(self, reply: Reply) -> None:
        with self._lock:
            super().hand_over(reply)

    def flush(self) -> None:
        with self._lock:
            super().flush()


_POST = _LockedPost()
