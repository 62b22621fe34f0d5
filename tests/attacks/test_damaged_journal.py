"""Somebody, or a dying disk, flips a byte: the server says what is missing, and serves only when told to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import databases
from tests.attacks.target import target
from tests.journal.test_guard import _flip
from tests.system.store import ROOT, free_port


def environ(folder: Path, **more: str) -> dict[str, str]:
    """Return what the server is started with: SQLite in ``folder``."""
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "core.settings",
        **more,
    }


def run(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environ(folder, **more),
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip


@pytest.mark.timeout(300)
def test_a_flipped_byte_stops_the_start_and_is_named_until_it_is_accepted(tmp_path: Path) -> None:
    shutil.copy(databases.migrated_file(), tmp_path / "db.sqlite3")
    command = [
        sys.executable,
        "-m",
        "tests.journal.victim",
        str(tmp_path / "db.sqlite3"),
        str(tmp_path / "journal.marks"),
    ]
    with subprocess.Popen(
        command, cwd=ROOT, env=environ(tmp_path), stdout=subprocess.PIPE, text=True
    ) as victim:
        assert victim.stdout is not None
        answered = [victim.stdout.readline() for _ in range(100)]
        victim.kill()
    assert all(answered)
    wal = tmp_path / "db.sqlite3-wal"
    _flip(wal, wal.stat().st_size // 2)
    served = run(tmp_path, "-m", "scripts.serve", "--port", str(free_port()))
    assert served.returncode != 0
    assert "cart/" in served.stderr, served.stderr[-2000:]
    assert "missing" in served.stderr
    checked = run(tmp_path, "manage.py", "check_journal")
    assert checked.returncode == 1
    assert "missing" in checked.stdout + checked.stderr
    with target("uvicorn", tmp_path / "db.sqlite3", tmp_path, ACCEPT_JOURNAL_LOSS="1"):
        pass
    with target("uvicorn", tmp_path / "db.sqlite3", tmp_path):
        pass


@pytest.mark.timeout(300)
def test_a_damaged_database_file_is_found_before_anything_is_compared(tmp_path: Path) -> None:
    shutil.copy(databases.migrated_file(), tmp_path / "db.sqlite3")
    file = tmp_path / "db.sqlite3"
    whole = run(tmp_path, "manage.py", "check_journal")
    assert whole.returncode == 0, whole.stderr
    with file.open("r+b") as opened:
        # The second page is some table's or index's: its kind and number of cells are made nonsense.
        opened.seek(4096)
        opened.write(b"\xff" * 64)
    damaged = run(tmp_path, "manage.py", "check_journal")
    assert damaged.returncode != 0
    assert "damaged" in damaged.stderr or "malformed" in damaged.stderr, damaged.stderr[-1000:]
