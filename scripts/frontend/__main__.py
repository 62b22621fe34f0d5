"""The pages' own tools, from npm: format, lint, types.

``python -m scripts.frontend check`` is part of ``make check``, ``fmt`` of ``make fmt``. The packages are
those of package-lock.json, put into node_modules when it lacks them; the lock names versions and hashes
and no address, for where packages come from is a matter of the machine that installs them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from scripts.services import Missing, node, npm

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "package-lock.json"
MODULES = ROOT / "node_modules"
_INSTALLED = MODULES / ".installed.json"
"""A copy of the lock that node_modules was made from."""

CHECKS = (
    ("prettier", ("--check", "--log-level=warn", ".")),
    ("eslint", ("--max-warnings=0", ".")),
    ("tsc", ("--project", ".")),
    ("tsc", ("--project", "tsconfig.typed.json")),
)
FIXES = (
    ("eslint", ("--fix", ".")),
    ("prettier", ("--write", "--log-level=warn", ".")),
)


class Tools:
    """Runs what package.json asks for, with one Node."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        with ExitStack() as stack:
            self._node, _ = node(stack, environ)
        self._environ = dict(environ)
        self._environ["PATH"] = os.pathsep.join(
            (str(Path(self._node).parent), environ.get("PATH", os.defpath))
        )

    def install(self) -> None:
        """Make node_modules what the lock says, unless it is. Raises Missing, CalledProcessError."""
        if _INSTALLED.is_file() and _INSTALLED.read_bytes() == LOCK.read_bytes():
            return
        command = [npm(self._environ), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=ROOT, env=self._environ, check=True)
        _INSTALLED.write_bytes(LOCK.read_bytes())

    def make_types(self) -> None:
        """Write types/generated from the two documents of the API. Raises CalledProcessError."""
        document = subprocess.run(
            [sys.executable, "-m", "scripts.openapi"],
            cwd=ROOT,
            env=self._environ,
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
        command = [self._node, str(Path(__file__).with_name("types.mjs"))]
        subprocess.run(command, cwd=ROOT, env=self._environ, input=document, check=True)

    def run(self, program: str, *arguments: str) -> int:
        """Run a package's program; returns its status."""
        command = [self._node, str((MODULES / ".bin" / program).resolve()), *arguments]
        return subprocess.run(command, cwd=ROOT, env=self._environ, check=False).returncode


def main(arguments: list[str]) -> int:
    """Check or fix; returns the first status that is not 0, when all have run."""
    if arguments not in (["check"], ["fmt"]):
        print("Expected: python -m scripts.frontend check|fmt", file=sys.stderr)
        return 2
    try:
        tools = Tools(os.environ)
        tools.install()
        if arguments == ["check"]:
            tools.make_types()
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    programs = CHECKS if arguments == ["check"] else FIXES
    return next((status for status in [tools.run(name, *more) for name, more in programs] if status), 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
