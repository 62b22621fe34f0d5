"""Node.js and npm, for the front end's own tests and tools."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import playwright

from scripts.services._process import Missing, apt_install, binary

OLDEST = 20


def node(stack: ExitStack, environ: Mapping[str, str]) -> tuple[str, str]:
    """The path of Node 20 or newer, and how it was found: installed, else the one in Playwright's wheel."""
    if (named := environ.get("TEST_NODE")) and _version(named) >= OLDEST:
        return named, "named by TEST_NODE"
    if (found := binary("node")) and _version(found) >= OLDEST:
        return found, "installed"
    bundled = str(Path(playwright.__file__).parent / "driver" / "node")
    if _version(bundled) >= OLDEST:
        return bundled, "from Playwright's wheel"
    apt_install("Node.js", ("nodejs",), environ)
    if (found := binary("node")) and _version(found) >= OLDEST:
        return found, "installed with apt"
    raise Missing(f"Node.js {OLDEST} or newer is missing; install it or name it in TEST_NODE.")


def npm(environ: Mapping[str, str]) -> str:
    """The path of npm, which comes with Node or as a package of its own. Raises Missing."""
    if found := binary("npm"):
        return found
    apt_install("npm", ("npm",), environ)
    if found := binary("npm"):
        return found
    raise Missing("npm is missing; install it, it comes with Node.js.")


def _version(path: str) -> int:
    """The major version; 0 when it does not start."""
    try:
        shown = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    match = re.match(r"v(\d+)\.", shown)
    return int(match.group(1)) if match else 0
