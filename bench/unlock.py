"""From the scan of a QR code to the open lock on the manager's map, through every process in between."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.kit.process import HOST, ROOT, pinned
from bench.kit.stats import Row, Section, spread
from bench.load.plan import quantile
from bench.load.scan import Visit, Visited
from bench.measures import Bench
from bench.shop import Shop, shop

SLOTS = 32
BAUD = 19200
BOLT_MS = 150.0
"""How long the simulated bolt takes, subtracted from what is measured."""


def scan_to_open(bench: Bench) -> list[Section]:
    """Rounds of one scan each, nothing else running: latency, not load."""
    rounds = 100 if bench.seconds >= 3 else 10
    with shop(bench.postgres, SLOTS, bench.work, locks=True) as ours, hardware(ours, bench.work) as control:
        found = [visited(ours, control, rounds) for _ in range(min(3, bench.repetitions))]
    opened = [sorted(ms - BOLT_MS for ms in each.open_ms) for each in found]
    replied = [sorted(each.reply_ms) for each in found]
    rows = [
        row("scan to answer", replied, found),
        row("scan to the map, without the bolt's time", opened, found),
    ]
    for each in rows:
        bench.say(f"  {each.what}: p50 {each.p50_ms} ms, p99 {each.p99_ms} ms")
    method = (
        f"Shopper, server, agent, serial line (a pty paced at {BAUD} baud), simulated board and back: the "
        "shopper's socket sends session.start, the manager's socket gets LockOpened. The bolt takes "
        f"{BOLT_MS:.0f} ms of its own, which are subtracted; what is left holds the commits, the device "
        "link, the bus and its polling. "
        f"{len(found)} repetitions of {rounds} rounds, one at a time."
    )
    return [Section("scan-to-open", "QR scan to an open lock on the map", method, "", rows)]


def row(what: str, repetitions: list[list[float]], found: list[Visited]) -> Row:
    """Percentiles of each repetition, summed up."""
    return Row(
        what,
        p50_ms=spread([quantile(each, 0.50) for each in repetitions]),
        p99_ms=spread([quantile(each, 0.99) for each in repetitions]),
        client_cpu=max(each.client_cpu for each in found),
    )


def visited(ours: Shop, control: Path, rounds: int) -> Visited:
    """One repetition in a process of its own."""
    rows = ours.rows
    visit = Visit(
        HOST,
        ours.server.port,
        rows["branch"],
        rows["manager"],
        rows["shoppers"],
        str(control),
        rounds,
        SLOTS // 4,
    )
    done = subprocess.run(
        pinned([sys.executable, "-m", "bench.load.scan"], "load"),
        input=msgspec.json.encode(visit),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=True,
        timeout=300,
    )
    return msgspec.json.decode(done.stdout, type=Visited)


@contextmanager
def hardware(ours: Shop, work: Path) -> Iterator[Path]:
    """Simulated boards on a paced pty and the agent that drives them; yields the control socket."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, (work / "hardware.log").open("wb") as log:
        link, control = Path(folder) / "bus0", Path(folder) / "control"
        device = ours.rows["device"]
        simulator = [sys.executable, "-m", "devicegw.simulator", "--boards", str(device["boards"])]
        simulator += ["--link", str(link), "--control", str(control)]
        simulator += ["--unlock-ms", str(BOLT_MS), "--baud", str(BAUD)]
        config = Path(folder) / "config.json"
        config.write_text(json.dumps(agent_config(ours, link, folder)))
        running = [subprocess.Popen(simulator, cwd=ROOT, stdout=log, stderr=log)]
        try:
            until_there(link)
            agent = [sys.executable, "-m", "devicegw.agent", "--config", str(config)]
            running.append(subprocess.Popen(agent, cwd=ROOT, stdout=log, stderr=log))
            yield control
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait(15)


def agent_config(ours: Shop, link: Path, folder: str) -> dict[str, object]:
    """The agent's config.json for one bus with all boards."""
    device = ours.rows["device"]
    return {
        "server_url": f"ws://{HOST}:{ours.server.port}/ws/device/",
        "device_id": device["id"],
        "device_token": device["token"],
        "state_dir": folder,
        "log_level": "WARNING",
        "buses": [{"port": str(link), "boards": [{"address": n} for n in range(device["boards"])]}],
    }


def until_there(path: Path, patience_s: float = 10.0) -> None:
    """Wait for a file to appear."""
    deadline = time.monotonic() + patience_s
    while not path.exists():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{path} did not appear")
        time.sleep(0.02)
