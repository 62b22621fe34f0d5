"""How soon a changed setting of a branch is obeyed, in the process where it was changed and in another."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bench.kit.process import HOST, ROOT, Server, free_port, serving
from bench.kit.stats import Row, Section, Spread
from bench.load.plan import quantile
from bench.measures import Bench
from bench.shop import CLAIMS, NO_LIMIT, until_ready
from scripts.services.postgres import fresh_database

P99_S = 2.0
"""What 99 of a hundred changes are to stay below."""
TIMES = 200
_PATIENCE_S = 30.0


def settings_reach(bench: Bench) -> list[Section]:
    """A session timeout is changed over and over; each time shoppers ask until one is told the new one."""
    times = TIMES if bench.repetitions > 1 else TIMES // 10
    with fresh_database(bench.postgres, "trolley_reach") as url:
        environ = {
            "DATABASE_URL": url,
            "SECRET_KEY": secrets.token_hex(32),
            "REDIS_URL": bench.redis,
            "REDIS_PREFIX": f"bench-{secrets.token_hex(4)}",
            "DEMO_SHOPPERS": "",
            "ACCESS_TOKEN_S": "7200",
            "WS_COMMANDS_PER_SECOND": NO_LIMIT,
            **CLAIMS,
        }
        command = [sys.executable, "-m", "bench.kit.prepare", "--shoppers", "1", "--products", "1"]
        data = {"DATA_DIR": str(bench.work / "data")}
        filled = subprocess.run(
            command, env={**os.environ, **environ, **data}, cwd=ROOT, check=True, stdout=subprocess.PIPE
        )
        shop = json.loads(filled.stdout)
        with _server(bench, environ, "owner") as owner, _server(bench, environ, "edge", ROLE="edge") as edge:
            found = {
                "in the same process": _all(owner, owner, shop, times),
                "owner to edge": _all(owner, edge, shop, times),
                "edge to owner": _all(edge, owner, shop, times),
            }
    return [_section(found, times)]


@contextmanager
def _server(bench: Bench, environ: Mapping[str, str], name: str, **more: str) -> Iterator[Server]:
    port = free_port()
    folder = bench.work / f"data-{name}"
    folder.mkdir(exist_ok=True)
    own = {**environ, **more, "PORT": str(port), "DATA_DIR": str(folder)}
    command = [sys.executable, "-m", "scripts.serve", "--host", HOST, "--port", str(port)]
    with serving(command, port, own, bench.work / f"reach-{name}.log") as server:
        until_ready(server, 60)
        yield server


def _all(changed: Server, obeying: Server, shop: Mapping[str, Any], times: int) -> list[float]:
    return [_reach_s(changed, obeying, shop, 60 + number) for number in range(times)]


def _reach_s(changed: Server, obeying: Server, shop: Mapping[str, Any], timeout_s: int) -> float:
    """Seconds from when the change was answered to the answer of the first command that obeys it."""
    body = {"settings": {"session_timeout_s": timeout_s}}
    _call(changed, "PATCH", f"/api/branches/{shop['branch']}", shop["manager"], body)
    shopper = shop["shoppers"][0]
    began = time.perf_counter()
    while time.perf_counter() - began < _PATIENCE_S:
        scan = {"trolley_id": shopper["trolley_id"]}
        started = _call(obeying, "POST", "/api/session/qr-scan", shopper["token"], scan)
        took = time.perf_counter() - began
        _call(obeying, "POST", "/api/session/end", shopper["token"], {"session_id": started["session_id"]})
        if started["timeout_s"] == timeout_s:
            return took
    raise RuntimeError(f"a session timeout of {timeout_s} s is not obeyed within {_PATIENCE_S} s")


def _call(server: Server, method: str, path: str, token: str, body: Mapping[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "If-Match": "*"}
    url = f"http://{HOST}:{server.port}{path}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def _section(found: Mapping[str, list[float]], times: int) -> Section:
    rows, ratios = [], {}
    for what, seconds in found.items():
        ordered = sorted(seconds)
        p50, p99 = (1000 * quantile(ordered, share) for share in (0.5, 0.99))
        note = f"worst {1000 * ordered[-1]:,.0f} ms."
        rows.append(Row(what, p50_ms=Spread(p50, p50, p50), p99_ms=Spread(p99, p99, p99), note=note))
        ratios[f"{what}: p99, of the {P99_S:.0f} s there are"] = 1000 * P99_S / p99
    return Section(
        key="settings-reach",
        title="A changed setting obeyed",
        method=f"A branch's session timeout changed {times} times, from the answer of the change to the "
        "answer of the first claim that goes by it; the owner of the actors and an edge are two processes on "
        "Redis. Ratios above 1 are reached.",
        unit="",
        rows=rows,
        ratios=ratios,
    )
