"""Whose turn it is: one thread, or one asyncio loop, runs the turns of all pooled actors.

Everything that the runtime owns (entities, timers, kept answers) is touched on the
dispatcher only. Other threads just append to a mailbox and submit; both are
single operations that the interpreter makes atomic, so no lock is taken.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol

log = logging.getLogger("actors")

_TURNS_A_ROUND = 256
"""After so many turns the thread hands the writer what there is, even if more is waiting."""
_ROUND_S = 0.004
"""A loop is given back for sockets and tasks after this long."""
_TURNS_BETWEEN = 8
"""So many turns are had before the clock is read again: to read it costs a tenth of a turn."""


class Runnable(Protocol):
    """Something that has a turn."""

    def run(self) -> None:
        """Do a bounded piece of work; never block."""


class Dispatcher(Protocol):
    """Runs what is submitted, one at a time, in order."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop on whose thread the turns are, or None if they have a thread of their own."""

    def start(self, after: Callable[[], None]) -> None:
        """Begin; ``after`` is called after each round of turns."""

    def submit(self, job: Runnable) -> None:
        """Queue a turn, from any thread."""

    def idle(self) -> bool:
        """True if nothing is queued."""

    def pump(self, timeout: float) -> bool:
        """On the dispatcher's own thread: run a round now, waiting for work up to ``timeout`` seconds.

        Elsewhere: return False at once, the dispatcher runs by itself.
        """

    def stop(self) -> None:
        """Stop running turns."""


def _turn(job: Runnable) -> None:
    try:
        job.run()
    except Exception:
        log.exception("a turn failed; the others go on")


def _end(after: Callable[[], None]) -> None:
    try:
        after()
    except Exception:
        log.exception("the end of a round failed")


class ThreadDispatcher:
    """Turns on one thread of its own."""

    loop = None

    def __init__(self) -> None:
        self._queue: SimpleQueue[Runnable | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self.submit: Callable[[Runnable], None] = self._queue.put

    def start(self, after: Callable[[], None]) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._rounds, args=(after,), name="actors", daemon=True)
        self._thread.start()

    def idle(self) -> bool:
        """True if nothing is queued."""
        return self._queue.empty()

    def pump(self, timeout: float) -> bool:
        """Return False: the thread runs by itself."""
        return False

    def stop(self) -> None:
        """End the thread after what is queued, and wait for it."""
        thread = self._thread
        if thread is not None:
            self._thread = None
            self._queue.put(None)
            if thread is not threading.current_thread():
                thread.join(10)

    def _rounds(self, after: Callable[[], None]) -> None:
        queue = self._queue
        while True:
            job = queue.get()
            left = _TURNS_A_ROUND
            while job is not None:
                _turn(job)
                left -= 1
                if not left or queue.empty():
                    break
                job = queue.get()
            _end(after)
            if job is None:
                return


class LoopDispatcher:
    """Turns on an asyncio loop, so that a command from a socket of that loop costs no change of thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._ready: deque[Runnable] = deque()
        self._rung = False
        self._own_thread = 0
        self._after: Callable[[], None] = lambda: None
        self._came = threading.Event()
        self._stopped = False

    def start(self, after: Callable[[], None]) -> None:
        """Begin to run turns when the loop runs."""
        self._after = after
        self._stopped = False
        if asyncio._get_running_loop() is self.loop:
            self._own_thread = threading.get_ident()
        if self._ready:
            self._ring()

    def submit(self, job: Runnable) -> None:
        """Queue a turn, from any thread."""
        self._ready.append(job)
        if not self._rung:
            self._ring()

    def _ring(self) -> None:
        # A second ring by another thread in between does no harm: the round finds nothing.
        self._rung = True
        try:
            if threading.get_ident() == self._own_thread:
                self.loop.call_soon(self._round)
            else:
                self._came.set()
                self.loop.call_soon_threadsafe(self._round)
        except RuntimeError:
            log.warning("the loop is closed; %d turns are lost", len(self._ready))

    def _round(self) -> None:
        self._rung = False
        if self._stopped:
            return
        self._own_thread = threading.get_ident()
        ready = self._ready
        until = time.perf_counter() + _ROUND_S
        left = _TURNS_BETWEEN
        while ready:
            try:  # as in _turn, without a call
                ready.popleft().run()
            except Exception:
                log.exception("a turn failed; the others go on")
            left -= 1
            if not left:
                if time.perf_counter() > until:
                    break
                left = _TURNS_BETWEEN
        _end(self._after)
        if ready and not self._rung:
            self._ring()

    def idle(self) -> bool:
        """True if nothing is queued."""
        return not self._ready

    def pump(self, timeout: float) -> bool:
        """Run a round now if this is the loop's thread; else return False at once."""
        if threading.get_ident() != self._own_thread:
            return False
        self._came.clear()
        if not self._ready:
            self._came.wait(timeout)
        self._round()
        return True

    def stop(self) -> None:
        """Stop after the turns that are queued."""
        if threading.get_ident() == self._own_thread:
            self._stopped = True
        else:
            self.submit(_Stop(self))

    def _halt(self) -> None:
        self._stopped = True


class _Stop:
    """The last turn of a loop."""

    def __init__(self, dispatcher: LoopDispatcher) -> None:
        self.run = dispatcher._halt
