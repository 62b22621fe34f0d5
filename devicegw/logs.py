"""The agent's log on standard error: one JSON object a line, or text for eyes; never a token in it."""

from __future__ import annotations

import logging

from pythonjsonlogger.json import JsonFormatter

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _PLAIN}


class TextFormatter(logging.Formatter):
    """Writes ``level logger: message (name=value ...)``; the journal adds the time."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line, with the traceback below if there is one."""
        extra = " ".join(f"{key}={value}" for key, value in _extra(record).items())
        line = f"{record.levelname.lower()} {record.name}: {record.getMessage()}"
        line += f" ({extra})" if extra else ""
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def json_formatter() -> logging.Formatter:
    """Return what writes ``level``, ``logger``, ``message``, whatever ``extra`` held, and ``at``."""
    return JsonFormatter(
        "{levelname}{name}{message}",
        style="{",
        rename_fields={"levelname": "level", "name": "logger", "exc_info": "exception"},
        timestamp="at",
        json_ensure_ascii=False,
    )


def set_up(level: str, form: str = "json") -> None:
    """Send every logger to standard error. The libraries stay above DEBUG: websockets logs headers."""
    handler = logging.StreamHandler()
    handler.setFormatter(json_formatter() if form == "json" else TextFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("websockets", "asyncio", "pykka", "pymodbus", "mqtt"):
        logging.getLogger(name).setLevel(max(logging.getLevelName(level), logging.INFO))
