"""`make quick`: what can be known within a minute. Lint, types, and the tests that need nothing but Python.

Types are those of what changed and of what uses it, for mypy keeps the rest from last time. All of it runs
side by side; what went wrong is shown whole, one after another.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from scripts.services import node
from scripts.suite import plugin, shared

ROOT = Path(__file__).resolve().parents[1]
PURE = ("tests/domain", "tests/runtime", "tests/repo/test_import_contracts.py", "tests/repo/test_shape.py")
"""Tests of what has neither process nor database nor network."""


def commands() -> dict[str, Sequence[str]]:
    """What is run, by its name."""
    tool = Path(sys.executable).parent
    front = sorted(str(path) for path in (ROOT / "frontend_static" / "tests").rglob("*.test.*js"))
    options = ["-q", "-p", plugin.__name__, "--no-header"]
    return {
        "format": [str(tool / "ruff"), "format", "--check", "--quiet", "."],
        "lint": [str(tool / "ruff"), "check", "--quiet", "."],
        "types": [str(tool / "mypy")],
        "imports": [str(tool / "lint-imports"), "--no-logo"],
        "tests": [sys.executable, "-m", "pytest", *options, *PURE],
        "front end": [node(ExitStack(), os.environ)[0], "--test", *front],
    }


def main() -> int:
    """Run everything at once; returns 0 if all of it is well."""
    began = time.monotonic()
    failed = []
    with tempfile.TemporaryDirectory(prefix="trolley-quick-") as name:
        folder = Path(name)
        environ = {**os.environ, shared.FOLDER: name, "DATA_DIR": name}
        runs = {}
        for what, command in commands().items():
            said = (folder / what).open("wb")
            runs[what] = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=said, stderr=said)
        for what, run in runs.items():
            if run.wait() != 0:
                failed.append(what)
                print(f"--- {what}", (folder / what).read_text(errors="replace"), sep="\n")
            else:
                print(f"{what}: well after {time.monotonic() - began:.0f} s", flush=True)
    print(f"FAILED: {', '.join(failed)}" if failed else f"PASSED in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
