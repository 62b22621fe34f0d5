"""A database with the demo in it: made once by each test process, then copied for every store."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from scripts.services.postgres import fresh_database, refill
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
        refill(url, name, urlsplit(made).path[1:])
    shutil.copytree(pictures / "media", folder / "media", dirs_exist_ok=True)
    store = Store(url, folder, **environ)
    try:
        yield store
    finally:
        store.close()


@functools.cache
def demo_file() -> Path:
    """The demo in an SQLite file; to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="trolley-demo-"))
    atexit.register(shutil.rmtree, folder)
    _fill(f"sqlite:///{folder}/demo.sqlite3", folder)
    return folder / "demo.sqlite3"


@functools.cache
def _demo_database(server: str) -> tuple[str, Path]:
    """The URL of a database with the demo in it, to which nobody stays connected, and its data's folder."""
    stack = ExitStack()
    atexit.register(stack.close)
    url = stack.enter_context(fresh_database(server))
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trolley-demo-")))
    _fill(url, folder)
    return url, folder


def _fill(url: str, folder: Path) -> None:
    store = Store(url, folder)
    store.manage("migrate", "-v0")
    store.manage("load_demo", "-v0")
    store.close()
