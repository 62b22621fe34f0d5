"""Log lines of commands; the ids of request, command and trolley are added by the log's filter."""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec

from realtime.limits.bucket import TokenBucket
from realtime.problems import Problem, from_error

_LOGGERS = {
    "cart": logging.getLogger("cart"),
    "session": logging.getLogger("cart"),
    "price": logging.getLogger("cart"),
    "help": logging.getLogger("cart"),
    "payment": logging.getLogger("payments"),
    "order": logging.getLogger("payments"),
    "trolley": logging.getLogger("devices"),
}
_OTHERS = logging.getLogger("realtime")
_LINES_AT_ONCE = 5


class RequestSubject(msgspec.Struct, frozen=True):
    """A request of which nothing else is known yet."""

    request_id: str
    command: str = ""

    def log_fields(self) -> dict[str, str]:
        """Return the ids that its lines carry."""
        return {"request_id": self.request_id, "command": self.command}


def _logger(command: str) -> logging.Logger:
    return _LOGGERS.get(command.partition(".")[0], _OTHERS)


def log_done(command: str) -> None:
    """Log a command that was carried out, except frequent ones such as adds."""
    _logger(command).info("%s: done", command)


def log_refused(command: str, error: BaseException, unsaid: int = 0) -> Problem:
    """Say why a command was not carried out, and return that as a problem; a defect with its traceback.

    ``unsaid`` is how many refusals before it were only counted.
    """
    problem = from_error(error)
    command = command or "a message"
    if problem.status == 500:
        _logger(command).error("%s: failed", command, exc_info=error)
    elif unsaid:
        text = "%s: refused, %d %s; %d before it on the same socket"
        _logger(command).info(text, command, problem.status, problem.code, unsaid)
    else:
        _logger(command).info("%s: refused, %d %s", command, problem.status, problem.code)
    return problem


class Refusals:
    """What one socket is refused: of it a line a second is written, after a few at once; the rest is counted.

    ``clock`` is monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._lines = TokenBucket(1.0, clock, _LINES_AT_ONCE)
        self._unsaid = 0

    def note(self, command: str, error: BaseException) -> Problem:
        """Return the problem, and log it within the rate; a defect is always logged."""
        problem = from_error(error)
        if problem.status != 500 and not self._lines.take():
            self._unsaid += 1
            return problem
        unsaid, self._unsaid = self._unsaid, 0
        return log_refused(command, error, unsaid)

    def flush(self) -> None:
        """Log how many were suppressed."""
        if self._unsaid:
            _OTHERS.info("%d more were refused on a socket that has ended", self._unsaid)
