"""`make matrix`: the tests on every Python from 3.11 to 3.14 that is here, each in its own environment.

A Python is looked for as ``python3.x`` in PATH and among pyenv's and uv's versions; nothing is fetched.
One that is not here is named in the last lines, and no failure: what can be tried is a matter of the
machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
PLACE = ROOT / ".venvs"


def find(version: str) -> str | None:
    """The path of a Python of this version; None if there is none."""
    uv = [sys.executable, "-m", "uv", "--no-config", "python", "find", "--no-project", "--system"]
    uv += ["--python-preference", "only-system", "--offline"]
    asked = subprocess.run([*uv, version], capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else _pyenvs(version)


def _pyenvs(version: str) -> str | None:
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = sorted(root.glob(f"versions/{version}.*/bin/python"))
    return str(found[-1]) if found else None


def environment(version: str, python: str) -> Path:
    """A virtual environment with what the lock names; made once, brought up to date by every run."""
    place = PLACE / version
    uv = [sys.executable, "-m", "uv", "--no-config"]
    if not (place / "bin" / "python").exists():
        subprocess.run([*uv, "venv", "--quiet", "--python", python, str(place)], check=True)
    sync = [*uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(place / "bin" / "python")]
    subprocess.run([*sync, str(ROOT / "requirements-dev.lock")], check=True)
    return place / "bin" / "python"


def main(tests: Sequence[str]) -> int:
    """Run the tests on each; returns 0 if none of them failed."""
    outcomes = {}
    for version in VERSIONS:
        python = find(version)
        if python is None:
            outcomes[version] = "not here"
            continue
        print(f"--- Python {version}: {python}", flush=True)
        try:
            command = [str(environment(version, python)), "-m", "scripts.run_tests", *tests]
        except subprocess.CalledProcessError as error:
            outcomes[version] = f"FAILED: {error}"
        else:
            status = subprocess.run(command, cwd=ROOT, check=False).returncode
            outcomes[version] = "passed" if status == 0 else f"FAILED with {status}"
    for version, outcome in outcomes.items():
        print(f"Python {version}: {outcome}")
    return 1 if any(outcome.startswith("FAILED") for outcome in outcomes.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
