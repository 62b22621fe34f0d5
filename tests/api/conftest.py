"""The demo's shop without limits on how often one may call, one for each file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.demo import furnished
from tests.system.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A running server with the demo's people and goods."""
    folder = tmp_path_factory.mktemp("api")
    often = {
        "ACCOUNT_COMMANDS_PER_SECOND": "1000000",
        "ADDRESS_COMMANDS_PER_SECOND": "1000000",
        "AUTH_RATE": "1000000/minute",
        "AUTH_FAILURE_RATE": "1000000/minute",
        "AUTH_ACCOUNT_FAILURE_RATE": "1000000/hour",
    }
    with furnished(f"sqlite:///{folder}/store.sqlite3", folder, **often) as store:
        store.start()
        yield store
