"""What a commit of the journal costs: ``python -m bench.journal [--json] [--commits 40]``.

A batch is so many carts, each with one ``ItemAdded`` as the decider makes it, its kept
answer, the cart's totals and the line. All Python of a server shares one interpreter
lock, so what counts beside the pace is the processor time of the writer's own thread.
"""

from __future__ import annotations

import argparse
import gc
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path

import msgspec
import psycopg2

from actors import cart
from actors.messages.cart import AddItem, Offer
from actors.runtime.address import Address
from actors.runtime.journal import Recorded, Write
from bench.journal_ways import PARTITION, WAYS, rows_one_by_one
from bench.kit.process import ROOT, cpu_of
from core.entities import ENTITIES, PROJECTIONS
from core.journal.postgres import PostgresJournal
from core.journal.sqlite import SqliteJournal
from core.journal.store import SqlJournal
from scripts import services
from scripts.services.postgres import fresh_database

BATCHES = (32, 128, 512)
HEADING = (
    "store      way                               batch events/s py us/ev db us/ev commit ms beside ms\n"
    "(py, db: processor time of the writer's thread and of the database's process; beside: the commit\n"
    "with another Python thread computing all the time)"
)
CHOSEN = "the store: JSON, one string"
PRODUCTS = 10


class Figures(msgspec.Struct, frozen=True):
    """One way at one batch size."""

    store: str
    way: str
    batch: int
    events_per_s: float
    """By the median commit."""
    python_us: float
    """Processor microseconds of the writer's thread for an event."""
    server_us: float | None
    """The same of the database's process; None where there is none."""
    commit_ms: float
    """Median."""
    contended_ms: float
    """Median with another Python thread computing all the time, as a busy server's loop does."""


class Load:
    """Carts that add an item with every write."""

    def __init__(self, carts: int) -> None:
        self._states = {(user := str(uuid.uuid4())): cart.State(user) for _ in range(carts)}
        self._users = list(self._states)
        self._offers = [
            Offer(str(uuid.uuid4()), f"89012345678{n:02}", "Basmati rice 5 kg", Decimal("500.00"), "INR")
            for n in range(PRODUCTS)
        ]
        self._next = 0

    def batch(self, size: int) -> list[Write]:
        """Return the writes of the next so many carts."""
        return [self._write() for _ in range(size)]

    def _write(self) -> Write:
        user = self._users[self._next % len(self._users)]
        self._next += 1
        state, command_id, at = self._states[user], str(uuid.uuid4()), 1_700_000_000.125 + self._next
        command = AddItem(self._offers[state.revision % PRODUCTS])
        decision = cart.DECIDER.decide(state, command, cart.DECIDER.context(at, command_id, f"user:{user}"))
        [event] = decision.events
        after = self._states[user] = cart.DECIDER.evolve(state, event)
        codec = ENTITIES["cart"].codec
        name, version = codec.event_name(event)
        recorded = Recorded(
            after.revision, name, version, codec.encode_event(event), command_id, codec.fingerprint(command),
            command_id, codec.encode_answer(decision.answer), f"user:{user}", at,
        )  # fmt: skip
        return Write(Address("cart", user), (recorded,), (event,), after, None, 0, None, None)


@contextmanager
def computing() -> Iterator[None]:
    """Keep another Python thread busy meanwhile."""
    over = threading.Event()

    def compute() -> None:
        while not over.is_set():
            sum(range(200))

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def measure(
    store: str,
    way: str,
    size: int,
    commits: int,
    commit: Callable[[Sequence[Write]], object],
    pid: int | None,
) -> Figures:
    """Measure so many commits alone, then a third as many beside a computing thread."""
    load = Load(size * 8)
    batches = [load.batch(size) for _ in range(commits)]
    crowded = [load.batch(size) for _ in range(max(5, commits // 3))]
    commit(load.batch(size))
    gc.collect()
    served, used = cpu_of(pid) if pid else 0.0, time.thread_time()
    alone = [_timed(commit, batch) for batch in batches]
    used, events, middle = time.thread_time() - used, size * commits, statistics.median(alone)
    served = (cpu_of(pid) - served) / events * 1e6 if pid else 0.0
    with computing():
        contended = [_timed(commit, batch) for batch in crowded]
    return Figures(
        store,
        way,
        size,
        round(size / middle),
        round(used / events * 1e6, 2),
        round(served, 1) if pid else None,
        round(middle * 1e3, 2),
        round(statistics.median(contended) * 1e3, 2),
    )


def _timed(commit: Callable[[Sequence[Write]], object], batch: Sequence[Write]) -> float:
    began = time.perf_counter()
    commit(batch)
    return time.perf_counter() - began


def postgres(url: str, commits: int) -> Iterator[Figures]:
    """Measure the store and the other ways on one PostgreSQL database."""
    for size in BATCHES:
        store = PostgresJournal(url, PROJECTIONS)
        epoch = store.take("store")
        yield measure("PostgreSQL", CHOSEN, size, commits, committing(store, epoch), backend(store))
        store.close()
        for way, make in WAYS.items():
            owner, connection, write = PostgresJournal(url, {}), psycopg2.connect(url), make()
            commit = partial(write, connection, owner.take(PARTITION))
            yield measure("PostgreSQL", way, size, commits, commit, connection.info.backend_pid)
            connection.close()
            owner.close()


def sqlite(path: Path, commits: int) -> Iterator[Figures]:
    """Measure the store, and one statement with a row at a time, on one SQLite file."""
    for size in BATCHES:
        store = SqliteJournal(path, PROJECTIONS)
        yield measure("SQLite", CHOSEN, size, commits, committing(store, store.take("store")), None)
        commit = partial(rows_one_by_one, sqlite3.connect(path), store.take(PARTITION))
        yield measure("SQLite", "executemany", size, commits, commit, None)
        store.close()


def committing(store: SqlJournal, epoch: int) -> Callable[[Sequence[Write]], None]:
    """Return the store's commit, which must refuse nothing."""

    def commit(batch: Sequence[Write]) -> None:
        if refused := store.commit("store", epoch, batch).refused:
            raise RuntimeError(f"expected a commit, got {next(iter(refused.items()))}")

    return commit


def backend(store: PostgresJournal) -> int | None:
    """Return the process that serves the store's writer."""
    writer = store._writer
    return None if writer is None else writer.info.backend_pid


def migrate(url: str) -> None:
    """Make the tables, in a process of its own."""
    environ = {**os.environ, "DATABASE_URL": url, "DATA_DIR": tempfile.gettempdir()}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environ, check=True)


def run(commits: int) -> Iterator[Figures]:
    """Measure everything, on a server and a file of the bench's own."""
    with ExitStack() as stack:
        server, _ = services.postgres(stack, os.environ, durable=True)
        url = stack.enter_context(fresh_database(server, "bench_journal"))
        file = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=ROOT))) / "bench.sqlite3"
        migrate(url)
        migrate(f"sqlite:///{file}")
        yield from postgres(url, commits)
        yield from sqlite(file, commits)


def show(figures: Figures) -> None:
    """Print one line of the table."""
    server = "" if figures.server_us is None else f"{figures.server_us:.1f}"
    print(
        f"{figures.store:<11}{figures.way:<35}{figures.batch:>4}{figures.events_per_s:>9.0f}"
        f"{figures.python_us:>9.2f}{server:>9}{figures.commit_ms:>10.2f}{figures.contended_ms:>10.2f}",
        flush=True,
    )


def main() -> None:
    """Measure, and print a table, or JSON lines with ``--json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--commits", type=int, default=40, help="commits a way and batch size")
    options = parser.parse_args()
    if not options.json:
        print(HEADING)
    for figures in run(options.commits):
        if options.json:
            print(msgspec.json.encode(figures).decode(), flush=True)
        else:
            show(figures)


if __name__ == "__main__":
    main()
