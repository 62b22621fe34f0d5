"""What every test may ask for: real services.

`make test` hands them over; a bare pytest takes what runs here, or what is
installed. A service that is not there fails its tests; nothing is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as examples

from scripts import services
from scripts.services.postgres import fresh_database
from tests import databases

# How long an example takes says how busy the machine is, not whether the product is right.
examples.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("suite")


def _get(variable: str, find: Callable[..., tuple[str, str]]) -> Iterator[str]:
    if value := os.environ.get(variable):
        yield value
        return
    with ExitStack() as stack:
        try:
            value, _ = find(stack, {**os.environ, "SERVICES_NO_APT": "1"})
        except services.Missing as why:
            pytest.fail(f"{why} `make test` provides it.")
        yield value


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server on which databases may be made."""
    yield from _get("TEST_POSTGRES_URL", services.postgres)


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty PostgreSQL database of this test process, shared by its tests."""
    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, request: pytest.FixtureRequest
) -> None:
    """Django's own test database is a copy of one that was migrated once for all lanes."""
    used = settings.DATABASES["default"]
    if used["ENGINE"].endswith("postgresql"):
        server = request.getfixturevalue("postgres_server")
        used.setdefault("TEST", {})["TEMPLATE"] = databases.migrated_database(server)


@pytest.fixture
def new_postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty PostgreSQL database for one test alone."""
    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a Redis server; others use it too, so keys take ``redis_prefix``."""
    yield from _get("TEST_REDIS_URL", services.redis)


@pytest.fixture
def redis_prefix() -> str:
    """A key prefix that is this test's alone."""
    return f"test-{uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def mqtt_url() -> Iterator[str]:
    """The URL of an MQTT broker; topics want a prefix of the test's own."""
    yield from _get("TEST_MQTT_URL", services.mosquitto)


@pytest.fixture(scope="session")
def chromium() -> Iterator[str]:
    """The path of a Chromium that starts."""
    yield from _get("TEST_CHROMIUM", services.chromium)


@pytest.fixture(scope="session")
def headless_shell() -> Iterator[str]:
    """The path of a Chromium without windows, for all that needs no camera."""
    yield from _get("TEST_HEADLESS_SHELL", services.headless_shell)


@pytest.fixture(scope="session")
def node() -> Iterator[str]:
    """The path of Node 20 or newer."""
    yield from _get("TEST_NODE", services.node)
