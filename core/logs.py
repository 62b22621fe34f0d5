"""Logging: plain lines on a console, or one JSON object a line; a file a logger if one is named."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pythonjsonlogger.json import JsonFormatter

LOGGERS = ("cart", "payments", "devices")
"""The product's own loggers, besides Django's and each module's."""


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
            "json": {"()": "core.logs.json_formatter"},
        },
        "handlers": handlers,
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": loggers,
    }
