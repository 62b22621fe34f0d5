"""`make test`: get the services, run the front end's tests and pytest on them, stop what we started.

The exit status is 0 only when every service was there and every test ran and passed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from scripts.services import provide
from scripts.services.postgres import databases, drop

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str]) -> int:
    """Run everything, or what ``arguments`` (for pytest) select; returns the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        found, missing = provide(stack)
        for service in found:
            print(f"{service.variable.removeprefix('TEST_'):14}{service.how}", flush=True)
        if missing:
            print("Nothing was tested, because this is missing:", *missing, sep="\n- ", file=sys.stderr)
            return 2
        environ = {**os.environ, **{service.variable: service.value for service in found}}
        _isolate(stack, environ)
        front = _front_end(environ) if not arguments or list(arguments) == ["tests"] else 0
        return _pytest(arguments, environ) or front


def _isolate(stack: ExitStack, environ: dict[str, str]) -> None:
    """Point the product's own settings at throw-away places."""
    server = environ["TEST_POSTGRES_URL"]
    name = f"trolley_{os.getpid()}"
    environ["DATABASE_URL"] = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    stack.callback(_drop_all, server, f"test_{name}")
    environ["DATA_DIR"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="trolley-test-"))
    for variable in ("REDIS_URL", "MQTT_URL", "DEMO_SHOPPERS", "PORT"):
        environ.pop(variable, None)


def _drop_all(server: str, prefix: str) -> None:
    for each in databases(server, prefix):
        drop(server, each)


def _front_end(environ: dict[str, str]) -> int:
    tests = sorted(str(path) for path in (ROOT / "frontend_static" / "tests").rglob("*.test.*js"))
    if not tests:
        print("There are no front-end tests in frontend_static/tests.", file=sys.stderr)
        return 1
    command = [environ["TEST_NODE"], "--test", "--test-reporter=spec", *tests]
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode


def _pytest(arguments: Sequence[str], environ: dict[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
