"""How good suggestions are, how long an answer takes, and a training.

``python -m bench.recommending --baskets FILE`` reads a basket a line, its products between commas: a fifth of
the baskets is held out, each product of those of two and more is left out in turn, and looked for among the
first ten; the recall is the mean of the baskets'. ``--serve`` times the choice for 30 lines among 100,000
products (processor time, so that other work on the machine does not count), ``--train`` learns from
1,000,000 made-up orders of 20,000 products. Without any of them all is measured; the file is then the one
that ``BASKETS`` in the environment names, if any.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from scipy import sparse

from core.assistant.recommendations import baskets, learning
from core.assistant.recommendations.baskets import Baskets
from core.assistant.recommendations.evaluation import AT
from core.assistant.recommendations.learning import learn, only_popular
from core.assistant.recommendations.neighbours import Neighbours, best, scores
from core.progress import ProgressBar

HELD_OUT = 0.2
SERVED = 5_000


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--baskets", type=Path, metavar="FILE")
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--train", action="store_true")
    options = parser.parse_args()
    everything = not (options.baskets or options.serve or options.train)
    named = os.environ.get("BASKETS") if everything else options.baskets
    if named:
        _recall(Path(named))
    if options.serve or everything:
        _serve()
    if options.train or everything:
        _train()


def _recall(file: Path) -> None:
    with file.open(newline="", encoding="utf-8") as lines:
        found = baskets.of(row for row in csv.reader(lines) if row)
    order = np.random.default_rng(0).permutation(found.matrix.shape[0])
    cut = int(len(order) * HELD_OUT)
    held, past = found.rows(np.sort(order[:cut])), found.rows(np.sort(order[cut:]))
    print(f"{found.matrix.shape[0]} baskets of {found.matrix.shape[1]} products")
    print(f"popularity  recall@{AT} {_mean_recall(only_popular(past), held):.4f}")
    print(f"EASE        recall@{AT} {_mean_recall(learn(past), held):.4f}")
    learning.DENSE_MOST = 0
    print(f"cosines     recall@{AT} {_mean_recall(learn(past), held):.4f}")


def _mean_recall(model: Neighbours, held: Baskets) -> float:
    shares = []
    for row in held.matrix:
        basket = row.indices
        if len(basket) < 2:
            continue
        hits = 0
        for place, wanted in enumerate(basket):
            rest = np.delete(basket, place)
            seen = scores(model, rest)
            seen[rest] = -np.inf
            hits += wanted in np.argpartition(-seen, AT)[:AT]
        shares.append(hits / len(basket))
    return statistics.fmean(shares)


def _serve() -> None:
    dice, products, kept = np.random.default_rng(0), 100_000, learning.NEIGHBOURS
    model = Neighbours(
        "made up",
        np.arange(0, products * kept + 1, kept, dtype=np.int64),
        dice.integers(0, products, products * kept, dtype=np.int32),
        dice.random(products * kept, dtype=np.float32),
        dice.random(products, dtype=np.float32),
    )
    took = []
    for _ in range(SERVED):
        cart = dice.integers(0, products, 30)
        began = time.thread_time()
        best(model, cart, 120)
        took.append((time.thread_time() - began) * 1000)
    took.sort()
    print(
        f"30 lines of {products} products, processor time: "
        f"p50 {took[SERVED // 2]:.2f} ms, p99 {took[SERVED * 99 // 100]:.2f} ms"
    )


def _train() -> None:
    orders, products, lines = 1_000_000, 20_000, 8
    dice = np.random.default_rng(0)
    tastes = dice.integers(0, 200, orders)
    near = tastes[:, None] * (products // 200) + dice.geometric(0.05, (orders, lines)) % (products // 200)
    far = dice.zipf(1.3, (orders, lines)) % products
    columns = np.where(dice.random((orders, lines)) < 0.6, near, far).astype(np.int32)
    rows = np.repeat(np.arange(orders), lines)
    ones = np.ones(rows.size, np.float32)
    matrix = sparse.coo_matrix((ones, (rows, columns.ravel())), shape=(orders, products)).tocsr()
    matrix.data[:] = 1.0
    began, progress = time.perf_counter(), ProgressBar(sys.stderr)
    model = learn(
        Baskets(tuple(range(products)), matrix), said=lambda share: progress.share("training", share)
    )
    took, most = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{model.kind}: {orders} orders of {products} products in {took:.0f} s, at most {most:.2f} GiB")


if __name__ == "__main__":
    main()
