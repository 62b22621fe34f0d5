"""Which store the settings mean."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg2.extensions import make_dsn

from core.entities import PROJECTIONS
from core.journal.postgres import PostgresJournal
from core.journal.projector import Projection
from core.journal.sqlite import SqliteJournal
from core.journal.store import SqlJournal

_DSN_NAMES = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}


def open_journal(
    database: Mapping[str, Any],
    projections: Mapping[str, Projection] = PROJECTIONS,
    marks: Path | None = None,
) -> SqlJournal:
    """Return the journal in a database as ``settings.DATABASES`` describes it, with connections of its own.

    ``marks``: where it notes how far it has got, for whoever writes.
    Raises ValueError for an engine that is neither SQLite nor PostgreSQL.
    """
    engine = str(database["ENGINE"])
    if engine.endswith("sqlite3"):
        return SqliteJournal(database["NAME"], projections, marks=marks)
    if engine.endswith("postgresql"):
        named = {libpq: database[name] for name, libpq in _DSN_NAMES.items() if database.get(name)}
        extra = {key: value for key, value in database.get("OPTIONS", {}).items() if isinstance(value, str)}
        return PostgresJournal(make_dsn(**{**extra, **named}), projections, marks=marks)
    raise ValueError(f"expected SQLite or PostgreSQL, got {engine}")
