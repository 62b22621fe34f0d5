"""Logging: plain lines on a console, or one JSON object a line; a file a logger if one is named."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Protocol

from pythonjsonlogger.json import JsonFormatter

LOGGERS = ("cart", "payments", "devices")
"""The product's own loggers, besides Django's and each module's."""


class Subject(Protocol):
    """What is being done, for the lines that are logged meanwhile."""

    def log_fields(self) -> Mapping[str, str]:
        """Return request_id, command and trolley_id, as far as they are known."""


SUBJECT: ContextVar[Subject | None] = ContextVar("subject", default=None)
"""What the present task is doing."""
_FIELDS = ("request_id", "command", "trolley_id")


class SubjectFilter(logging.Filter):
    """Gives every line the ids of what is being done; drops none."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Put them on the record."""
        subject = SUBJECT.get()
        if subject is not None:
            for name, value in subject.log_fields().items():
                if value and not hasattr(record, name):
                    setattr(record, name, value)
        return True


class ConsoleFormatter(logging.Formatter):
    """Plain lines, with the ids of what was being done behind them."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line."""
        found = [f"{name}={getattr(record, name)}" for name in _FIELDS if hasattr(record, name)]
        return (
            f"{super().formatMessage(record)} [{' '.join(found)}]" if found else super().formatMessage(record)
        )


def json_formatter() -> logging.Formatter:
    """Return what writes a record as one JSON object: level, logger, message, what ``extra`` brought, at."""
    return JsonFormatter(
        "{levelname}{name}{message}",
        style="{",
        rename_fields={"levelname": "level", "name": "logger", "exc_info": "exception"},
        timestamp="at",
        json_ensure_ascii=False,
    )


def configuration(style: str, level: str, files: Mapping[str, str]) -> dict[str, Any]:
    """Return Django's LOGGING for a style (``json`` or ``console``) and the files of named loggers."""
    handlers: dict[str, Any] = {
        "stderr": {"class": "logging.StreamHandler", "formatter": style, "filters": ["subject"]}
    }
    # Without handlers of its own: Django would write each line a second time in development.
    loggers: dict[str, Any] = {"django": {"handlers": [], "level": level.upper(), "propagate": True}}
    for name in LOGGERS:
        own = ["stderr"]
        if files.get(name):
            handlers[name] = {
                "class": "logging.handlers.WatchedFileHandler",
                "filename": files[name],
                "formatter": style,
                "filters": ["subject"],
            }
            own.append(name)
        loggers[name] = {"handlers": own, "level": level.upper(), "propagate": False}
    # Below that, Stripe's SDK writes down what it sends and is sent, a shopper's client secret among it.
    loggers["stripe"] = {"level": "WARNING"}
    # Below that, Twilio's SDK writes down to whom it sends.
    loggers["twilio"] = {"level": "WARNING"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"subject": {"()": "core.config.logs.SubjectFilter"}},
        "formatters": {
            "console": {
                "()": "core.config.logs.ConsoleFormatter",
                "format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s",
            },
            "json": {"()": "core.config.logs.json_formatter"},
        },
        "handlers": handlers,
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": loggers,
    }
