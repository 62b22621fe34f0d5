"""Logging: plain lines on a console, or one JSON object a line; a file a logger if one is named."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

LOGGERS = ("cart", "payments", "devices")
"""The product's own loggers, besides Django's and each module's."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object a record: at, level, logger, message, and whatever ``extra`` brought."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update((key, value) for key, value in vars(record).items() if key not in _STANDARD)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def configuration(style: str, level: str, files: Mapping[str, str]) -> dict[str, Any]:
    """Return Django's LOGGING for a style (``json`` or ``console``) and the files of named loggers."""
    handlers: dict[str, Any] = {"stderr": {"class": "logging.StreamHandler", "formatter": style}}
    # Without handlers of its own: Django would write each line a second time in development.
    loggers: dict[str, Any] = {"django": {"handlers": [], "level": level.upper(), "propagate": True}}
    for name in LOGGERS:
        own = ["stderr"]
        if files.get(name):
            handlers[name] = {
                "class": "logging.handlers.WatchedFileHandler",
                "filename": files[name],
                "formatter": style,
            }
            own.append(name)
        loggers[name] = {"handlers": own, "level": level.upper(), "propagate": False}
    # Below that, Stripe's SDK writes down what it sends and is sent, a shopper's client secret among it.
    loggers["stripe"] = {"level": "WARNING"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "console": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"},
            "json": {"()": "core.logs.JsonFormatter"},
        },
        "handlers": handlers,
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": loggers,
    }
