from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.store import Store


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A server, not yet started, on a database with the demo in it."""
    if request.param == "postgres":
        url = request.getfixturevalue("new_postgres_url")
    else:
        url = f"sqlite:///{tmp_path}/store.sqlite3"
    store = Store(url, tmp_path)
    store.manage("migrate", "-v0")
    store.manage("load_demo")
    try:
        yield store
    finally:
        store.close()
