"""How the services of the tests are found, started and missed."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
import pytest

from scripts import services
from scripts.services import _process
from scripts.services.mosquitto import _accepts
from scripts.services.postgres import databases, fresh_database
from scripts.services.redis import _answers

OWN = {**os.environ, services.IGNORE_RUNNING: "1", _process.NO_APT: "1"}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """A machine without servers: nothing runs, nothing is installed, nothing may be."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(_process, "BINARY_DIRS", ())
    return {services.IGNORE_RUNNING: "1", _process.NO_APT: "1"}


def test_postgresql_is_started_from_its_binaries_and_stopped() -> None:
    with ExitStack() as stack:
        url, how = services.postgres(stack, OWN)
        assert how.startswith("started from")
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(url)


def test_redis_is_started_from_its_binary_and_stopped() -> None:
    with ExitStack() as stack:
        url, how = services.redis(stack, OWN)
        assert how.startswith("started from")
        assert _answers(url)
    assert not _answers(url)


def test_mosquitto_is_started_from_its_binary_and_stopped() -> None:
    with ExitStack() as stack:
        url, how = services.mosquitto(stack, OWN)
        assert how.startswith("started from")
        assert _accepts(url)
    assert not _accepts(url)


def test_a_service_that_the_environment_names_is_taken(stack: ExitStack, redis_url: str) -> None:
    assert services.redis(stack, {"REDIS_URL": redis_url}) == (redis_url, "named by REDIS_URL")


def test_a_named_service_that_does_not_answer_is_an_error_and_not_replaced(stack: ExitStack) -> None:
    port = _process.free_port()
    with pytest.raises(services.Missing, match="REDIS_URL names"):
        services.redis(stack, {"REDIS_URL": f"redis://127.0.0.1:{port}"})
    with pytest.raises(services.Missing, match="MQTT_URL names"):
        services.mosquitto(stack, {"MQTT_URL": f"mqtt://127.0.0.1:{port}"})
    with pytest.raises(services.Missing, match="DATABASE_URL names"):
        services.postgres(stack, {"DATABASE_URL": f"postgresql://nobody@127.0.0.1:{port}/none"})


def test_something_else_on_a_port_is_not_taken_for_a_broker() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert not _accepts(f"mqtt://127.0.0.1:{listening.getsockname()[1]}")


def test_what_is_neither_running_nor_installable_is_named(
    stack: ExitStack, bare_machine: dict[str, str]
) -> None:
    with pytest.raises(services.Missing, match=r"install.*redis-server"):
        services.redis(stack, bare_machine)
    with pytest.raises(services.Missing, match=r"install.*mosquitto"):
        services.mosquitto(stack, bare_machine)


def test_everything_missing_is_reported_at_once(stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> tuple[str, str]:
        raise services.Missing("it is not here")

    for name in ("postgres", "redis", "mosquitto", "chromium", "headless_shell", "node"):
        monkeypatch.setattr(services, name, missing)
    found, why = services.provide(stack, {})
    assert found == []
    assert why == ["it is not here"] * 6


def test_a_fresh_database_is_gone_afterwards(postgres_server: str) -> None:
    with fresh_database(postgres_server, "trolley_fresh") as url:
        name = url.rpartition("/")[2]
        assert databases(postgres_server, name) == [name]
        lingering = psycopg2.connect(url)
    assert databases(postgres_server, name) == []
    lingering.close()


def test_node_and_browsers_are_there(stack: ExitStack) -> None:
    for get in (services.node, services.chromium, services.headless_shell):
        path, _ = get(stack, os.environ)
        assert os.access(path, os.X_OK)
