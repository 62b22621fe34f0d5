"""Three chains, 200 branches, 60,000 trolleys: loaded, held in memory, and a server started with them."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping

from bench.kit.process import HOST, ROOT, free_port, pinned, serving
from bench.kit.stats import Section, figure
from bench.measures import Bench
from bench.shop import until_ready
from scripts.services.postgres import fresh_database

CHAINS, BRANCHES, TROLLEYS = 3, 200, 300
LOAD_S, START_S, BYTES = 60.0, 10.0, 300.0
"""What is to be reached: loading, starting, and the directory's memory for a trolley beyond its data."""


def many_branches(bench: Bench) -> list[Section]:
    """On SQLite, then on PostgreSQL; one run each, for nothing of it is warm the first time."""
    lines, ratios = [], {}
    branches = BRANCHES if bench.repetitions > 1 else BRANCHES // 10
    sqlite = bench.work / "many.sqlite3"
    for old in bench.work.glob("many.sqlite3*"):
        old.unlink()
    with fresh_database(bench.postgres, "trolley_many") as postgres:
        for database, url in (("SQLite", f"sqlite:///{sqlite}"), ("PostgreSQL", postgres)):
            loaded, started, held = _measure(bench, url, branches)
            lines.append(f"{database}: loaded in {figure(loaded)} s, the server ready {figure(started)} s")
            lines[-1] += f" after its start, {figure(held)} bytes a trolley beyond its data"
            ratios[f"{database}: loading, of the {LOAD_S:.0f} s there are"] = LOAD_S / loaded
            ratios[f"{database}: start, of the {START_S:.0f} s there are"] = START_S / started
            ratios[f"{database}: memory, of the {BYTES:.0f} bytes there are"] = BYTES / held
    return [
        Section(
            key="many-branches",
            title="Hundreds of branches",
            method=f"`manage.py load_demo --chains {CHAINS} --branches {branches} --trolleys {TROLLEYS}` "
            "into an empty, migrated database, the demonstration and its pictures included. Ratios above "
            "1 are reached.",
            unit="",
            rows=[],
            ratios=ratios,
            text="\n".join(lines),
        )
    ]


def _measure(bench: Bench, url: str, branches: int) -> tuple[float, float, float]:
    """Seconds to load, seconds to start, bytes a trolley."""
    environ = {
        "DATABASE_URL": url,
        "DATA_DIR": str(bench.work / "data"),
        "SECRET_KEY": secrets.token_hex(32),
        "REDIS_URL": "",
        "DEMO_SHOPPERS": "",
        "DJANGO_SETTINGS_MODULE": "core.settings",
    }
    _run(environ, "manage.py", "migrate", "-v0")
    size = ("--chains", str(CHAINS), "--branches", str(branches), "--trolleys", str(TROLLEYS))
    began = time.perf_counter()
    _run(environ, "manage.py", "load_demo", *size)
    loaded = time.perf_counter() - began
    held = float(_run(environ, "-m", "bench.tenants.directory"))
    port = free_port()
    began = time.perf_counter()
    command = [sys.executable, "-m", "scripts.serve", "--host", HOST, "--port", str(port)]
    with serving(command, port, {**environ, "PORT": str(port)}, bench.work / "many.log", 120) as server:
        until_ready(server, 120)
        started = time.perf_counter() - began
    return loaded, started, held


def _run(environ: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        pinned([sys.executable, *arguments], "server"),
        cwd=ROOT,
        env={**os.environ, **environ},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout
