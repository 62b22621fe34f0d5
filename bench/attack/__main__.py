"""`make attack`: run tests/attacks, then the full loads, and write their figures into docs/SECURITY.md.

``python -m bench.attack --loads`` leaves the tests out; ``--print`` leaves the page as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench.attack.bystander import Waited, manager, prober
from bench.attack.flood import Flood, Flooded, Flooder
from bench.attack.guesser import Guess, Guessed
from bench.kit.machine import Machine, machine
from bench.kit.process import HOST, ROOT, Server, pinned
from bench.shop import Shop, shop
from scripts import services

PAGE = ROOT / "docs" / "SECURITY.md"
SOCKETS = 400
GUESSERS = 60
QUIET_S = 240.0
"""An idle actor leaves memory after two minutes or so; what it frees is given back in a quiet half minute."""
_PLACE = re.compile(r"(<!-- figures -->\n).*(<!-- /figures -->)", re.DOTALL)


class Row(msgspec.Struct, frozen=True):
    """One load: what the bystanders felt, the server's memory in MB, and what became of the attackers."""

    load: str
    manager: Waited
    probe: Waited
    megabytes: float
    attackers: str


def main() -> int:
    """Attack, print, write; 1 when a service is missing or a test fails."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--loads", action="store_true", help="without the tests")
    parser.add_argument("--print", action="store_true", help="do not write the page")
    parser.add_argument(
        "--seconds", type=float, default=25.0, help="of each load; more than twice WS_FLOOD_S"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not options.loads:
        tests = [sys.executable, "-m", "scripts.run_tests", "tests/attacks", "-q"]
        if subprocess.run(tests, cwd=ROOT, check=False).returncode:
            return 1
    with ExitStack() as stack:
        try:
            postgres, _ = services.postgres(stack, os.environ, durable=True)
        except services.Missing as why:
            print(why, file=sys.stderr)
            return 1
        on = machine(postgres)
        work = ROOT / ".bench"
        work.mkdir(exist_ok=True)
        with shop(postgres, SOCKETS, work, limited=True) as target:
            rows = asyncio.run(loads(target, options.seconds))
    text = "\n".join(figures(on, rows, options.seconds))
    print(text)
    if not options.print:
        PAGE.write_text(_PLACE.sub(lambda found: f"{found[1]}{text}\n{found[2]}", PAGE.read_text()))
    return 0


async def loads(target: Shop, seconds: float) -> list[Row]:
    """Run one load after the other against one server that is never restarted."""
    tokens = [each["token"] for each in target.rows["shoppers"]]
    few = [Flooder(tokens[n % 20], None) for n in range(SOCKETS)]
    many = [Flooder(token, None) for token in tokens]
    apart = [Flooder(token, f"10.1.{n >> 8}.{n & 255}") for n, token in enumerate(tokens)]
    barcode = target.rows["barcodes"][0]

    def flood(name: str, flooders: list[Flooder], *, once: bool = False) -> bytes:
        """Return a flood whose commands' ids begin with ``name``."""
        command = f'{{"type":"cart.add","id":"{name}@ID@","barcode":"{barcode}"}}'
        return msgspec.json.encode(Flood(HOST, target.server.port, command, seconds, flooders, once))

    rows = [await beside(target, "nobody", "", b"", seconds)]
    for name, told in (
        (f"{SOCKETS} shoppers who come once and go", flood("once", many, once=True)),
        (f"{SOCKETS} sockets of 20 accounts, one address", flood("few", few)),
        (f"{SOCKETS} sockets of as many accounts, one address", flood("many", many)),
        (f"{SOCKETS} sockets of as many accounts and addresses", flood("apart", apart)),
        ("the same who repeat their commands", flood("apart", apart)),
    ):
        rows.append(await beside(target, name, "bench.attack.flood", told, seconds))
    guess = Guess(HOST, target.server.port, seconds, GUESSERS)
    name = f"{GUESSERS} guessers of passwords, as many addresses"
    rows.append(await beside(target, name, "bench.attack.guesser", msgspec.json.encode(guess), seconds))
    rows.append(await later(target, seconds))
    name = f"{SOCKETS} sockets of as many accounts and addresses, again"
    for again in ("second", "third"):
        rows.append(await beside(target, name, "bench.attack.flood", flood(again, apart), seconds))
    rows.append(await later(target, seconds))
    return rows


async def later(target: Shop, seconds: float) -> Row:
    """Look again when nobody has come for a while."""
    await asyncio.sleep(QUIET_S)
    return await beside(target, f"nobody, {QUIET_S:.0f} s later", "", b"", seconds)


async def beside(target: Shop, load: str, module: str, told: bytes, seconds: float) -> Row:
    """Have the manager and the prober work beside a load."""
    print(load, flush=True)
    over = asyncio.Event()
    trolley = target.rows["shoppers"][0]["trolley_id"]
    by = [
        asyncio.create_task(manager(HOST, target.server.port, target.rows["manager"], trolley, over)),
        asyncio.create_task(prober(HOST, target.server.port, over)),
    ]
    try:
        said = await asyncio.to_thread(_attack, module, told, seconds) if module else b""
        if not module:
            await asyncio.sleep(seconds)
    finally:
        over.set()
    command, probe = await asyncio.gather(*by)
    return Row(load, command, probe, memory(target.server), fate(module, said))


def _attack(module: str, told: bytes, seconds: float) -> bytes:
    # Below the bystanders, whose waiting for this machine's processor is none of the server's doing.
    command = ["nice", "-n", "10", *pinned([sys.executable, "-m", module], "load")]
    done = subprocess.run(
        command, input=told, stdout=subprocess.PIPE, cwd=ROOT, check=True, timeout=seconds + 120
    )
    return done.stdout


def fate(module: str, said: bytes) -> str:
    """Say what became of the attackers."""
    if module.endswith("flood"):
        seen = msgspec.json.decode(said, type=Flooded)
        return (
            f"{seen.sent:,} sent, {seen.answered:,} answered, {seen.refused:,} refused; cut off"
            f" {seen.cut_off:,} times, turned away {seen.turned_away:,}; their core {seen.client_cpu:.0%}"
        )
    if module.endswith("guesser"):
        statuses = msgspec.json.decode(said, type=Guessed).statuses
        return ", ".join(f"{count:,} × {status or 'no answer'}" for status, count in sorted(statuses.items()))
    return ""


def memory(server: Server) -> float:
    """Return the server's resident megabytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def figures(on: Machine, rows: Sequence[Row], seconds: float) -> list[str]:
    """Return the lines of the page."""
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {on.commit}: {on.processor}, {on.cores} cores"
        f" for server and attackers, load average before {on.load_before}; {seconds:.0f} s each; in ms.",
        "",
        "| beside | manager p50 | p99 | max | failed | /healthz p50 | p99 | max | failed | MB | attackers |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        *(_line(row) for row in rows),
    ]


def _line(row: Row) -> str:
    waits = (
        f"{each.p50:.0f} | {each.p99:.0f} | {each.most:.0f} | {each.failures} of {each.asked}"
        for each in (row.manager, row.probe)
    )
    return f"| {row.load} | {' | '.join(waits)} | {row.megabytes:.0f} | {row.attackers} |"


if __name__ == "__main__":
    began = time.monotonic()
    status = main()
    print(f"{time.monotonic() - began:.0f} s")
    raise SystemExit(status)
