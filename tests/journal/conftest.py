"""Databases with the project's real schema, made by its own migrations."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.services.postgres import fresh_database

ROOT = Path(__file__).resolve().parents[2]

_MIGRATE = """
import django
from django.core.management import call_command
django.setup()
call_command("migrate", verbosity=0)
from core.fleet.models import Trolley
from core.tenancy.models import Branch, Chain
chain = Chain.objects.create(slug="demo", name="Demo", currency="INR")
branch = Branch.objects.create(chain=chain, code="BRANCH-001", name="Store")
for number in (1, 2):
    Trolley.objects.create(trolley_id=f"TROLLEY_{number:02}", branch=branch, cart_number=number)
"""


def migrate(url: str, data_dir: Path) -> None:
    """Make all tables and two trolleys in the database, in a process of its own."""
    subprocess.run(
        [sys.executable, "-c", _MIGRATE],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "DATA_DIR": str(data_dir),
            "DJANGO_SETTINGS_MODULE": "core.settings",
        },
        check=True,
        timeout=120,
    )


@pytest.fixture(scope="session")
def postgres_journal_url(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated PostgreSQL database, shared by the tests of this process."""
    with fresh_database(postgres_server) as url:
        migrate(url, tmp_path_factory.mktemp("data"))
        yield url


@pytest.fixture(scope="module")
def new_journal_url(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated PostgreSQL database of the test module's own."""
    with fresh_database(postgres_server) as url:
        migrate(url, tmp_path_factory.mktemp("data"))
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("journal") / "template.sqlite3"
    migrate(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture
def sqlite_path(sqlite_template: Path, tmp_path: Path) -> Path:
    """A migrated SQLite file of the test's own."""
    path = tmp_path / "journal.sqlite3"
    shutil.copy(sqlite_template, path)
    return path
