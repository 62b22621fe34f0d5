"""`make run`: the whole store on this machine.

Migrates, loads the demo, collects the pages' files under hashed names, serves, and beside the
server runs the store's simulated hardware, and with ``REDIS_URL`` a Celery worker with Beat. Prints
the addresses and the demo logins once the server is ready; ``HOST=0.0.0.0`` opens it to the network,
with logins that everybody knows. Ctrl-C or SIGTERM stops everything in reverse order; the exit
status is then 0.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import django

from scripts.children import Children, stop_once
from scripts.probe import healthy

ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN_S = 60.0


def main() -> int:
    """Run until Ctrl-C; 0 then, 1 when it could not start."""
    port = os.environ.get("PORT", "").strip() or "8000"
    if not port.isdigit() or not 0 < int(port) < 65536:
        return _fail(f"PORT: expected a number from 1 to 65535, got {port!r}.")
    host = os.environ.get("HOST", "").strip() or "127.0.0.1"
    if _taken(host, int(port)):
        return _fail(f"Port {port} is taken. Choose another: make run PORT={int(port) + 1}")
    stop_once()
    children = Children(lambda line: print(line, file=sys.stderr, flush=True))
    try:
        if subprocess.run([sys.executable, "-m", "scripts.prepare"], cwd=ROOT, check=False).returncode:
            return _fail("The database could not be prepared; see above.")
        if subprocess.run([sys.executable, "-m", "scripts.collect"], cwd=ROOT, check=False).returncode:
            return _fail("The pages' files could not be collected; see above.")
        _serve(children, host, int(port))
    except KeyboardInterrupt:
        print("\nStopping.", flush=True)
        return 0
    except NotReady as why:
        return _fail(str(why))
    finally:
        children.stop()


class NotReady(Exception):
    """The server did not come up."""


def _serve(children: Children, host: str, port: int) -> NoReturn:
    own = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - asked for by HOST
    url = f"http://{own}:{port}"
    server = children.start(
        "server", [sys.executable, "-m", "scripts.serve", "--host", host, "--port", str(port)]
    )
    deadline = time.monotonic() + READY_WITHIN_S
    while not healthy(f"{url}/readyz"):
        if server.process is None or server.process.poll() is not None:
            raise NotReady("The server ended before it was ready; see above.")
        if time.monotonic() > deadline:
            raise NotReady(f"The server was not ready within {READY_WITHIN_S:.0f} s.")
        time.sleep(0.1)
    children.start(
        "store", [sys.executable, "-m", "scripts.demo_store", "--server", f"ws://{own}:{port}/ws/device/"]
    )
    _greet()
    _employ(children)
    _invite(children, f"ws://{own}:{port}")
    while True:
        time.sleep(0.5)
        children.watch()


def _greet() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    from core.management.commands.load_demo import greeting

    print("", *greeting(), f"{'Stop with':<10} Ctrl-C", sep="\n", flush=True)


def _employ(children: Children) -> None:
    """With a broker, have a worker with Celery Beat; without one the server runs the tasks."""
    from django.conf import settings

    if settings.REDIS_URL:
        command = [sys.executable, "-m", "celery", "-A", "core.celery", "worker", "--loglevel", "warning"]
        beat = ["--beat", "--schedule", str(settings.DATA_DIR / "beat"), "--concurrency", "1"]
        children.start("worker", [*command, *beat, "--hostname", f"{settings.REDIS_PREFIX}@%h"])


def _invite(children: Children, server: str) -> None:
    from django.conf import settings

    if settings.DEMO_SHOPPERS:
        command = [sys.executable, "-m", "scripts.demo_shoppers", "--server", server]
        children.start("simulated shoppers", command)


def _taken(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _fail(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
