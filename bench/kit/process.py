"""Servers and load clients as processes, each on a core of its own when there are two."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.load.plan import Outcome, Plan

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
TICKS = os.sysconf("SC_CLK_TCK")


def cores() -> list[int]:
    """The cores this run may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


def pinned(command: Sequence[str], role: str) -> list[str]:
    """``command`` on the first core (``server``) or the last (``load``); unpinned on one core."""
    available = cores()
    if len(available) < 2:
        return list(command)
    core = available[0] if role == "server" else available[-1]
    return [sys.executable, "-m", "bench.kit.pin", str(core), *command]


class Server:
    """A running server: its port, and how busy it kept its core."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log

    def cpu_seconds(self) -> float:
        """CPU time of the process and of all below it (gunicorn's worker)."""
        pids = [self.process.pid, *children(self.process.pid)]
        return sum(cpu_of(pid) for pid in pids)


def cpu_of(pid: int) -> float:
    """User and system time of a process in seconds; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def children(pid: int) -> list[int]:
    """All processes below ``pid``."""
    try:
        direct = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return direct + [below for child in direct for below in children(child)]


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    command: Sequence[str], port: int, environ: Mapping[str, str], log: Path, patience_s: float = 60.0
) -> Iterator[Server]:
    """Run a server on the server's core until the block ends; raises with its log if it never listens."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            pinned(command, "server"), cwd=ROOT, env={**os.environ, **environ}, stdout=output, stderr=output
        )
        try:
            _wait_for_port(process, port, log, patience_s)
            yield Server(process, port, log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for_port(process: subprocess.Popen[bytes], port: int, log: Path, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while True:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((HOST, port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args} does not serve:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


class Measured(msgspec.Struct, frozen=True):
    """One repetition: what the client saw and how busy the server was."""

    outcome: Outcome
    server_cpu: float
    """Share of one core the server used while the client ran, warm-up included."""
    cpu_us: float
    """Processor microseconds of the server for one answer; other work on the machine does not stretch it."""


def load(module: str, plan: Plan, server: Server) -> Measured:
    """Run a load client on the load's core; raises when any answer was not what was asked for."""
    used, began = server.cpu_seconds(), time.monotonic()
    done = subprocess.run(
        pinned([sys.executable, "-m", module], "load"),
        input=msgspec.json.encode(plan),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=True,
        timeout=plan.warmup_s + plan.measure_s + 60,
    )
    spent, elapsed = server.cpu_seconds() - used, time.monotonic() - began
    outcome = msgspec.json.decode(done.stdout, type=Outcome)
    if outcome.failures:
        log = server.log.read_text(errors="replace")[-1500:]
        raise RuntimeError(f"{outcome.failures} failures, the first: {outcome.first_failure}\n{log}")
    return Measured(outcome, spent / elapsed, 1e6 * spent / max(1, outcome.all_answers))
