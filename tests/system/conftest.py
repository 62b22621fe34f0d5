from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.demo import furnished
from tests.system.store import Store


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A server, not yet started, on a database of either kind."""
    if request.param == "postgres":
        url = request.getfixturevalue("new_postgres_url")
    else:
        url = f"sqlite:///{tmp_path}/store.sqlite3"
    with furnished(url, tmp_path) as store:
        yield store
