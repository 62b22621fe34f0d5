"""Databases with the project's real schema, made by its own migrations."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scripts.services.postgres import fresh_database, refill
from scripts.suite.shared import database_once, made_once
from tests import databases

_TROLLEYS = """
import django
django.setup()
from core.fleet.models import Trolley
from core.tenancy.models import Branch, Chain
chain = Chain.objects.create(slug="demo", name="Demo", currency="INR")
branch = Branch.objects.create(chain=chain, code="BRANCH-001", name="Store")
for number in (1, 2):
    Trolley.objects.create(trolley_id=f"TROLLEY_{number:02}", branch=branch, cart_number=number)
"""


def _stocked(server: str) -> str:
    """The name of a database with all tables and two trolleys; to be copied."""

    def fill(url: str, folder: Path) -> None:
        refill(url, urlsplit(url).path[1:], databases.migrated_database(server))
        databases.run(url, folder, "-c", _TROLLEYS)

    return database_once(server, "journal", fill)[0]


@contextmanager
def _copied(server: str) -> Iterator[str]:
    with fresh_database(server) as url:
        refill(url, urlsplit(url).path[1:], _stocked(server))
        yield url


@pytest.fixture(scope="session")
def postgres_journal_url(postgres_server: str) -> Iterator[str]:
    """A migrated PostgreSQL database, shared by the tests of this process."""
    with _copied(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def new_journal_url(postgres_server: str) -> Iterator[str]:
    """A migrated PostgreSQL database of the test module's own."""
    with _copied(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """A migrated SQLite file to copy."""

    def make(folder: Path) -> None:
        shutil.copy(databases.migrated_file(), folder / "template.sqlite3")
        databases.run(f"sqlite:///{folder}/template.sqlite3", folder, "-c", _TROLLEYS)

    return made_once("journal", make) / "template.sqlite3"


@pytest.fixture
def sqlite_path(sqlite_template: Path, tmp_path: Path) -> Path:
    """A migrated SQLite file of the test's own."""
    path = tmp_path / "journal.sqlite3"
    shutil.copy(sqlite_template, path)
    return path
