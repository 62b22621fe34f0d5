"""What an add costs the server's own code: the whole application in one process, between made-up sockets.

``python -m bench.adding`` prints processor time of the loop's and the writer's threads, and what the
garbage collector took. Other work on the machine makes such times longer, by a third and more;
``--instructions`` counts the machine's instructions instead, under valgrind, and repeats within one
per cent on any day: that is what to compare two versions by. Commits are slow there, so that as many
adds meet in one as do under load. No network: neither parser nor system calls of the sockets are in it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from scripts import services
from scripts.services.postgres import fresh_database

PRODUCTS = 40
SLOW_COMMIT_S = 0.25
SLOWER = 50
"""So many times longer valgrind takes."""
_VALGRIND = ("valgrind", "--tool=callgrind", "--instr-atstart=no", "--fair-sched=yes")


class Shopper:
    """One socket of the application, without a network."""

    def __init__(self, who: dict[str, str]) -> None:
        self._who = who
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._name, self._count = secrets.token_hex(8), 0
        self._started: asyncio.Future[str] | None = None
        self._bodies: list[str] = []
        self._left = 0
        self.done = asyncio.Event()
        self.failure = ""

    async def enter(self, application: Any, barcodes: list[str]) -> asyncio.Task[None]:
        """Connect and take a trolley; returns the socket's task. Raises RuntimeError if that is refused."""
        headers = [(b"authorization", f"Bearer {self._who['token']}".encode())]
        scope = {
            "type": "websocket",
            "path": "/ws/shopper/",
            "headers": headers,
            "subprotocols": ["trolley.v1"],
        }
        self._inbox.put_nowait({"type": "websocket.connect"})
        task = asyncio.ensure_future(application(scope, self._inbox.get, self._send))
        self._started = asyncio.get_running_loop().create_future()
        self._say({"type": "session.start", "trolley_id": self._who["trolley_id"]})
        answer = json.loads(await self._started)
        self._started = None
        session = {"session_id": answer["data"]["session_id"]}
        self._bodies = [json.dumps({"type": "cart.add", **session, "barcode": code}) for code in barcodes]
        return task

    def start(self, adds: int) -> None:
        """Add so many things, one after the other."""
        self._left = adds
        self.done.clear()
        self._add()

    def leave(self) -> None:
        """Close the socket."""
        self._inbox.put_nowait({"type": "websocket.disconnect"})

    def _add(self) -> None:
        body = self._bodies[self._count % len(self._bodies)]
        self._put(f'{{"id":"{self._name}{self._count}",{body[1:]}')

    def _say(self, frame: dict[str, str]) -> None:
        self._put(json.dumps({"id": f"{self._name}{self._count}", **frame}))

    def _put(self, text: str) -> None:
        self._count += 1
        self._inbox.put_nowait({"type": "websocket.receive", "text": text})

    async def _send(self, message: dict[str, Any]) -> None:
        text = message.get("text") or ""
        if '"type":"reply"' not in text:
            if message["type"] == "websocket.close":
                self._fail(f"the socket was closed: {message}")
            return
        if '"ok":true' not in text:
            self._fail(text)
            return
        if self._started is not None:
            self._started.set_result(text)
            return
        self._left -= 1
        if self._left:
            self._add()
        else:
            self.done.set()

    def _fail(self, why: str) -> None:
        if self._started is not None and not self._started.done():
            self._started.set_exception(RuntimeError(f"{self._who['trolley_id']} was not started: {why}"))
        self.failure = why
        self.done.set()


class Collector:
    """What the garbage collector took of the loop's thread, in seconds a pass."""

    def __init__(self) -> None:
        self.passes: list[float] = []
        self._began = 0.0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, info: dict[str, int]) -> None:
        now = time.thread_time()
        if phase == "start":
            self._began = now
        else:
            self.passes.append(now - self._began)


async def measure(rows: dict[str, Any], options: argparse.Namespace) -> None:
    """Serve, add in rounds, print."""
    from asgi import application

    if options.counted:
        _long_turns()
    loop = asyncio.get_running_loop()
    life: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    said: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    living = loop.create_task(application({"type": "lifespan"}, life.get, said.put))
    life.put_nowait({"type": "lifespan.startup"})
    if (answer := await said.get())["type"] != "lifespan.startup.complete":
        raise RuntimeError(f"expected the server to start, got {answer}")
    shoppers = [Shopper(who) for who in rows["shoppers"]]
    tasks = [await each.enter(application, rows["barcodes"]) for each in shoppers]
    writer = next(each for each in threading.enumerate() if each.name.startswith("Writer"))
    assert writer.ident is not None
    of_writer = time.pthread_getcpuclockid(writer.ident)
    collector = Collector()
    each_adds = options.adds // len(shoppers)
    adds = each_adds * len(shoppers)
    spent: list[tuple[float, float]] = []
    for number in range(options.rounds + 1):
        counted = options.counted and number == options.rounds
        if counted:
            _slow_commits()
            _count_instructions("on")
        began, writer_began = time.thread_time(), time.clock_gettime(of_writer)
        for shopper in shoppers:
            shopper.start(each_adds)
        for shopper in shoppers:
            await shopper.done.wait()
            if shopper.failure:
                raise RuntimeError(shopper.failure)
        spent.append((time.thread_time() - began, time.clock_gettime(of_writer) - writer_began))
        if counted:
            _count_instructions("off")
    for name, times in zip(("loop", "writer"), zip(*spent[1:], strict=True), strict=True):
        micros = sorted(1e6 * each / adds for each in times)
        print(f"{name:7} {statistics.median(micros):6.1f} us an add, at best {micros[0]:.1f}")
    passes, most = len(collector.passes), max(collector.passes, default=0.0)
    total = adds * len(spent)
    print(f"garbage collector: {passes} passes in {total} adds, {1e3 * most:.1f} ms the longest")
    for shopper in shoppers:
        shopper.leave()
    await asyncio.gather(*tasks)
    life.put_nowait({"type": "lifespan.shutdown"})
    await living


def _count_instructions(switch: str) -> None:
    subprocess.run(["callgrind_control", "-i", switch, str(os.getpid())], check=True, capture_output=True)


def _long_turns() -> None:
    """Let as many shoppers in during a turn of the loop as outside of valgrind, where it is shorter."""
    from realtime.limits import admission

    admission.AIM_S *= SLOWER


def _slow_commits() -> None:
    from core.journal.postgres import PostgresJournal

    write_all = PostgresJournal.write_all

    def slow(self: PostgresJournal, *arguments: Any) -> None:
        time.sleep(SLOW_COMMIT_S)
        write_all(self, *arguments)

    PostgresJournal.write_all = slow  # type: ignore[method-assign]


def _environment(url: str, folder: str) -> dict[str, str]:
    return {
        "DATABASE_URL": url,
        "DATA_DIR": folder,
        "SECRET_KEY": secrets.token_hex(32),
        "REDIS_URL": "",
        "DEMO_SHOPPERS": "",
        "WS_COMMANDS_PER_SECOND": "1000000",
        "ADDRESS_CLAIMS_PER_MINUTE": "1000000",
        "ACCESS_TOKEN_S": "7200",
        "ASK_TIMEOUT_S": "60",
        "DJANGO_SETTINGS_MODULE": "core.settings",
    }


def _prepared(options: argparse.Namespace) -> str:
    """Return the shoppers and goods of a filled database, as JSON; made in a process of its own."""
    command = [sys.executable, "-m", "bench.kit.prepare"]
    command += ["--shoppers", str(options.shoppers), "--products", str(PRODUCTS)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _serve(rows: str, options: argparse.Namespace) -> None:
    import django

    django.setup()
    from django.conf import settings

    settings.PERIODIC_JOBS = ()  # they are no part of an add
    import uvloop

    uvloop.run(measure(json.loads(rows), options))


def _instructions(rows: str, options: argparse.Namespace, found: Path) -> None:
    command = [*_VALGRIND, f"--callgrind-out-file={found}", sys.executable, "-m", "bench.adding", "--counted"]
    command += ["--shoppers", str(options.shoppers), "--adds", str(options.adds), "--rounds", "1"]
    done = subprocess.run(command, input=rows, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    [total] = re.findall(r"^totals: (\d+)$", found.read_text(), re.MULTILINE)
    print(f"{int(total) / options.adds:,.0f} instructions an add")


def main() -> None:
    """Measure or count."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shoppers", type=int, default=64)
    parser.add_argument("--adds", type=int, default=3200, help="a round")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--instructions", action="store_true", help="needs valgrind")
    parser.add_argument(
        "--profile", type=Path, help="where to leave what callgrind found, for callgrind_annotate"
    )
    parser.add_argument("--counted", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.counted:
        _serve(sys.stdin.read(), options)
        return
    with ExitStack() as stack:
        server, _ = services.postgres(stack, os.environ, durable=True)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        os.environ.update(_environment(stack.enter_context(fresh_database(server, "trolley_bench")), folder))
        rows = _prepared(options)
        if options.instructions:
            _instructions(rows, options, options.profile or Path(folder) / "callgrind")
        else:
            _serve(rows, options)


if __name__ == "__main__":
    main()
