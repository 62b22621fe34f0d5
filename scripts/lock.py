"""Resolve pyproject.toml into the three lock files, for every platform and Python from 3.11 on.

A lock names versions and hashes and no address: where packages come from is a
matter of the machine that installs them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LOCKS = {"requirements.lock": "server", "requirements-dev.lock": "dev", "requirements-pi.lock": "pi"}
HEADER = "# Made by `make lock` from pyproject.toml [{extra}]; not edited by hand.\n"


def resolve(lock: Path, extra: str, within: Path | None) -> str:
    """The pinned requirements of one extra, kept to the versions ``within`` has."""
    command = [sys.executable, "-m", "uv", "--no-config", "pip", "compile", "pyproject.toml"]
    command += [
        "--extra",
        extra,
        "--universal",
        "--python-version",
        "3.11",
        "--generate-hashes",
        "--no-header",
        "--quiet",
    ]
    command += ["--no-emit-package", "smart-trolley", "--upgrade"]
    if within is not None:
        command += ["--constraints", str(within)]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    return HEADER.format(extra=extra) + found.stdout


def main() -> int:
    """Write all locks; the server's first, the others agree with it."""
    server: Path | None = None
    for name, extra in LOCKS.items():
        path = Path(name)
        path.write_text(resolve(path, extra, server))
        server = server or path
        print(f"{name}: {sum('==' in line for line in path.read_text().splitlines())} packages")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
