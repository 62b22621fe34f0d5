"""`make test`: get the services, run the front end's tests and pytest on them, stop what we started.

The exit status is 0 only when every service was there and every test ran and passed. The whole
suite goes in lanes side by side (``scripts/suite/lanes.py``), for most tests wait for a process or
a browser of their own.

Read from the environment: ``SEED`` (the order, printed by every run), ``REPEAT`` (times), ``BUSY``
(keep every core busy with something else), ``LANES`` and ``DURATIONS`` (renew what was measured).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from scripts.services import provide
from scripts.services.postgres import databases, drop
from scripts.suite import front_end, leftovers, outcome, plugin, shared
from scripts.suite.outcome import RunOutcome

ROOT = Path(__file__).resolve().parents[1]
LANES = 3
"""At most, and one more than there are cores: while tests wait for a process, others go on."""
_SPIN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n for _ in range(1_000_000): pass"
"""Keeps a core busy until the process that started it is gone."""


def main(arguments: Sequence[str]) -> int:
    """Run everything, or what ``arguments`` (for pytest) select; returns the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A shell that puts us in the background has us ignore it, and our children with us.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    began = time.monotonic()
    with ExitStack() as busy, ExitStack() as stack:
        found, missing = provide(stack)
        for service in found:
            print(f"{service.variable.removeprefix('TEST_'):16}{service.how}", flush=True)
        if missing:
            print("Nothing was tested, because this is missing:", *missing, sep="\n- ", file=sys.stderr)
            return 2
        environ = {**os.environ, **{service.variable: service.value for service in found}}
        _isolate(stack, environ)
        if os.environ.get("BUSY", "0") not in ("", "0"):
            _keep_busy(busy)
        seed = os.environ.get("SEED") or str(random.SystemRandom().randrange(100_000))
        print(f"The order of the tests is SEED={seed}", flush=True)
        whole = not arguments or list(arguments) == ["tests"]
        came = front_end.run(environ) if whole else RunOutcome(0)
        options = _lanes() if whole else list(arguments)
        came += _pytest(stack, options, environ, seed)
        # After what the services say when they end; what keeps the machine busy is not counted.
        stack.close()
        print(came.closing(time.monotonic() - began, _worked_s(), seed), flush=True)
    return came.status


def _worked_s() -> float:
    """The processor time of every process that was started here and has ended."""
    times = os.times()
    return times.children_user + times.children_system


def _lanes() -> list[str]:
    """The options of a whole run."""
    lanes = os.environ.get("LANES") or str(min(LANES, 1 + (os.cpu_count() or 1)))
    return ["tests", "-v", "-n", lanes, "--durations=25"]


def _isolate(stack: ExitStack, environ: dict[str, str]) -> None:
    """Point the product's own settings at throw-away places, and leave nothing running behind."""
    server = environ["TEST_POSTGRES_URL"]
    name = f"trolley_{os.getpid()}"
    environ["DATABASE_URL"] = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    stack.callback(_drop_all, server, f"test_{name}")
    environ["DATA_DIR"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="trolley-test-"))
    environ[leftovers.MARK] = uuid4().hex
    stack.callback(_end_leftovers, environ[leftovers.MARK])
    # Hundreds of processes are started; without their bytecode each would compile all of the product.
    for variable in ("REDIS_URL", "MQTT_URL", "DEMO_SHOPPERS", "PORT", "PYTHONDONTWRITEBYTECODE"):
        environ.pop(variable, None)


def _drop_all(server: str, prefix: str) -> None:
    for each in databases(server, prefix):
        drop(server, each)


def _end_leftovers(run: str) -> None:
    for command in leftovers.end_all(run):
        print(f"Left running by a test, and ended: {command}", file=sys.stderr)


def _keep_busy(stack: ExitStack) -> None:
    """Have every core busy with something else until the tests are done."""
    for _ in range(os.cpu_count() or 1):
        spinning = subprocess.Popen([sys.executable, "-c", _SPIN])
        stack.callback(spinning.wait)
        stack.callback(spinning.kill)
    print(f"{os.cpu_count()} processes keep the machine busy", flush=True)


def _pytest(stack: ExitStack, arguments: Sequence[str], environ: Mapping[str, str], seed: str) -> RunOutcome:
    folder = Path(environ["DATA_DIR"])
    command = [sys.executable, "-m", "pytest", "-p", plugin.__name__, *arguments]
    command += ["--random-order-bucket=module", f"--random-order-seed={seed}", f"--hypothesis-seed={seed}"]
    if repeat := os.environ.get("REPEAT"):
        command += [f"--count={repeat}"]
    run = subprocess.Popen(command, cwd=ROOT, env={**environ, shared.FOLDER: str(folder)})
    stack.callback(_end, run)
    return outcome.read(run.wait(), folder / plugin.OUTCOME)


def _end(run: subprocess.Popen[bytes]) -> None:
    """Let a run that goes on clean up behind itself, as an interrupt does."""
    if run.poll() is None:
        run.send_signal(signal.SIGINT)
        run.wait()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
