"""Learns from a chain's orders, and puts a model to use if it is no worse than the one that is."""

from __future__ import annotations

import logging
import time
import uuid
from pathlib import Path
from typing import NamedTuple, cast

from core.assistant.recommendations import baskets, files
from core.assistant.recommendations.baskets import Baskets
from core.assistant.recommendations.evaluation import Measured, measure
from core.assistant.recommendations.history import LEAST
from core.assistant.recommendations.learning import LAMBDA, ProgressCallback, learn, only_popular
from core.orders.models import Order, OrderItem

log = logging.getLogger(__name__)

HELD_OUT = 0.1
"""The latest share of the purchases, by which models are measured."""
STRENGTHS = (30.0, 100.0, 300.0, LAMBDA)
_TRIED_UP_TO = 2_000
"""With more products one strength is all there is time for."""
_NO_WORSE = 0.995


class Trained(NamedTuple):
    """What came of a training; ``used`` is False where the model in use was better, or nothing was learnt."""

    used: bool
    purchases: int
    measured: Measured | None = None
    popular: Measured | None = None
    before: float | None = None
    """The recall of the model in use, on the same purchases."""


def bought(chain: str) -> Baskets:
    """Return what was bought in the chain, the oldest purchase first; products as 16 bytes each. Blocking."""
    orders = Order.objects.filter(chain_slug=chain)
    by_time = orders.order_by("placed_at", "order_id").values_list("order_id", flat=True)
    place = {order_id: row for row, order_id in enumerate(by_time.iterator(chunk_size=20_000))}
    lines = OrderItem.objects.order_by().values_list("order_id", "product_id").iterator(chunk_size=20_000)
    return baskets.of_lines(
        (place[order_id], product.bytes) for order_id, product in lines if order_id in place
    )


def train(chain: str, said: ProgressCallback = lambda share: None) -> Trained:
    """Learn from the chain's orders, and keep the model if it is no worse than what is in use. Blocking."""
    found = bought(chain)
    count = found.matrix.shape[0]
    if count < LEAST:
        return Trained(False, count)
    said(0.1)
    cut = int(count * (1 - HELD_OUT))
    past, latest = found.rows(slice(0, cut)), found.rows(slice(cut, count))
    strength, measured = _strongest(past, latest)
    said(0.5)
    popular = measure(only_popular(past), latest)
    before = _recall_of(files.path_of(chain), latest)
    if before is not None and measured.recall < before * _NO_WORSE:
        log.warning("the new model of %s is worse (%.3f) than the old (%.3f)", chain, measured.recall, before)
        return Trained(False, count, measured, popular, before)
    model = learn(found, strength=strength, said=lambda share: said(0.5 + 0.5 * share))
    about = files.ModelCard(
        version=uuid.uuid4().hex[:12],
        trained_at=time.time(),
        kind=model.kind,
        purchases=count,
        recall=measured.recall,
        popular_recall=popular.recall,
        coverage=measured.coverage,
        novelty=measured.novelty,
    )
    files.write(files.path_of(chain), about, cast("tuple[bytes, ...]", found.products), model)
    return Trained(True, count, measured, popular, before)


def _strongest(past: Baskets, latest: Baskets) -> tuple[float, Measured]:
    """Return the strength that does best on the latest purchases, and how well."""
    tried = STRENGTHS if past.matrix.shape[1] <= _TRIED_UP_TO else (LAMBDA,)
    found = [(strength, measure(learn(past, strength=strength), latest)) for strength in tried]
    return max(found, key=lambda each: each[1].recall)


def _recall_of(path: Path, latest: Baskets) -> float | None:
    """Return the recall of the model that is in use; None if there is none that can be."""
    try:
        model = files.read(path)
    except (FileNotFoundError, files.UnusableModel):
        return None
    columns = {uuid.UUID(product).bytes: column for column, product in enumerate(model.products)}
    known = baskets.over(
        tuple(columns),
        ([latest.products[column] for column in row.indices] for row in latest.matrix),
    )
    return measure(model.neighbours, known).recall
