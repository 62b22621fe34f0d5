"""Child processes that live and die together: started in order, watched, stopped in reverse.

Each child is a session of its own, so that Ctrl-C reaches only the parent, which
then ends them one after the other. A child that dies is said and started again,
slower each time it dies soon.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

STEADY_S = 30.0
"""A child that lived so long is started again at once."""
SLOWEST_S = 30.0
PR_SET_PDEATHSIG = 1


class _StopRequest:
    """Whether a stop was requested, and whether signals may interrupt at this moment."""

    asked = False
    heard = False
    held = False

    def hear(self) -> None:
        """Raise KeyboardInterrupt, once."""
        if self.asked and not self.heard and not self.held:
            self.heard = True
            raise KeyboardInterrupt


_stop = _StopRequest()


def stop_once() -> None:
    """Raise KeyboardInterrupt at the first SIGINT or SIGTERM, and ignore further ones.

    Whoever ends a process group and the ``make`` in it sends two; the second must not break off
    what the first began. A handler that does nothing, because a signal that is already on its
    way when it comes to be ignored makes Python complain.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        _stop.asked = True
        _stop.hear()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Defer signals to the end of the block: a child that is half started would be left running."""
    _stop.held = True
    try:
        yield
    finally:
        _stop.held = False
    _stop.hear()


def die_with_parent() -> None:
    """In the child: have Linux end it when the parent is killed (kill -9)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One command that is kept running."""

    name: str
    command: Sequence[str]
    quiet: bool = False
    """Drop what it prints; errors still show."""
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    quick_deaths: int = 0

    def start(self) -> None:
        """Start, or start again."""
        self.started_at = time.monotonic()
        with uninterrupted():
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if self.quiet else None,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def stop(self, patience_s: float) -> None:
        """SIGTERM, and SIGKILL when it does not listen."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Children:
    """The set. ``say`` is called when a child ends and when it is restarted."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._children: list[Child] = []

    def start(self, name: str, command: Sequence[str], *, quiet: bool = False) -> Child:
        """Start one more and keep it running."""
        child = Child(name, command, quiet)
        self._children.append(child)
        child.start()
        return child

    def watch(self) -> None:
        """Look after all of them once; to be called a few times a second."""
        now = time.monotonic()
        for child in self._children:
            if child.process is not None and (status := child.process.poll()) is not None:
                steady = now - child.started_at > STEADY_S
                child.quick_deaths = 0 if steady else child.quick_deaths + 1
                pause = min(SLOWEST_S, 0.5 * 2**child.quick_deaths) if child.quick_deaths else 0.0
                child.start_again_at = now + pause
                child.process = None
                self._say(f"{child.name} ended with status {status}; starting it again in {pause:.0f} s")
            if child.process is None and now >= child.start_again_at:
                child.start()

    def all_alive(self) -> bool:
        """Whether every child runs now."""
        return all(child.process is not None and child.process.poll() is None for child in self._children)

    def stop(self, patience_s: float = 15.0) -> None:
        """Stop all, the last started first."""
        for child in reversed(self._children):
            child.stop(patience_s)
