"""The API does what its OpenAPI document says, whoever asks: schemathesis against a running server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.system.demo import furnished
from tests.system.store import ROOT, Store

SEED = "7"
PASSWORD = "trolley-demo"
PHASES = {
    "admin": "examples,coverage,fuzzing,stateful",
    "manager": "examples,fuzzing,stateful",
    "shopper": "examples,fuzzing,stateful",
    None: "examples,fuzzing,stateful",
}
"""Coverage tries every limit of every field, thousands of requests; whoever may least is refused before
any field is looked at, so the one who may do everything does it for all."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The demo's shop without limits on how often one may call."""
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


@pytest.mark.timeout(600)
@pytest.mark.parametrize("who", PHASES)
def test_answers_are_as_the_document_says(store: Store, who: str | None, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", "tests/api/schemathesis.toml"]
    command += ["run", f"{store.url}/api/schema", "--seed", SEED, "--phases", PHASES[who]]
    if who is not None:
        login = {"username": who, "password": PASSWORD}
        answer = httpx.post(f"{store.url}/api/auth/token", json=login, timeout=60).raise_for_status()
        command += ["--header", f"Authorization: Bearer {answer.json()['access']}"]
    log = tmp_path / "schemathesis.txt"
    with log.open("w") as out:
        run = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    said = log.read_text()
    print(f"SEED={SEED}", *said.splitlines()[-12:], sep="\n")
    assert run.returncode == 0, said
