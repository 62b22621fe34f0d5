"""How far a command is, in one line that is written again and again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

T = TypeVar("T")
_WIDTH = 30
_EVERY_S = 0.1


class ProgressBar:
    """A bar on a terminal; elsewhere a line at the end of each part."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._terminal = out.isatty()

    def over(self, what: str, items: Iterable[T], total: int) -> Iterator[T]:
        """Yield the items, and show how many of them are done."""
        began, shown, done = time.monotonic(), 0.0, 0
        for item in items:
            yield item
            done += 1
            if self._terminal and time.monotonic() - shown > _EVERY_S:
                shown = time.monotonic()
                self._out.write(f"\r{_line(what, done, total)}")
                self._out.flush()
        took = time.monotonic() - began
        self._out.write(
            f"{chr(13) if self._terminal else ''}{_line(what, done, max(total, done))} {took:.1f} s\n"
        )
        self._out.flush()

    def share(self, what: str, done: float) -> None:
        """Show which share of something is done, 0 to 1; with all of it the line ends."""
        whole = done >= 1
        if self._terminal or whole:
            start = "\r" if self._terminal else ""
            self._out.write(f"{start}{_line(what, int(100 * done), 100)}{chr(10) if whole else ''}")
            self._out.flush()


def _line(what: str, done: int, total: int) -> str:
    filled = _WIDTH if not total else min(_WIDTH, done * _WIDTH // total)
    return f"{what:<20} {'█' * filled}{'·' * (_WIDTH - filled)} {done} of {total}"
