"""`make bench`: every measurement, on this machine, in one run.

``python -m bench --only add-to-cart fan-out`` measures some and prints them without
touching docs/; ``--quick`` is for trying the harness, its figures mean nothing.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime

from bench import checkout, devices, measures, unlock
from bench.kit import tools
from bench.kit.machine import machine
from bench.kit.process import ROOT, cores
from bench.kit.report import PAGE, Result, page, write
from bench.kit.stats import Section, figure
from bench.measures import Bench
from bench.tenants import lists, many, reach
from scripts import services

MEASURES: dict[str, Callable[[Bench], list[Section]]] = {
    "add-to-cart": measures.add_to_cart,
    "checkout": checkout.checkouts,
    "fan-out": measures.fan_out,
    "unlock": unlock.scan_to_open,
    "devices": devices.a_thousand_pis,
    "actors": tools.runtime,
    "journal": tools.journal,
    "stock": tools.stock,
    "pricing": tools.pricing,
    "promotions": tools.promotions,
    "scanning": tools.scanning,
    "importing": tools.importing,
    "catalogue": tools.catalogue,
    "recommending": tools.recommending,
    "bus": tools.lock_bus,
    "lists": lists.lists,
    "many-branches": many.many_branches,
    "settings-reach": reach.settings_reach,
}


def main() -> int:
    """Measure, print, write; 1 when a service is missing."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", nargs="+", choices=list(MEASURES), default=[])
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    # What was started is stopped, however the run ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        try:
            postgres, how = services.postgres(stack, _alone(os.environ), durable=True)
            redis, redis_how = services.redis(stack, os.environ)
        except services.Missing as why:
            print(why, file=sys.stderr)
            return 1
        print(f"PostgreSQL {how}; Redis {redis_how}")
        bench = _bench(postgres, redis, options.quick)
        on = machine(postgres)
        sections = []
        for name, measure in MEASURES.items():
            if not options.only or name in options.only:
                print(name, flush=True)
                sections += measure(bench)
    result = Result(
        at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        command="make bench",
        machine=on,
        repetitions=bench.repetitions,
        seconds=bench.seconds,
        warmup_s=bench.warmup_s,
        pinned=len(cores()) > 1,
        sections=sections,
    )
    _show(result, keep=not options.only and not options.quick)
    return 0


def _alone(environ: Mapping[str, str]) -> Mapping[str, str]:
    """A PostgreSQL that runs for others too would be measured with their work; a named one is meant."""
    named = environ.get("TEST_POSTGRES_URL") or environ.get("DATABASE_URL")
    return environ if named else {**environ, services.IGNORE_RUNNING: "1"}


def _bench(postgres: str, redis: str, quick: bool) -> Bench:
    work = ROOT / ".bench"
    work.mkdir(exist_ok=True)
    repetitions, seconds, warmup_s = (1, 1.0, 0.5) if quick else (3, 5.0, 2.0)
    return Bench(postgres, redis, work, repetitions, seconds, warmup_s, lambda line: print(line, flush=True))


def _show(result: Result, *, keep: bool) -> None:
    if keep:
        write(result)
        print(f"Written: {PAGE.relative_to(ROOT)}")
    else:
        print(page(result))
    for section in result.sections:
        for name, value in section.ratios.items():
            print(f"{section.title}: {name}: {figure(value)}")


if __name__ == "__main__":
    raise SystemExit(main())
