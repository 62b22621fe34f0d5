"""Lists of a large branch under 16 clients, beside bare Django views of the same queries."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bench.baseline.run import WORKERS
from bench.kit.process import HOST, ROOT, Measured, Server, free_port, load, serving
from bench.kit.stats import Row, Section, figure, spread
from bench.load.plan import Caller, Plan
from bench.measures import Bench
from bench.shop import NO_LIMIT, until_ready
from bench.tenants.fill import RENTALS, SAMPLES, STAFF, TROLLEYS
from scripts.services.postgres import fresh_database

P95_MS = 50.0
"""What 95 of a hundred answers are to stay below."""
_LOAD = "bench.load.http"
_BARE = "gunicorn gthread, 16 threads"


def lists(bench: Bench) -> list[Section]:
    """Each list from the server as it is shipped and from bare Django, one server after the other."""
    samples = SAMPLES if bench.repetitions > 1 else SAMPLES // 20
    with fresh_database(bench.postgres, "trolley_lists") as url:
        environ = {
            "DATABASE_URL": url,
            "DATA_DIR": str(bench.work / "data"),
            "SECRET_KEY": secrets.token_hex(32),
            "REDIS_URL": "",
            "DEMO_SHOPPERS": "",
            "ACCESS_TOKEN_S": "7200",
            "WS_COMMANDS_PER_SECOND": NO_LIMIT,
        }
        command = [sys.executable, "-m", "bench.tenants.fill", str(samples)]
        filled = subprocess.run(
            command, env={**os.environ, **environ}, cwd=ROOT, check=True, stdout=subprocess.PIPE
        )
        shop = json.loads(filled.stdout)
        found: dict[tuple[str, str], list[Measured]] = {}
        for who, serve in (("product", _product), ("bare Django view", _bare)):
            with serve(bench, environ) as server:
                for what, path in paths(shop).items():
                    plan = bench.timed(_plan(server, path, shop["staff"]))
                    found[what, who] = [load(_LOAD, plan, server) for _ in range(bench.repetitions)]
    return [_section(found, samples)]


def paths(shop: Mapping[str, Any]) -> dict[str, str]:
    """What is asked for: first pages of fifty, and an hour's samples of four devices."""
    branch, now, begin = shop["branch"], shop["now"], shop["begin"]
    return {
        f"{TROLLEYS} trolleys": f"/api/branches/{branch}/carts",
        f"{RENTALS:,} rentals": f"/api/branches/{branch}/rentals/history",
        "an hour's telemetry": f"/api/telemetry/branches/{branch}?bucket=raw&from={begin}&to={now}",
    }


def _plan(server: Server, path: str, staff: list[str]) -> Plan:
    return Plan(
        host=HOST,
        port=server.port,
        path=path,
        method="GET",
        callers=[Caller({"Authorization": f"Bearer {token}"}, [""]) for token in staff[:STAFF]],
        warmup_s=2,
        measure_s=5,
        good="[{",
    )


@contextmanager
def _product(bench: Bench, environ: Mapping[str, str]) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "scripts.serve", "--host", HOST, "--port", str(port)]
    with serving(command, port, {**environ, "PORT": str(port)}, bench.work / "lists.log") as server:
        until_ready(server)
        yield server


@contextmanager
def _bare(bench: Bench, environ: Mapping[str, str]) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "bench.tenants.bare:application", "--workers", "1"]
    command += ["--bind", f"{HOST}:{port}", "--no-control-socket", *WORKERS[_BARE]]
    with serving(command, port, environ, bench.work / "bare.log") as server:
        yield server


def _section(found: Mapping[tuple[str, str], list[Measured]], samples: int) -> Section:
    rows = [_row(f"{what}, {who}", them) for (what, who), them in found.items()]
    ratios = {}
    for what, who in found:
        if who == "product":
            slowest = max(_p95(found[what, who]), 1e-3)
            ratios[f"{what}: p95, of the {P95_MS:.0f} ms there are"] = P95_MS / slowest
            bare = found[what, "bare Django view"]
            ratios[f"{what}: p95 of the bare view / of the product"] = _p95(bare) / slowest
            cpu = max(_cpu_us(found[what, who]), 1e-3)
            ratios[f"{what}: processor time of the bare view / of the product"] = _cpu_us(bare) / cpu
    return Section(
        key="lists",
        title="Lists of a large branch",
        method=f"{STAFF} clients, each asks again as soon as it is answered; PostgreSQL with {TROLLEYS} "
        f"trolleys, {RENTALS:,} rentals of the branch and {samples:,} samples of telemetry. The bare view "
        f"has neither accounts nor roles nor filters; it runs under {_BARE}. Whoever of {STAFF} is answered "
        f"last has waited for {STAFF} answers: on one core {P95_MS:.0f} ms are enough for answers of "
        f"{1000 * P95_MS / STAFF:,.0f} us of it each, the database's work aside.",
        unit="answers/s",
        rows=sorted(rows, key=lambda row: row.what),
        ratios=ratios,
    )


def _p95(them: list[Measured]) -> float:
    return spread([one.outcome.p95_ms for one in them]).median


def _cpu_us(them: list[Measured]) -> float:
    return spread([one.cpu_us for one in them]).median


def _row(what: str, them: list[Measured]) -> Row:
    outcomes = [one.outcome for one in them]
    return Row(
        what=what,
        rate=spread([one.rate for one in outcomes]),
        p50_ms=spread([one.p50_ms for one in outcomes]),
        p99_ms=spread([one.p99_ms for one in outcomes]),
        cpu_us=spread([one.cpu_us for one in them]),
        server_cpu=spread([one.server_cpu for one in them]).median,
        client_cpu=spread([one.client_cpu for one in outcomes]).median,
        note=f"p95 {figure(_p95(them))} ms.",
    )
