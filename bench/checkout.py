"""Checkouts a second: three lines each, one branch, all want the same three products, durable.

``python -m bench.checkout [--shoppers 128] [--seconds 5]``. Each shopper checks out and gives it
back, over and over, so that a run never runs dry; both count as work, the figure is checkouts
alone. Latencies are of both kinds of command together. The baseline is the row-lock design of
bench/baseline behind the fastest of gunicorn's workers, with the same shoppers, lines and
PostgreSQL, server and load on a core each.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import msgspec

from bench.baseline.run import WORKERS, baseline
from bench.load.plan import Caller, Plan
from bench.process import HOST, Measured, load
from bench.shop import Shop, shop
from scripts.services.postgres import postgres

LINES = 3
UNITS = 1_000_000
TARGET_RATE, TARGET_TIMES, TARGET_P99_MS = 1000.0, 20.0, 50.0
_TWO_COMMANDS = 2


def main() -> int:
    """Measure both, print, return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shoppers", type=int, default=128)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server, how = postgres(stack, {}, durable=True)
        print(f"PostgreSQL: {how}", flush=True)
        ours = _ours(server, options, Path(folder))
        theirs = _baseline(server, options, Path(folder))
    return _report(ours, theirs)


def _ours(server: str, options: argparse.Namespace, work: Path) -> list[Measured]:
    with shop(server, options.shoppers, work) as found:
        plan = _timed(our_plan(found), options)
        return _repeat("bench.load.ws", plan, found.server, options)


def our_plan(found: Shop) -> Plan:
    """Fill the shelves and every cart; return what the sockets say."""
    sessions = found.start_sessions()
    codes = found.rows["barcodes"][:LINES]
    products: list[str] = []
    for each, session_id in zip(found.rows["shoppers"], sessions, strict=True):
        for code in codes:
            added = found.post("/api/cart/add", each["token"], {"session_id": session_id, "barcode": code})
            product = added["cart"]["items"][-1]["product"]["id"]
            if product not in products:
                products.append(product)
    lines = [{"product_id": product, "quantity": UNITS} for product in products]
    found.post(f"/api/branches/{found.rows['branch']}/stock/receive", found.rows["manager"], {"lines": lines})
    bodies = [json.dumps({"id": "@ID@", "type": f"cart.{name}"}) for name in ("checkout", "cancel_checkout")]
    callers = [
        Caller({"Authorization": f"Bearer {each['token']}"}, bodies) for each in found.rows["shoppers"]
    ]
    return Plan(
        host=HOST,
        port=found.server.port,
        path="/ws/shopper/",
        callers=callers,
        warmup_s=2,
        measure_s=5,
        subprotocols=["trolley.v1"],
    )


def _baseline(server: str, options: argparse.Namespace, work: Path) -> list[Measured]:
    best: list[Measured] = []
    for worker in WORKERS:
        with baseline(server, worker, options.shoppers, work, LINES) as (process, plan):
            bodies = [json.dumps({"action": action}) for action in ("checkout", "cancel")]
            callers = [msgspec.structs.replace(each, bodies=bodies) for each in plan.callers]
            plan = msgspec.structs.replace(
                plan, path="/api/cart/checkout", callers=callers, good="reservation_id"
            )
            found = _repeat("bench.load.http", _timed(plan, options), process, options)
        print(f"  baseline, {worker}: {_rate(found):.0f} checkouts a second", flush=True)
        if not best or _rate(found) > _rate(best):
            best = found
    return best


def _timed(plan: Plan, options: argparse.Namespace) -> Plan:
    return msgspec.structs.replace(plan, measure_s=options.seconds)


def _repeat(module: str, plan: Plan, process: object, options: argparse.Namespace) -> list[Measured]:
    # A run may end with a checkout; the next one's first is then answered with the same reservation.
    return [load(module, plan, process) for _ in range(options.repetitions)]  # type: ignore[arg-type]


def _rate(found: list[Measured]) -> float:
    return statistics.median(each.outcome.rate for each in found) / _TWO_COMMANDS


def _cpu_us(found: list[Measured]) -> float:
    """Return the server's processor time for a checkout and its cancelling."""
    return statistics.median(each.cpu_us for each in found) * _TWO_COMMANDS


def _report(ours: list[Measured], theirs: list[Measured]) -> int:
    for name, found in (("actors", ours), ("row locks", theirs)):
        p50, p99 = (
            statistics.median(getattr(each.outcome, field) for each in found)
            for field in ("p50_ms", "p99_ms")
        )
        cpu = statistics.median(each.server_cpu for each in found)
        client = statistics.median(each.outcome.client_cpu for each in found)
        print(
            f"{name:10} {_rate(found):8.0f} checkouts a second, p50 {p50:6.1f} ms, "
            f"p99 {p99:7.1f} ms, "
            f"server {cpu:.0%} and load {client:.0%} of a core, "
            f"{_cpu_us(found):.0f} µs of processor a checkout"
        )
    rate, times = _rate(ours), _rate(ours) / _rate(theirs)
    p99 = statistics.median(each.outcome.p99_ms for each in ours)
    reached = (
        (f"{rate:.0f} a second, wanted {TARGET_RATE:.0f}", rate >= TARGET_RATE),
        (f"{times:.1f} times the baseline, wanted {TARGET_TIMES:.0f}", times >= TARGET_TIMES),
        (f"p99 {p99:.1f} ms, wanted below {TARGET_P99_MS:.0f}", p99 < TARGET_P99_MS),
    )
    for what, good in reached:
        print(f"{'reached' if good else 'MISSED '}  {what}")
    return 0 if all(good for _, good in reached) else 1


if __name__ == "__main__":
    sys.exit(main())
