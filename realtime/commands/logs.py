"""What the log says of commands; the ids of request, command and trolley come by the log's filter."""

from __future__ import annotations

import logging

import msgspec

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


class Asked(msgspec.Struct, frozen=True):
    """A request of which no more is known yet."""

    request_id: str
    command: str = ""

    def log_fields(self) -> dict[str, str]:
        """Return the ids that its lines carry."""
        return {"request_id": self.request_id, "command": self.command}


def _logger(command: str) -> logging.Logger:
    return _LOGGERS.get(command.partition(".")[0], _OTHERS)


def log_done(command: str) -> None:
    """Say that a command was carried out; of adds and the like, which are many, nothing is said."""
    _logger(command).info("%s: done", command)


def log_refused(command: str, error: BaseException) -> Problem:
    """Say why a command was not carried out, and return that as a problem; a defect with its traceback."""
    problem = from_error(error)
    if problem.status == 500:
        _logger(command).error("%s: failed", command or "a message", exc_info=error)
    else:
        _logger(command).info("%s: refused, %d %s", command or "a message", problem.status, problem.code)
    return problem
