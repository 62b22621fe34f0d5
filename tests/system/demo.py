"""A database with the demo in it: made once by each run of tests, then copied for every store."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from scripts.services.postgres import refill
from scripts.suite.shared import database_once, made_once
from tests import databases
from tests.system.store import Store


@contextmanager
def furnished(url: str, folder: Path, **environ: str) -> Iterator[Store]:
    """A server, not yet started, on a database with the demo in it; the one at ``url`` is empty."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        shutil.copy(demo_file(), parts.path[1:])
        pictures = demo_file().parent
    else:
        name = parts.path[1:]
        made, pictures = _demo_database(urlunsplit(parts._replace(path="/postgres")))
        refill(url, name, made)
    shutil.copytree(pictures / "media", folder / "media", dirs_exist_ok=True)
    store = Store(url, folder, **environ)
    try:
        yield store
    finally:
        store.close()


def demo_file() -> Path:
    """The demo in an SQLite file; to be copied."""

    def make(folder: Path) -> None:
        shutil.copy(databases.migrated_file(), folder / "demo.sqlite3")
        _fill(f"sqlite:///{folder}/demo.sqlite3", folder)

    return made_once("demo", make) / "demo.sqlite3"


def _demo_database(server: str) -> tuple[str, Path]:
    """The name of a database with the demo in it, to which nobody stays connected, and its data's folder."""

    def fill(url: str, folder: Path) -> None:
        refill(url, urlsplit(url).path[1:], databases.migrated_database(server))
        _fill(url, folder)

    return database_once(server, "demo", fill)


def _fill(url: str, folder: Path) -> None:
    databases.run(url, folder, "manage.py", "load_demo", "-v0")
