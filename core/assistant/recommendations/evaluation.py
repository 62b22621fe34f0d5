"""How good a model is on purchases that it has not seen.

Each product of a basket of two and more is left out in turn, and looked for among the first ten suggestions
for the rest of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from core.assistant.recommendations.baskets import Baskets
from core.assistant.recommendations.neighbours import Neighbours, scores

AT = 10


class Measured(NamedTuple):
    """What was found: all three are shares from 0 to 1, but for novelty."""

    recall: float
    """How often what was left out was among the first ten."""
    coverage: float
    """Which share of the products was suggested to anybody."""
    novelty: float
    """Bits: the mean of -log2 of the suggested products' popularity."""
    cases: int


def measure(model: Neighbours, baskets: Baskets, *, most: int = 20_000, seed: int = 0) -> Measured:
    """Return how good the model is on baskets of its columns, at most so many of them."""
    matrix = baskets.matrix
    sizes = np.diff(matrix.indptr)
    chosen = np.flatnonzero(sizes >= 2)
    if len(chosen) > most:
        chosen = np.random.default_rng(seed).choice(chosen, most, replace=False)
    hits = cases = 0
    shown = np.zeros(matrix.shape[1], np.int64)
    for row in chosen:
        basket = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        for place, wanted in enumerate(basket):
            rest = np.delete(basket, place)
            first = _first(scores(model, rest), rest)
            shown[first] += 1
            hits += wanted in first
            cases += 1
    bits = -np.log2(np.maximum(model.popularity, 1e-9))
    novelty = float((shown * bits).sum() / max(1, shown.sum()))
    return Measured(hits / max(1, cases), float((shown > 0).mean()) if len(shown) else 0.0, novelty, cases)


def _first(found: np.ndarray, basket: np.ndarray) -> np.ndarray:
    found[basket] = -np.inf
    count = min(AT, len(found))
    return np.argpartition(-found, count - 1)[:count]
