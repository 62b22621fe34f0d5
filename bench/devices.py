"""A thousand Pis with 32 slots each against one server process: connecting, memory, reports, unlocks."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from bench.kit.process import HOST, ROOT, Server, free_port, pinned, serving
from bench.kit.stats import Row, Section, figure, spread
from bench.load.pis import BURST, Device, Flow, Orders, Visit, Visited
from bench.load.plan import quantile
from bench.measures import LOAD_IS_FULL, Bench
from bench.shop import CLAIMS, NO_LIMIT
from scripts.services.postgres import fresh_database

PIS, SLOTS, RATE = 1000, 32, 5000
MOST_CONNECT_S, MOST_KB, MOST_UNLOCK_MS = 20.0, 60.0, 50.0


def a_thousand_pis(bench: Bench) -> list[Section]:
    """Everything against one server and one client process."""
    pis = PIS if bench.seconds >= 3 else 50
    load_before = os.getloadavg()[0]
    with fleet(bench, pis) as (server, rows):
        visit = Visit(
            host=HOST,
            port=server.port,
            server=server.process.pid,
            devices=msgspec.convert(rows["devices"], list[Device]),
            slots=SLOTS,
            desk=rows["desk"],
            rate=RATE * pis // PIS,
            seconds=bench.seconds,
            repetitions=bench.repetitions,
            rounds=100,
        )
        found = visited(visit, server)
    made = section(pis, found, load_before)
    for row in made.rows:
        bench.say(f"  {row.what}: {row.rate or ''} p50 {row.p50_ms} ms, p99 {row.p99_ms} ms, {row.cpu_us} us")
    bench.say(f"  {made.text}")
    return [made]


@contextmanager
def fleet(bench: Bench, pis: int) -> Iterator[tuple[Server, dict[str, Any]]]:
    """Serve a database with so many Pis; limits of rate are off, all else is as shipped."""
    with fresh_database(bench.postgres, "trolley_bench") as url:
        environ = {
            "DATABASE_URL": url,
            "DATA_DIR": str(bench.work / "data"),
            "SECRET_KEY": secrets.token_hex(32),
            "WS_COMMANDS_PER_SECOND": NO_LIMIT,
            **CLAIMS,
            "REDIS_URL": "",
            "DEMO_SHOPPERS": "",
        }
        fill = [sys.executable, "-m", "bench.kit.prepare_fleet", "--pis", str(pis), "--slots", str(SLOTS)]
        filled = subprocess.run(
            fill, cwd=ROOT, env={**os.environ, **environ}, check=True, stdout=subprocess.PIPE
        )
        port = free_port()
        command = [sys.executable, "-m", "scripts.serve", "--host", HOST, "--port", str(port)]
        with serving(command, port, environ, bench.work / "devices.log") as server:
            yield server, json.loads(filled.stdout)


def visited(visit: Visit, server: Server) -> Visited:
    """Run the client in a process of its own."""
    done = subprocess.run(
        pinned([sys.executable, "-m", "bench.load.pis"], "load"),
        input=msgspec.json.encode(visit),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=False,
        timeout=600,
    )
    if done.returncode:
        raise RuntimeError(f"the Pis failed:\n{server.log.read_text(errors='replace')[-1500:]}")
    return msgspec.json.decode(done.stdout, type=Visited)


def section(pis: int, found: Visited, load_before: float) -> Section:
    """What was found, and how it stands to what was to be reached."""
    rate = RATE * pis // PIS
    busy = orders("unlock and back, beside those reports", found.busy)
    reports = flows(f"reports, {rate:,} a second, each alone", found.reports)
    assert reports.rate is not None
    assert busy.p99_ms is not None
    return Section(
        "devices",
        f"{pis:,} Pis with {SLOTS} slots each",
        f"One server process; all Pis in one client process, a trolley in each slot. A "
        "report is a change: a slot's hook opens or closes, each slot in its turn; it is counted "
        "when its acknowledgement is back before the sending ends, so the event of the device, the one of "
        "its trolley's lock and their read models have cost what they cost in a branch. Pis speak in turn, "
        f"each with one report or a board's {BURST} at once; or each sends its next as soon as the last is "
        "acknowledged. Unlocks are ordered by staff one after the other; they have arrived when the Pi has "
        "the command, and are back when the Pi's result is acknowledged.",
        "acknowledged a second",
        [
            flows(f"telemetry, {rate:,} a second", found.telemetry),
            reports,
            flows(f"reports, {rate:,} a second, {BURST} at once", found.bursts),
            flows("reports, as many as are taken", found.most),
            orders("unlock and back, nothing else", found.quiet),
            arrivals("unlock until it has arrived, beside those reports", found.busy),
            busy,
        ],
        {
            f"reports acknowledged in time, of {rate:,} a second": reports.rate.median / rate,
            f"unlock and back beside them, p99: {MOST_UNLOCK_MS:.0f} ms against ours": MOST_UNLOCK_MS
            / busy.p99_ms.median,
            f"until all are connected: {MOST_CONNECT_S:.0f} s against ours": MOST_CONNECT_S
            / found.connected_s,
            f"memory of the server a Pi: {MOST_KB:.0f} KB against ours": MOST_KB / found.kb_a_pi,
        },
        f"all connected after {figure(found.connected_s)} s\n"
        f"memory of the server a Pi, its {SLOTS} trolleys included: {figure(found.kb_a_pi)} KB, "
        f"{figure(found.kb_after)} KB after all of the above\n"
        f"load average of the machine before it: {load_before:.2f}",
    )


def flows(what: str, found: list[Flow]) -> Row:
    """The repetitions of one way of sending."""
    client = max(each.client_cpu for each in found)
    return Row(
        what,
        spread([each.rate for each in found]),
        spread([each.p50_ms for each in found]),
        spread([each.p99_ms for each in found]),
        spread([each.cpu_us for each in found]),
        max(each.server_cpu for each in found),
        client,
        "The client was the bottleneck." if client >= LOAD_IS_FULL else "",
    )


def orders(what: str, found: list[Orders]) -> Row:
    """Unlocks from the order to the acknowledged result."""
    return latencies(what, [each.ended for each in found])


def arrivals(what: str, found: list[Orders]) -> Row:
    """Unlocks from the order to the Pi."""
    return latencies(what, [each.arrived for each in found])


def latencies(what: str, repetitions: list[list[float]]) -> Row:
    """Percentiles of each repetition, summed up."""
    ordered = [sorted(each) for each in repetitions]
    return Row(
        what,
        p50_ms=spread([quantile(each, 0.50) for each in ordered]),
        p99_ms=spread([quantile(each, 0.99) for each in ordered]),
    )
