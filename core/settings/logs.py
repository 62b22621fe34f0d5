"""What is logged, how and where to."""

from __future__ import annotations

from core.config import logs
from core.settings.base import PRODUCTION, env

LOGGING = logs.configuration(
    style=env.choice("LOG_FORMAT", "json" if PRODUCTION else "console", ("json", "console")),
    level=env.choice("LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
    files={name: env.text(f"LOG_FILE_{name.upper()}") for name in logs.LOGGERS},
)
