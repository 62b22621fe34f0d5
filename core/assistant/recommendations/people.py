"""How good suggestions are for people of whom something is known: with the last days held out. Blocking."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from core.assistant.recommendations.evaluation import AT
from core.assistant.recommendations.history import RECENT_ORDERS
from core.assistant.recommendations.learning import learn
from core.assistant.recommendations.neighbours import scores
from core.assistant.recommendations.training import bought
from core.orders.models import Order

WEEK = timedelta(days=7)


class MeasuredPeople(NamedTuple):
    """How often what was left out of a basket was among the first ten suggestions, and popular products."""

    recall: float
    popular_recall: float
    cases: int


def measure_people(chain: str, held_out: timedelta = WEEK) -> MeasuredPeople | None:
    """Learn from all but the latest days, and return how good that is on these; None without any case.

    Each product of a basket is left out in turn. What goes with the rest and what its buyer has bought before
    are ranked as when they are shown: by the weight, or by the share of the purchases.
    """
    orders = Order.objects.filter(chain_slug=chain).order_by("placed_at", "order_id")
    rows = list(orders.values_list("user_id", "placed_at"))
    found = bought(chain)
    latest = rows[-1][1] - held_out if rows else None
    cut = sum(latest is not None and at <= latest for _, at in rows)
    if not cut:
        return None
    matrix, model = found.matrix, learn(found.rows(slice(0, cut)))
    before: dict[object, list[int]] = defaultdict(list)
    hits = popular_hits = cases = 0
    for row, (user_id, _) in enumerate(rows[: matrix.shape[0]]):
        basket = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        known = before[user_id][-RECENT_ORDERS:]
        if row >= cut and known and len(basket) > 1:
            again = np.asarray(matrix[known].mean(axis=0)).ravel()
            for place, wanted in enumerate(basket):
                rest = np.delete(basket, place)
                hits += wanted in _first(np.maximum(again, scores(model, rest)), rest)
                popular_hits += wanted in _first(model.popularity.copy(), rest)
                cases += 1
        before[user_id].append(row)
    return MeasuredPeople(hits / cases, popular_hits / cases, cases) if cases else None


def _first(found: np.ndarray, basket: np.ndarray) -> np.ndarray:
    found[basket] = -np.inf
    return np.argsort(-found, kind="stable")[:AT]
