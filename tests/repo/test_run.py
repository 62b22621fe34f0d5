"""`make run` as a developer has it: addresses, logins, a store that works, and a clean end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from scripts.services._process import free_port
from tests.repo.files import ROOT

READY_LINE = "Stop with"
# It migrates, collects files and loads the demo, each in a process of its own: minutes on a busy machine.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def environ(tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """An environment that names nothing but a place of our own, and a broker for tests that have one."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    broker = {}
    if "redis_url" in request.fixturenames:
        names = {"REDIS_URL": "redis_url", "REDIS_PREFIX": "redis_prefix"}
        broker = {name: str(request.getfixturevalue(fixture)) for name, fixture in names.items()}
    return {**kept, **broker, "DATA_DIR": str(tmp_path / "var"), "PORT": str(free_port())}


@pytest.fixture
def store(environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.run"],
        cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], wanted: str) -> str:
    """What it printed up to the wanted line; pytest's timeout bounds the wait."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if wanted in line:
            return "".join(lines)
    raise AssertionError("it ended early:\n" + "".join(lines))


def ask(port: str, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=90) as answer:
        return json.load(answer)


def descendants(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [(int(child), int(parent)) for child, parent in (line.split() for line in listed.splitlines())]
    found = [child for child, parent in pairs if parent == pid]
    return found + [below for child in found for below in descendants(child)]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_store_says_where_it_is_and_who_may_log_in_and_ends_cleanly(
    store: subprocess.Popen[str], environ: dict[str, str]
) -> None:
    shown = read_until(store, READY_LINE)
    port = environ["PORT"]
    assert f"http://localhost:{port}/" in shown
    assert "/t/TROLLEY_01" in shown
    logins = ask(port, "/api/demo")["accounts"]
    assert logins
    assert all(login["username"] in shown and login["password"] in shown for login in logins)
    assert ask(port, "/readyz")["status"] == "ok"
    children = descendants(store.pid)
    assert len(children) >= 2

    store.send_signal(signal.SIGINT)
    rest, _ = store.communicate(timeout=90)

    assert store.returncode == 0, rest
    assert "Traceback" not in rest
    assert [pid for pid in children if alive(pid)] == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(port))) != 0


def test_two_signals_to_the_whole_group_end_it_as_cleanly_as_one(environ: dict[str, str]) -> None:
    # As whoever started `make run` ends it: make passes on the SIGTERM that the group has had already.
    store = subprocess.Popen(
        [sys.executable, "-m", "scripts.run"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        read_until(store, READY_LINE)
        children = descendants(store.pid)
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
            os.killpg(store.pid, number)
        assert store.stdout is not None
        assert "Stopping." in read_until(store, "Stopping.")
        os.killpg(store.pid, signal.SIGTERM)  # while it stops
        rest, _ = store.communicate(timeout=90)
    finally:
        if store.poll() is None:
            store.kill()
        store.communicate()
    assert store.returncode == 0, rest
    assert rest == ""
    assert [pid for pid in children if alive(pid)] == []


def test_with_a_broker_the_store_has_a_worker(
    store: subprocess.Popen[str], redis_url: str, redis_prefix: str
) -> None:
    read_until(store, READY_LINE)
    name = f"{redis_prefix}@{socket.gethostname()}"
    control = Celery(broker=redis_url).control
    # It comes up beside the server; pytest's timeout bounds the wait.
    while not control.ping([name], timeout=1.0):
        assert store.poll() is None
    store.send_signal(signal.SIGINT)
    rest, _ = store.communicate(timeout=40)
    assert store.returncode == 0, rest
    assert "Traceback" not in rest


def test_a_taken_port_is_said_with_the_way_out(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "scripts.run"],
            cwd=ROOT, env={**environ, "PORT": str(port)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr == f"Port {port} is taken. Choose another: make run PORT={port + 1}\n"


@pytest.mark.parametrize("port", ["web", "0", "70000"])
def test_a_port_that_is_none_is_said(environ: dict[str, str], port: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "scripts.run"],
        cwd=ROOT, env={**environ, "PORT": port}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "PORT: expected a number" in ended.stderr
