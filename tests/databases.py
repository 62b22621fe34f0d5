"""Databases with all tables, made once by each run and copied by whoever needs one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from scripts.suite.shared import database_once, made_once

ROOT = Path(__file__).resolve().parents[1]


def migrated_file() -> Path:
    """A migrated SQLite file; to be copied."""

    def make(folder: Path) -> None:
        migrate(f"sqlite:///{folder}/migrated.sqlite3", folder)

    return made_once("migrated", make) / "migrated.sqlite3"


def migrated_database(server: str) -> str:
    """The name of a migrated PostgreSQL database to which nobody is connected; to be copied."""
    return database_once(server, "migrated", migrate)[0]


def migrate(url: str, data_dir: Path) -> None:
    """Make all tables of a database, in a process of its own."""
    run(url, data_dir, "manage.py", "migrate", "-v0")


def run(url: str, data_dir: Path, *arguments: str) -> None:
    """Run Python with the product's settings on a database."""
    subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "DATA_DIR": str(data_dir),
            "DJANGO_SETTINGS_MODULE": "core.settings",
        },
        check=True,
        timeout=180,
    )
