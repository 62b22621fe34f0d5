"""`make test`: get the services, run the front end's tests and pytest on them, stop what we started.

The exit status is 0 only when every service was there and every test ran and passed. The whole
suite goes in two lanes at once, for most tests wait for a process or a browser of their own; each
lane has its own databases and data, and what the second says is printed after the first.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit, urlunsplit

from scripts.services import provide
from scripts.services.postgres import databases, drop

ROOT = Path(__file__).resolve().parents[1]
FIRST_LANE = ("tests/browser", "tests/core", "tests/devicegw", "tests/repo", "tests/system")
"""About half of the suite's time; everything else, also what is yet to come, is the second lane."""


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
        if arguments and list(arguments) != ["tests"]:
            return _wait([_pytest(stack, arguments, environ, "")])
        front = _front_end(environ)
        return _whole_suite(stack, environ) or front


def _whole_suite(stack: ExitStack, environ: Mapping[str, str]) -> int:
    if (os.cpu_count() or 1) < 2:
        return _wait([_pytest(stack, ["tests"], environ, "")])
    rest = ["tests", *(f"--ignore={folder}" for folder in FIRST_LANE)]
    with tempfile.TemporaryFile() as said:
        lanes = [_pytest(stack, FIRST_LANE, environ, "a"), _pytest(stack, rest, environ, "b", said)]
        status = _wait(lanes)
        said.seek(0)
        shutil.copyfileobj(said, sys.stdout.buffer)
        sys.stdout.flush()
    return status


def _wait(runs: Sequence[subprocess.Popen[bytes]]) -> int:
    """Return the first status that is not 0, when all have ended."""
    return next((status for status in [run.wait() for run in runs] if status), 0)


def _isolate(stack: ExitStack, environ: dict[str, str], lane: str) -> None:
    """Point the product's own settings at throw-away places."""
    server = environ["TEST_POSTGRES_URL"]
    name = f"trolley_{os.getpid()}{lane}"
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


def _pytest(
    stack: ExitStack,
    arguments: Sequence[str],
    environ: Mapping[str, str],
    lane: str,
    said: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    own = dict(environ)
    _isolate(stack, own, lane)
    command = [sys.executable, "-m", "pytest", *arguments]
    run = subprocess.Popen(command, cwd=ROOT, env=own, stdout=said, stderr=said)
    stack.callback(_end, run)
    return run


def _end(run: subprocess.Popen[bytes]) -> None:
    """Let a run that goes on clean up behind itself, as an interrupt does."""
    if run.poll() is None:
        run.send_signal(signal.SIGINT)
        run.wait()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
