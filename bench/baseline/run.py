"""Measuring the baseline: which of gunicorn's workers serves it best, and how fast that is."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.kit.process import HOST, ROOT, Server, free_port, serving
from bench.load.plan import Caller, Plan
from scripts.services.postgres import fresh_database

WORKERS = {
    "gunicorn sync": ["--worker-class", "sync"],
    "gunicorn gthread, 4 threads": ["--worker-class", "gthread", "--threads", "4", "--keep-alive", "30"],
    "gunicorn gthread, 16 threads": ["--worker-class", "gthread", "--threads", "16", "--keep-alive", "30"],
    "gunicorn gthread, 32 threads": ["--worker-class", "gthread", "--threads", "32", "--keep-alive", "30"],
}
"""One process each; the fastest of them is the baseline."""
PRODUCTS = 40


@contextmanager
def baseline(
    postgres: str, worker: str, clients: int, work: Path, lines: int = 0
) -> Iterator[tuple[Server, Plan]]:
    """The baseline on an empty database of its own, and the plan that loads it."""
    with fresh_database(postgres, "trolley_baseline") as url:
        environ = {
            "BASELINE_DATABASE_URL": url,
            "BASELINE_KEY": secrets.token_hex(32),
            "DJANGO_SETTINGS_MODULE": "bench.baseline.settings",
        }
        prepared = subprocess.run(
            [sys.executable, "-m", "bench.baseline.prepare", str(clients), str(PRODUCTS), str(lines)],
            env={**os.environ, **environ}, cwd=ROOT, check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        shop = json.loads(prepared.stdout)
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", "bench.baseline.wsgi:application", "--workers", "1"]
        command += ["--bind", f"{HOST}:{port}", "--no-control-socket", *WORKERS[worker]]
        with serving(command, port, environ, work / "baseline.log") as server:
            yield server, plan(shop, port)


def plan(shop: dict[str, list[dict[str, str]]], port: int) -> Plan:
    """Every shopper adds one product after the other, over and over."""
    callers = [
        Caller(
            headers={"Authorization": f"Bearer {shopper['token']}"},
            bodies=[
                json.dumps({"session_id": shopper["session_id"], "barcode": code})
                for code in shop["barcodes"]
            ],
        )
        for shopper in shop["shoppers"]
    ]
    return Plan(
        host=HOST,
        port=port,
        path="/api/cart/add",
        callers=callers,
        warmup_s=2,
        measure_s=5,
        good='"cart_total"',
    )
