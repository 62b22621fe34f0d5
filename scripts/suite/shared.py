"""What all lanes of a run need and one of them makes: databases with tables, or with the demo in them.

Without a run around it, a process makes what it needs for itself.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from scripts.services.postgres import drop, fresh_database, refill

FOLDER = "TEST_SUITE_DIR"
"""The variable that names a run's own folder: lanes leave stacks there, the run its outcome."""
_MADE = "made"


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of that name, which ``make`` filled when somebody asked for it first."""
    base = _base() / _MADE
    base.mkdir(exist_ok=True)
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = base / name
        if not folder.exists():
            # Elsewhere first: what could not be made is tried again, and fails again, in each lane.
            beginning = Path(tempfile.mkdtemp(dir=base))
            make(beginning)
            beginning.rename(folder)
    return folder


@functools.cache
def _base() -> Path:
    if given := os.environ.get(FOLDER):
        return Path(given)
    folder = Path(tempfile.mkdtemp(prefix="trolley-made-"))
    atexit.register(shutil.rmtree, folder)
    return folder


def database_once(server: str, name: str, fill: Callable[[str, Path], None]) -> tuple[str, Path]:
    """Return the name of a database to copy, and its folder; ``fill`` gets a URL and that folder."""

    def make(folder: Path) -> None:
        with fresh_database(server) as url:
            fill(url, folder)
            refill(server, _kept(server, name), urlsplit(url).path[1:])

    folder = made_once(f"postgres-{name}", make)
    return _kept(server, name), folder


@functools.cache
def _kept(server: str, name: str) -> str:
    """Return the name under which it is kept: a run drops all that begin as Django's own test database."""
    if os.environ.get(FOLDER):
        return f"test_{urlsplit(os.environ['DATABASE_URL']).path[1:]}_{name}"
    kept = f"trolley_{os.getpid()}_{name}"
    atexit.register(drop, server, kept)
    return kept
