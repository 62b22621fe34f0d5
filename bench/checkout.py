"""Checkouts a second: three lines each, one branch, all want the same three products, durable.

Each shopper checks out and gives it back, over and over, so that a run never runs dry. The
baseline is the row-lock design of bench/baseline behind the fastest of gunicorn's workers, with the
same shoppers, lines and PostgreSQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from bench.baseline.run import baseline
from bench.kit.process import HOST, Server, load
from bench.kit.stats import Row, Section
from bench.load.plan import Caller, Plan
from bench.measures import Bench, fastest, summed
from bench.shop import Shop, shop

SHOPPERS = 128
LINES = 3
UNITS = 1_000_000
_COMMANDS = ("checkout", "cancel")


def checkouts(bench: Bench) -> list[Section]:
    """All lines kept for a shopper or none, against the baseline."""
    best, tried = fastest(bench, _row_locks)
    with _row_locks(bench, best) as (server, plan):
        base = _row(bench, f"row locks, HTTP ({best})", "bench.load.http", plan, server, tried)
    with shop(bench.postgres, SHOPPERS, bench.work) as found:
        ours = _row(bench, "ours, websocket", "bench.load.ws", our_plan(found), found.server)
    assert ours.rate is not None
    assert base.rate is not None
    assert ours.cpu_us is not None
    assert base.cpu_us is not None
    assert ours.p99_ms is not None
    assert base.p99_ms is not None
    section = Section(
        key="checkout",
        title="A checkout of three lines",
        method=(
            f"{SHOPPERS} shoppers in one branch, all want the same {LINES} products; each checks out, waits "
            "for the answer, gives the goods back, waits, and begins again. Counted are the checkouts; the "
            "times are those of both commands together, the server's microseconds those of one of each. Ours "
            "is a conversation of cart and stock: three commits one after the other before the answer, one "
            "more to give back."
        ),
        unit="checkouts a second",
        rows=[base, ours],
        ratios={
            "rate against row locks": ours.rate.median / base.rate.median,
            "processor time of row locks against ours": base.cpu_us.median / ours.cpu_us.median,
            "p99 of row locks against ours": base.p99_ms.median / ours.p99_ms.median,
        },
    )
    return [section]


def _row(bench: Bench, what: str, module: str, plan: Plan, server: Server, note: str = "") -> Row:
    # A run may end with a checkout; the next one's first is then answered with the same reservation.
    found = [load(module, bench.timed(plan), server) for _ in range(bench.repetitions)]
    made = summed(f"{what}, {SHOPPERS} shoppers", found, note, commands=len(_COMMANDS))
    bench.say(f"  {what}: {made.rate} checkouts a second, p99 {made.p99_ms} ms")
    return made


@contextmanager
def _row_locks(bench: Bench, worker: str) -> Iterator[tuple[Server, Plan]]:
    with baseline(bench.postgres, worker, SHOPPERS, bench.work, LINES) as (server, plan):
        bodies = [json.dumps({"action": action}) for action in _COMMANDS]
        callers = [msgspec.structs.replace(each, bodies=bodies) for each in plan.callers]
        yield (
            server,
            msgspec.structs.replace(plan, path="/api/cart/checkout", callers=callers, good="reservation_id"),
        )


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
