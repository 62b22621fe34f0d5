"""What is bought together, and what it says of a basket. Apart from how it is learnt, which needs SciPy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Neighbours(NamedTuple):
    """Scores between products: row i holds ``columns[starts[i]:starts[i + 1]]`` and their weights."""

    kind: str
    starts: np.ndarray
    columns: np.ndarray
    weights: np.ndarray
    popularity: np.ndarray
    """In which share of the baskets each product is."""


def best(model: Neighbours, basket: np.ndarray, most: int) -> list[tuple[int, float]]:
    """Return the columns with the highest scores for the basket, the best first.

    Only columns that anything in the basket has a weight for are looked at, so it does not matter how many
    products there are.
    """
    parts = [slice(model.starts[column], model.starts[column + 1]) for column in basket]
    if not parts:
        return []
    columns = np.concatenate([model.columns[part] for part in parts])
    weights = np.concatenate([model.weights[part] for part in parts])
    found, place = np.unique(columns, return_inverse=True)
    summed = np.bincount(place, weights)
    summed[np.isin(found, basket)] = -np.inf
    count = min(most, len(found))
    chosen = np.argpartition(-summed, count - 1)[:count]
    chosen = chosen[np.argsort(-summed[chosen])]
    return [(int(found[each]), float(summed[each])) for each in chosen if summed[each] > -np.inf]


def scores(model: Neighbours, basket: np.ndarray) -> np.ndarray:
    """Return how much each product is spoken for by the basket's columns; popularity breaks ties."""
    parts = [slice(model.starts[column], model.starts[column + 1]) for column in basket]
    found: np.ndarray = model.popularity * np.float32(1e-6)
    if parts:
        columns = np.concatenate([model.columns[part] for part in parts])
        weights = np.concatenate([model.weights[part] for part in parts])
        found = found + np.bincount(columns, weights, minlength=len(found)).astype(np.float32)
    return found
