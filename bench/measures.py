"""The measurements that need a server: adding to a cart, over sockets and over HTTP, and fan-out."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import msgspec

from bench.baseline.run import WORKERS, baseline
from bench.kit.process import HOST, ROOT, Measured, Server, free_port, load, pinned, serving
from bench.kit.stats import Row, Section, spread
from bench.load.fanout import BURST, FanoutOutcome
from bench.load.plan import Caller, Plan
from bench.shop import shop

SOCKETS = 64
CLIENTS = 32
CROWD = 500
LOAD_IS_FULL = 0.95
"""Above this share of its core the client, not the server, sets the pace."""


class Bench(NamedTuple):
    """What every measurement is given."""

    postgres: str
    redis: str
    work: Path
    repetitions: int
    seconds: float
    warmup_s: float
    say: Callable[[str], None]

    def timed(self, plan: Plan) -> Plan:
        """The plan with this run's durations."""
        return msgspec.structs.replace(plan, warmup_s=self.warmup_s, measure_s=self.seconds)


@contextmanager
def uvicorn(app: str, work: Path, environ: Mapping[str, str]) -> Iterator[Server]:
    """An application on the server that we ship, with its options."""
    port = free_port()
    command = [sys.executable, "-m", "scripts.serve", "--app", app, "--host", HOST, "--port", str(port)]
    with serving(
        [*command, "--lifespan", "off"], port, environ, work / f"{app.partition(':')[0]}.log"
    ) as server:
        yield server


def row(bench: Bench, what: str, module: str, plan: Plan, server: Server, note: str = "") -> Row:
    """Repeat one load and sum it up."""
    found = [load(module, bench.timed(plan), server) for _ in range(bench.repetitions)]
    made = summed(what, found, note)
    bench.say(f"  {what}: {made.rate} a second, p99 {made.p99_ms} ms, {made.cpu_us} us of the server each")
    return made


def summed(what: str, found: list[Measured], note: str, commands: int = 1) -> Row:
    """The repetitions as one row; says so when the client was the bottleneck.

    So many ``commands`` make one of what is counted.
    """
    client = max(each.outcome.client_cpu for each in found)
    if client >= LOAD_IS_FULL:
        note = f"{note} The client was the bottleneck.".strip()
    return Row(
        what,
        spread([each.outcome.rate / commands for each in found]),
        spread([each.outcome.p50_ms for each in found]),
        spread([each.outcome.p99_ms for each in found]),
        spread([each.cpu_us * commands for each in found]),
        max(each.server_cpu for each in found),
        client,
        note,
    )


Served = Callable[["Bench", str], AbstractContextManager[tuple[Server, Plan]]]
"""The baseline behind one of gunicorn's workers, and its load."""


def fastest(bench: Bench, served: Served) -> tuple[str, str]:
    """The fastest of gunicorn's workers, chosen by a short run of each; and a note of what was tried."""
    tried: dict[str, float] = {}
    for worker in WORKERS:
        with served(bench, worker) as (server, plan):
            short = msgspec.structs.replace(plan, warmup_s=1, measure_s=min(2.0, bench.seconds))
            tried[worker] = load("bench.load.http", short, server).outcome.rate
    note = "Tried: " + ", ".join(f"{worker} {rate:.0f}" for worker, rate in tried.items()) + "."
    return max(tried, key=lambda worker: tried[worker]), note


def _adding(bench: Bench, worker: str) -> AbstractContextManager[tuple[Server, Plan]]:
    return baseline(bench.postgres, worker, CLIENTS, bench.work)


def baseline_row(bench: Bench) -> Row:
    """Adds a second of the baseline."""
    best, note = fastest(bench, _adding)
    with _adding(bench, best) as (server, plan):
        return row(
            bench, f"baseline, HTTP, {CLIENTS} clients ({best})", "bench.load.http", plan, server, note
        )


def add_to_cart(bench: Bench) -> list[Section]:
    """Adds a second, over sockets and over HTTP, against the baseline and against an echo."""
    base = baseline_row(bench)
    with shop(bench.postgres, SOCKETS, bench.work) as ours:
        plan = ours.plan(socket=True)
        ws = row(bench, f"ours, websocket, {SOCKETS} sockets", "bench.load.ws", plan, ours.server)
    with shop(bench.postgres, CLIENTS, bench.work) as ours:
        plan = ours.plan(socket=False)
        http = row(bench, f"ours, HTTP, {CLIENTS} clients", "bench.load.http", plan, ours.server)
    with uvicorn("bench.echo:application", bench.work, {}) as server:
        ws_echo = row(
            bench, f"echo, websocket, {SOCKETS} sockets", "bench.load.ws", echo(server, SOCKETS), server
        )
        http_echo = row(
            bench, f"echo, HTTP, {CLIENTS} clients", "bench.load.http", echo(server, CLIENTS), server
        )
    return [
        compared("add-ws", "An item into the cart, over a websocket", ws, base, ws_echo),
        compared("add-http", "An item into the cart, over HTTP", http, base, http_echo),
    ]


def echo(server: Server, callers: int) -> Plan:
    """Frames as long as a command's, sent back as they are."""
    body = json.dumps(
        {"id": "@ID@", "type": "cart.add", "barcode": "890001", "ok": True}, separators=(",", ":")
    )
    return Plan(HOST, server.port, "/", [Caller({}, [body])] * callers, 1, 1)


def compared(key: str, title: str, ours: Row, base: Row, limit: Row) -> Section:
    """Our row between the baseline's and the limit's."""
    assert ours.rate is not None
    assert base.rate is not None
    assert limit.rate is not None
    assert ours.p99_ms is not None
    assert base.p99_ms is not None
    assert ours.cpu_us is not None
    assert base.cpu_us is not None
    return Section(
        key=key,
        title=title,
        method=(
            "Every client sends one command, waits for its answer, sends the next; 40 products in turn. "
            "Ours takes a fresh idempotency key with each and answers after the commit. One server process "
            "each, the same PostgreSQL for both. The echo is the same server and the same client without a "
            "product behind. With other work on the machine only figures of the same minutes compare; "
            "`python -m bench.adding --instructions` counts what the server's own code costs on any day."
        ),
        unit="adds a second",
        rows=[base, ours, limit],
        ratios={
            "rate against the baseline": ours.rate.median / base.rate.median,
            "processor time of the baseline against ours": base.cpu_us.median / ours.cpu_us.median,
            "p99 of the baseline against ours": base.p99_ms.median / ours.p99_ms.median,
            "share of the echo's rate": ours.rate.median / limit.rate.median,
        },
    )


def fan_out(bench: Bench) -> list[Section]:
    """One event to many sockets, in three ways."""
    ways = {
        "channels": "Channels group over channels-redis (pub/sub layer), stock consumer",
        "hub": "our path: publication, topic, hub, outbox",
        "raw": "bare send loop, encoded once",
    }
    rows = {way: crowd(bench, way, what) for way, what in ways.items()}
    rate = {way: made.rate.median for way, made in rows.items() if made.rate}
    section = Section(
        key="fan-out",
        title=f"One event to {CROWD} sockets",
        method=(
            f"{CROWD} sockets of one client process; bursts of {BURST} events, the next burst when every "
            "socket has all of the last. Deliveries a second over the time from asking for a burst to its "
            f"last delivery; the times are those of a whole burst, {BURST * CROWD:,} deliveries."
        ),
        unit="deliveries a second",
        rows=list(rows.values()),
        ratios={
            "rate against Channels groups": rate["hub"] / rate["channels"],
            "share of the bare loop's rate": rate["hub"] / rate["raw"],
        },
    )
    return [section]


def crowd(bench: Bench, way: str, what: str) -> Row:
    """One way of fan-out, repeated."""
    environ = {
        "FANOUT_WAY": way,
        "FANOUT_REDIS": bench.redis,
        "FANOUT_PREFIX": f"bench-{secrets.token_hex(4)}",
        "DATA_DIR": str(bench.work / "data"),
    }
    found: list[tuple[FanoutOutcome, float, float]] = []
    with uvicorn("bench.fanout.app:application", bench.work, environ) as server:
        plan = Plan(HOST, server.port, "/", [Caller({}, [])] * CROWD, 1, 1, good='"type":"event"')
        for _ in range(bench.repetitions):
            found.append(one_crowd(bench.timed(plan), server))
    made = Row(
        what,
        spread([outcome.rate for outcome, _, _ in found]),
        spread([outcome.burst_p50_ms for outcome, _, _ in found]),
        spread([outcome.burst_p99_ms for outcome, _, _ in found]),
        spread([each for _, _, each in found]),
        max(busy for _, busy, _ in found),
        max(outcome.client_cpu for outcome, _, _ in found),
    )
    bench.say(f"  {what}: {made.rate} deliveries a second")
    return made


def one_crowd(plan: Plan, server: Server) -> tuple[FanoutOutcome, float, float]:
    """One repetition, the server's share and its microseconds a delivery; raises when a socket was lost."""
    used, began = server.cpu_seconds(), monotonic()
    done = subprocess.run(
        pinned([sys.executable, "-m", "bench.load.fanout"], "load"),
        input=msgspec.json.encode(plan),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=True,
        timeout=plan.measure_s + 120,
    )
    spent, elapsed = server.cpu_seconds() - used, monotonic() - began
    outcome = msgspec.json.decode(done.stdout, type=FanoutOutcome)
    if outcome.failures:
        raise RuntimeError(f"{outcome.failures} {outcome.first_failure}\n{server.log.read_text()[-1500:]}")
    return outcome, spent / elapsed, 1e6 * spent / outcome.all_deliveries
