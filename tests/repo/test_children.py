"""Child processes: stopped in reverse, said and started again when they die."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import children as module
from scripts.children import Child, Children
from tests.repo.files import ROOT

WAITS = (
    "import signal, sys; signal.signal(signal.SIGTERM, "
    "lambda *_: (open(sys.argv[1], 'a').write(sys.argv[2]), sys.exit()))"
)
SLEEPER = [sys.executable, "-c", "import signal; signal.pause()"]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def children(said: list[str]) -> Iterator[Children]:
    made = Children(said.append)
    yield made
    made.stop()


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still until the test moves it."""
    time = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: time[0])
    return time


def end(child: Child) -> None:
    assert child.process is not None
    child.process.kill()
    child.process.wait()


def test_the_last_started_is_stopped_first(children: Children, tmp_path: Path) -> None:
    order = tmp_path / "order"
    ready = []
    for name in ("a", "b", "c"):
        marker = tmp_path / name
        script = f"{WAITS}; open({str(marker)!r}, 'w').close(); signal.pause()"
        children.start(name, [sys.executable, "-c", script, str(order), name])
        ready.append(marker)
    while not all(marker.exists() for marker in ready):
        children.watch()
    children.stop()
    assert order.read_text() == "cba"


def test_a_child_that_dies_is_said_and_started_again(
    children: Children, said: list[str], now: list[float]
) -> None:
    child = children.start("board", SLEEPER)
    end(child)
    now[0] += module.STEADY_S + 1
    children.watch()
    assert said == ["board ended with status -9; starting it again in 0 s"]
    assert children.all_alive()


def test_a_child_that_dies_soon_waits_longer_each_time(
    children: Children, said: list[str], now: list[float]
) -> None:
    child = children.start("board", SLEEPER)
    for pause in (1.0, 2.0, 4.0):
        end(child)
        children.watch()
        assert not children.all_alive()
        now[0] += pause - 0.1
        children.watch()
        assert not children.all_alive()
        now[0] += 0.2
        children.watch()
        assert children.all_alive()
    assert len(said) == 3


def test_only_the_first_of_several_signals_interrupts() -> None:
    script = """
import os, signal
from scripts.children import stop_once
stop_once()
try:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        os.kill(os.getpid(), number)
    signal.pause()
except KeyboardInterrupt:
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(os.getpid(), number)
    print("stopped")
"""
    command = [sys.executable, "-c", script]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "stopped\n", "")


def test_a_child_that_ignores_the_request_to_stop_is_killed(children: Children, tmp_path: Path) -> None:
    marker = tmp_path / "deaf"
    deaf = "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); open(sys.argv[1], 'w').close()"
    child = children.start("deaf", [sys.executable, "-c", f"{deaf}; signal.pause()", str(marker)])
    while not marker.exists():
        children.watch()
    children.stop(patience_s=0.2)
    assert child.process is not None
    assert child.process.returncode == -9
