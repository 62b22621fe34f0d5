"""Starting a server of our own in a directory of its own, and stopping it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from glob import glob
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
IGNORE_RUNNING = "SERVICES_IGNORE_RUNNING"
"""Set to 1: take no service that already runs, named or listening; start our own."""
NO_APT = "SERVICES_NO_APT"
"""Set to 1: never install packages."""
LOCALHOST = "127.0.0.1"
BINARY_DIRS = (
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/bin",
    "/opt/homebrew/bin",
    "/opt/homebrew/sbin",
)


class Missing(Exception):
    """A service that is neither running, installed nor installable; the message names the remedy."""


def ignores_running(environ: Mapping[str, str]) -> bool:
    """Whether services that already run are to be left alone."""
    return environ.get(IGNORE_RUNNING, "") not in ("", "0")


def running(
    what: str, variable: str, default: str, environ: Mapping[str, str], answers: Callable[[str], bool]
) -> tuple[str, str] | None:
    """The URL of a server that runs already, and how it was found; Missing if one is named and is silent."""
    if ignores_running(environ):
        return None
    for name in (f"TEST_{variable}", variable):
        if url := environ.get(name):
            if not answers(url):
                raise Missing(f"{name} names {what} that does not answer: {url}")
            return url, f"named by {name}"
    return (default, f"listening on {default.partition('://')[2]}") if answers(default) else None


def binary(name: str, extra_dirs: Sequence[str] = ()) -> str | None:
    """The path of an executable: in PATH, ``extra_dirs`` (globs, newest last) or where servers lie."""
    if found := shutil.which(name):
        return found
    for pattern in (*extra_dirs, *BINARY_DIRS):
        for directory in sorted(glob(pattern), reverse=True):
            if os.access(path := f"{directory}/{name}", os.X_OK):
                return path
    return None


def apt_install(what: str, packages: Sequence[str], environ: Mapping[str, str]) -> None:
    """Install Debian packages, or raise ``Missing`` with the reason apt or we have."""
    wanted = " ".join(packages)
    if environ.get(NO_APT, "") not in ("", "0"):
        raise Missing(f"{what} is missing and {NO_APT} forbids installing {wanted}.")
    tried = subprocess.run(
        ["sh", str(ROOT / "scripts/apt_install.sh"), *packages],  # noqa: S607 - found on the PATH
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if tried.returncode != 0:
        raise Missing(f"{what} is missing; install the package {wanted}. {tried.stderr.strip()}")


def installed(
    what: str, name: str, packages: Sequence[str], environ: Mapping[str, str], extra_dirs: Sequence[str] = ()
) -> str:
    """The path of a server's executable, installed when it was not there."""
    if found := binary(name, extra_dirs):
        return found
    apt_install(what, packages, environ)
    if found := binary(name, extra_dirs):
        return found
    raise Missing(f"{what}: {' '.join(packages)} was installed but has no {name}.")


def free_port() -> int:
    """A free TCP port of localhost."""
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        return int(probe.getsockname()[1])


def private_directory(stack: ExitStack, name: str, user: str | None = None) -> Path:
    """A directory that goes with ``stack``; given to ``user`` when the server runs as somebody else."""
    path = Path(tempfile.mkdtemp(prefix=f"trolley-{name}-", dir="/tmp"))
    stack.callback(shutil.rmtree, path, ignore_errors=True)
    if user is not None:
        shutil.chown(path, user)
    return path


def unprivileged() -> str | None:
    """Whom a server runs as that refuses to run as root; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise Missing("PostgreSQL does not run as root, and there is neither a user postgres nor nobody.")


def start(
    stack: ExitStack,
    command: Sequence[str],
    directory: Path,
    ready: Callable[[], bool],
    *,
    user: str | None = None,
    stop_signal: int = signal.SIGTERM,
    patience_s: float = 30.0,
) -> None:
    """Run a server until ``stack`` closes; returns once ``ready``, else raises ``Missing`` with its log."""
    log_path = directory / "server.log"
    log: IO[bytes] = stack.enter_context(log_path.open("wb"))
    process = subprocess.Popen(
        command,
        stdout=log,
        stderr=log,
        stdin=subprocess.DEVNULL,
        cwd=directory,
        start_new_session=True,
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    stack.callback(_stop, process, stop_signal)
    deadline = time.monotonic() + patience_s
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log_path.read_text(errors="replace")[-800:]
            raise Missing(f"{command[0]} did not come up: {tail}")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes], stop_signal: int) -> None:
    if process.poll() is None:
        process.send_signal(stop_signal)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
