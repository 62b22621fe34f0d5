"""Child processes that live and die together: started in order, watched, stopped in reverse.

Each child is a session of its own, so that Ctrl-C reaches only the parent, which
then ends them one after the other. A child that dies is said and started again,
slower each time it dies soon.
"""

from __future__ import annotations

import ctypes
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

STEADY_S = 30.0
"""A child that lived so long is started again at once."""
SLOWEST_S = 30.0
PR_SET_PDEATHSIG = 1


def stop_once() -> None:
    """Raise KeyboardInterrupt at the first SIGINT or SIGTERM, and hear no other.

    Whoever ends a process group and the ``make`` in it sends two; the second must not break off
    what the first began. A handler that does nothing, because a signal that is already on its
    way when it comes to be ignored makes Python complain.
    """
    stopping = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        if stopping:
            return
        if _cannot_be_interrupted(frame):
            # What is raised in there would be printed and lost; a moment later it is out of there.
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            return
        stopping = True
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, handle)


def _cannot_be_interrupted(frame: FrameType | None) -> bool:
    """Return whether a hook of logging's runs at a fork, from which nothing can be raised."""
    return frame is not None and frame.f_code.co_filename == logging.__file__


def die_with_parent() -> None:
    """In the child: have Linux end it when the parent goes without a word (kill -9)."""
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
    """The set. ``say`` is told when a child dies and when it is started again."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._children: list[Child] = []

    def start(self, name: str, command: Sequence[str], *, quiet: bool = False) -> Child:
        """Start one more and keep it running."""
        child = Child(name, command, quiet)
        child.start()
        self._children.append(child)
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
