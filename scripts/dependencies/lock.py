"""Resolve pyproject.toml into the three lock files, for every platform and Python from 3.11 on.

A lock names versions and hashes and no address: where packages come from is a matter of the machine
that installs them. What is locked stays as it is until ``UPGRADE=1`` asks for the newest of everything.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from scripts.dependencies import sbom

LOCKS = {"requirements.lock": "server", "requirements-dev.lock": "dev", "requirements-pi.lock": "pi"}
HEADER = "# Made by `make lock` from pyproject.toml [{extra}]; not edited by hand.\n"
_OPTIONS = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--quiet")


def resolve(lock: Path, extra: str, within: Path | None) -> None:
    """Write the pinned requirements of one extra, kept to the versions ``within`` has."""
    command = [
        sys.executable,
        "-m",
        "uv",
        "--no-config",
        "pip",
        "compile",
        "pyproject.toml",
        "--extra",
        extra,
    ]
    command += [*_OPTIONS, "--no-emit-package", "smart-trolley", "--output-file", str(lock)]
    if os.environ.get("UPGRADE"):
        command += ["--upgrade"]
    if within is not None:
        command += ["--constraints", str(within)]
    subprocess.run(command, check=True)
    lock.write_text(HEADER.format(extra=extra) + lock.read_text())


def main() -> int:
    """Write all locks; the server's first, the others agree with it."""
    server: Path | None = None
    for name, extra in LOCKS.items():
        path = Path(name)
        resolve(path, extra, server)
        server = server or path
        print(f"{name}: {sum('==' in line for line in path.read_text().splitlines())} packages")
    sbom.write(tuple(LOCKS))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
