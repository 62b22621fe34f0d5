"""The measurements that are tools of their own: the runtime's messages and the journal's commits."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

from bench.kit.process import ROOT, pinned
from bench.kit.stats import Section
from bench.measures import Bench


def runtime(bench: Bench) -> list[Section]:
    """Messages, loading and memory of actors: ``python -m bench.actors``."""
    return [
        tool("bench.actors", "actors", "The runtime alone", "Messages through actors, without a network.")
    ]


def journal(bench: Bench) -> list[Section]:
    """Events and commits of one writer: ``python -m bench.journal``."""
    method = "One writer commits batches of cart events with their read-model rows."
    return [tool("bench.journal", "journal", "The journal alone", method)]


def stock(bench: Bench) -> list[Section]:
    """Reservations of one branch's stock: ``python -m bench.stock``."""
    method = "The stock's decider: three lines of 10,000 SKUs reserved, pure Python in one thread."
    return [tool("bench.stock", "stock", "A reservation decided", method)]


def promotions(bench: Bench) -> list[Section]:
    """A cart's promotions: ``python -m bench.promotions``."""
    what = "A cart of 30 lines with a thousand promotions in force in the chain, and an add beside them."
    return [tool("bench.promotions", "promotions", "Promotions", what)]


def pricing(bench: Bench) -> list[Section]:
    """A line's price: ``python -m bench.pricing``."""
    return [tool("bench.pricing", "pricing", "A price", "With a thousand rules in force in the chain.")]


def scanning(bench: Bench) -> list[Section]:
    """Reading a scanned code: ``python -m bench.goods.scanning``."""
    return [tool("bench.goods.scanning", "scanning", "A scanned code", "A plain code beside a GS1 message.")]


def importing(bench: Bench) -> list[Section]:
    """A workbook of products: ``python -m bench.goods.importing``."""
    what = "A workbook of 100,000 products, read, checked and written to SQLite."
    return [tool("bench.goods.importing", "importing", "An import of products", what)]


def catalogue(bench: Bench) -> list[Section]:
    """A chain's products in memory: ``python -m bench.catalogue``."""
    method = "100,000 products of one chain, read from SQLite into memory."
    return [tool("bench.catalogue", "catalogue", "The catalogue in memory", method)]


def recommending(bench: Bench) -> list[Section]:
    """Suggestions for a cart, a training, and how good they are: ``python -m bench.recommending``."""
    method = (
        "Beside 30 lines of 100,000 products, and learnt from 1,000,000 made-up orders of 20,000. "
        "With `BASKETS=FILE` also how many of the products left out of its baskets are among the first ten."
    )
    return [tool("bench.recommending", "recommending", "Suggestions", method)]


def lock_bus(bench: Bench) -> list[Section]:
    """Polls and unlocks on a serial line in real time: ``python -m bench.bus``."""
    method = "Eight boards at 19200 baud, simulated at the line's own pace, in the process and over a pty."
    return [tool("bench.bus", "bus", "The lock bus alone", method)]


def tool(module: str, key: str, title: str, method: str) -> Section:
    """What a tool prints, as it prints it."""
    if importlib.util.find_spec(module) is None:
        raise RuntimeError(f"{module} is not there")
    done = subprocess.run(
        pinned([sys.executable, "-m", module], "server"),
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=900,
    )  # fmt: skip
    return Section(
        key=key,
        title=title,
        method=f"{method} `python -m {module}`, on one core.",
        unit="",
        rows=[],
        text=done.stdout,
    )
