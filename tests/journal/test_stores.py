"""The journal's contract on memory, SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.runtime.journal import Journal, Write
from actors.runtime.memory import MemoryJournal
from core.journal.postgres import PostgresJournal
from core.journal.sqlite import SqliteJournal
from core.journal.tables import Row
from tests.journal_contract import JournalContract


class NoteRow(Row, table="journal_meta", key="name", mode="upsert"):
    """A read model that any database has: a fact with a name of at most 50 characters."""

    name: str
    value: str


def note(write: Write) -> Iterable[Row]:
    """Project the state as a text; anything else is no row."""
    if isinstance(write.state, str):
        yield NoteRow(name=str(write.address)[-40:], value=write.state)


PROJECTIONS = {"counter": note}


class TestMemory(JournalContract):
    """The reference store."""

    @pytest.fixture
    def journal(self) -> Journal:
        return MemoryJournal()


class TestSqlite(JournalContract):
    """The store that `make run` uses."""

    @pytest.fixture
    def journal(self, sqlite_path: Path) -> Iterator[Journal]:
        self.path = sqlite_path
        self.opened: list[SqliteJournal] = []
        yield self.reopen()
        for store in self.opened:
            store.close()

    def reopen(self, journal: Journal | None = None) -> Journal:
        self.opened.append(SqliteJournal(self.path, PROJECTIONS))
        return self.opened[-1]

    def poison(self) -> Any:
        return "a NUL \0 character"


class TestPostgres(JournalContract):
    """The store of a real installation."""

    @pytest.fixture
    def journal(self, postgres_journal_url: str) -> Iterator[Journal]:
        self.url = postgres_journal_url
        self.opened: list[PostgresJournal] = []
        yield self.reopen()
        for store in self.opened:
            store.close()

    def reopen(self, journal: Journal | None = None) -> Journal:
        self.opened.append(PostgresJournal(self.url, PROJECTIONS))
        return self.opened[-1]

    def poison(self) -> Any:
        return "longer than the column " * 20
