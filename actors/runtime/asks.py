"""What an ask gives back, for threads to wait for and coroutines to await, and how it expires."""

from __future__ import annotations

import asyncio
from _thread import LockType, allocate_lock
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, Generic, Protocol, TypeVar, cast

import msgspec

from actors.runtime.errors import AskTimeout
from actors.runtime.turns.clock import Clock
from actors.runtime.turns.handover import CallbackWaiter, Handover, LockedHandover, call_back, fulfil
from actors.runtime.turns.timers import Timers

A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)
T = TypeVar("T")

TICK_S = 0.25
"""Asks that wait too long expire by this grain: a timeout costs an ask next to nothing."""


class Askable(Protocol[A_co]):
    """A message with an answer, whose type it declares.

    ``ask(address, command)`` is then a ``Reply`` of that answer. A message is one by structure, e.g. by
    deriving from ``actors.kit.command.Command``; nobody calls the method.
    """

    def answers(self) -> A_co:
        """Stand for the type of the answer."""


class Outcome(msgspec.Struct, Generic[A]):
    """How a command ended. A refusal is an outcome, not an exception."""

    answer: A | None
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

    def accepted(self) -> A:
        """Return the answer of a command that was not refused; raises ValueError if it was."""
        if self.refusal is not None:
            raise ValueError(f"expected an accepted command, got {self.refusal!r}")
        return cast("A", self.answer)


class Pending(Generic[T]):
    """A value to come. It is settled once, on the dispatcher (or before anybody has seen it).

    Awaiting it or ``get`` raises the error it was failed with. One that nobody awaits is fine.
    """

    done = False
    value: Any = None
    error: BaseException | None = None
    command: Any = None
    bucket: set[Pending[Any]] | None = None
    """What expires together with this."""
    _callback: Callable[[Any], object] | None = None
    """Called in the dispatcher's own turn: no waiter, no task and no future on the hot path."""

    def __init__(self, timeout: float = 5.0, handover: Handover | None = None) -> None:
        self.timeout = timeout
        self.handover = handover
        self.waiters: list[Any] = []

    def __repr__(self) -> str:
        stand = "waiting" if not self.done else repr(self.error or self.value)
        return f"<{type(self).__name__} to {type(self.command).__name__}: {stand}>"

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
            self._callback = None  # whatever it holds must not be kept by the value that it waited for
            call_back(callback, self)
        if self.waiters:
            (self.handover or _HANDOVER).hand_over(self)
            if self.handover is None:
                _HANDOVER.flush()

    def get(self, *, timeout: float | None = None) -> T:
        """Wait for the result in a thread.

        At most ``timeout`` seconds of real time, by default the ask's own; then raises AskTimeout.
        Never call it on the dispatcher: it would wait for itself.
        """
        if not self.done:
            limit = self.timeout if timeout is None else timeout
            lock = allocate_lock()
            lock.acquire()
            self.waiters.append(lock)
            if not self._arrived(lock, max(limit, 0.0)):
                raise AskTimeout(f"no answer to {type(self.command).__name__} within {limit} s")
        try:
            if self.error is not None:
                raise self.error
            value: T = self.value
            return value
        finally:
            del self  # the error's traceback has this frame, which must not have the error

    def _arrived(self, lock: LockType, limit: float) -> bool:
        # It may have come before the lock was in the list, or just as the time ran out.
        return self.done or lock.acquire(timeout=limit) or self.done

    def __await__(self) -> Generator[Any, None, T]:
        waiter: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if not self.done:
            self.waiters.append(waiter)
        if self.done:  # already, or while it was appended: whoever comes second finds it fulfilled
            fulfil(waiter, self)
        return waiter.__await__()

    __iter__ = __await__

    def add_done_callback(
        self, callback: Callable[[Any], object], loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        """Call ``callback(self)`` on the running loop once this is settled, at once if it is.

        ``loop`` is the running one, from a caller who has it at hand. Inside, ``get(timeout=0)``
        returns or raises without waiting.
        """
        here = loop or asyncio.get_running_loop()
        handover = self.handover
        if handover is not None and here is handover.home and self._callback is None and not self.done:
            self._callback = callback  # the dispatcher is on this very thread
            return
        waiter = CallbackWaiter(here, partial(call_back, callback, self))
        if not self.done:
            self.waiters.append(waiter)
        if self.done:  # see __await__
            fulfil(waiter, self)


class Reply(Pending[Outcome[A]]):
    """The outcome to come of one ask, and at the same time its envelope: one allocation a message."""

    is_tell = False
    listens = True
    again = False

    def __init__(
        self,
        command: Any = None,
        command_id: str | None = None,
        principal: str = "",
        timeout: float = 5.0,
        handover: Handover | None = None,
    ) -> None:
        self.command = command
        self.command_id = command_id
        self.principal = principal
        self.timeout = timeout
        self.handover = handover
        self.waiters = []


class Expiry:
    """A set of what waits per tick. ``add`` is called from any thread, the rest on the dispatcher."""

    def __init__(self, clock: Clock, timers: Timers) -> None:
        self._now = clock.now
        self._timers = timers
        self._buckets: dict[int, set[Pending[Any]]] = {}
        self._ticks = 1.0 / TICK_S

    def add(self, pending: Pending[Any]) -> None:
        """Let it fail with AskTimeout when its time is over."""
        tick = int((self._now() + pending.timeout) * self._ticks) + 1
        bucket = self._buckets.get(tick)
        if bucket is None:
            bucket = self._buckets.setdefault(tick, set())
        pending.bucket = bucket
        bucket.add(pending)

    def run(self) -> None:
        """Expire what is due and schedule the next tick."""
        now = self._now()
        tick = int(now * self._ticks)
        for due in [each for each in list(self._buckets) if each <= tick]:
            for pending in list(self._buckets.pop(due)):
                what = type(pending.command).__name__
                pending.fail(AskTimeout(f"no answer to {what} within {pending.timeout} s"))
        self._timers.at(now + TICK_S, self)

    def fail_all(self, error: BaseException) -> None:
        """Fail everything that still waits: the system goes."""
        for bucket in list(self._buckets.values()):
            for pending in list(bucket):
                pending.fail(error)
        self._buckets.clear()


_HANDOVER = LockedHandover()
"""For asks made outside of a system, as by an edge in another process."""
