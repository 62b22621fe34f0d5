"""The agent's log on standard error: one JSON object a line, or text for eyes; never a token in it."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _PLAIN}


class JsonFormatter(logging.Formatter):
    """Writes ``at``, ``level``, ``logger``, ``message`` and whatever ``extra`` held."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextFormatter(logging.Formatter):
    """Writes ``level logger: message (name=value ...)``; the journal adds the time."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line, with the traceback below if there is one."""
        extra = " ".join(f"{key}={value}" for key, value in _extra(record).items())
        line = f"{record.levelname.lower()} {record.name}: {record.getMessage()}"
        line += f" ({extra})" if extra else ""
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up(level: str, form: str = "json") -> None:
    """Send every logger to standard error. The libraries stay above DEBUG: websockets logs headers."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("websockets", "asyncio", "pykka", "pymodbus", "mqtt"):
        logging.getLogger(name).setLevel(max(logging.getLevelName(level), logging.INFO))
