"""Runs schemathesis against a running server, with its seed and its output."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.system.store import ROOT, Store

SEED = "7"
PASSWORD = "trolley-demo"


def answers_as_documented(store: Store, who: str | None, phases: str, folder: Path) -> None:
    """Ask in these phases as one of the demo's accounts (None: without a token); fail with what was found."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", "tests/api/schemathesis.toml"]
    command += ["run", f"{store.url}/api/schema", "--seed", SEED, "--phases", phases]
    if who is not None:
        login = {"username": who, "password": PASSWORD}
        answer = httpx.post(f"{store.url}/api/auth/token", json=login, timeout=60).raise_for_status()
        command += ["--header", f"Authorization: Bearer {answer.json()['access']}"]
    log = folder / "schemathesis.txt"
    with log.open("w") as out:
        run = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    output = log.read_text()
    print(f"SEED={SEED}", *output.splitlines()[-12:], sep="\n")
    assert run.returncode == 0, _failures(output)


def _failures(output: str) -> str:
    """Return what it says of what failed; everything, where it says nothing in particular."""
    _, found, told = output.partition("= FAILURES =")
    return told[:_SHOWN] if found else output


_SHOWN = 4000
"""Characters; the whole is in the test's folder."""
