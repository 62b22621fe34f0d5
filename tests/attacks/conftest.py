"""A shop of one's own behind a server object, or one for all the tests of a file behind a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.realtime.conftest import copied, migrated_file, options, server, world

__all__ = ["migrated_file", "options", "server", "world"]


@pytest.fixture(scope="module")
def database(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Iterator[Path]:
    """The SQLite file that Django and the servers share while a module of these tests runs."""
    with django_db_blocker.unblock(), copied(migrated_file, tmp_path_factory.mktemp("attacks")) as file:
        yield file
