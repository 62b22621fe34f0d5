"""What became of an experiment: who has met each variant, and bought since. Blocking.

Intervals hold 95 % of the time: of a rate Wilson's (1927, doi:10.1080/01621459.1927.10502953), of the lift
that of the logarithm of the ratio of two rates (Katz et al. 1978, doi:10.2307/2530610).
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import msgspec
from django.db.models import Count, Exists, OuterRef, Q

from core.assistant.models import Experiment, ExperimentVariant, Exposure
from core.orders.models import Order

CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


class ConfidenceInterval(NamedTuple):
    """Between which values something lies."""

    low: float
    high: float


class VariantResult(NamedTuple):
    """One variant: how many have met it, and how many of them have bought since."""

    variant: str
    exposed: int
    bought: int
    rate: float | None
    rate_interval: ConfidenceInterval | None
    lift: float | None
    """By which part its rate is above the first variant's; None: that cannot be said, or it is the first."""
    lift_interval: ConfidenceInterval | None


def of(experiment: Experiment) -> list[VariantResult]:
    """Return the results by variant, in the experiment's order; the others are held against the first."""
    since = Order.objects.filter(
        user_id=OuterRef("user_id"), chain_slug=experiment.chain.slug, placed_at__gte=OuterRef("at")
    )
    rows = (
        Exposure.objects.filter(experiment=experiment)
        .annotate(has_bought=Exists(since))
        .values("variant")
        .annotate(exposed=Count("pk"), bought=Count("pk", filter=Q(has_bought=True)))
    )
    counts = {row["variant"]: (row["exposed"], row["bought"]) for row in rows}
    names = [each.name for each in msgspec.convert(experiment.variants, list[ExperimentVariant])]
    first = counts.get(names[0], (0, 0))
    return [
        _result(name, counts.get(name, (0, 0)), None if place == 0 else first)
        for place, name in enumerate(names)
    ]


def wilson(successes: int, of_all: int) -> ConfidenceInterval:
    """Return the score interval of a rate."""
    rate, square = successes / of_all, _Z**2
    middle = (rate + square / (2 * of_all)) / (1 + square / of_all)
    half = _Z / (1 + square / of_all) * math.sqrt(rate * (1 - rate) / of_all + square / (4 * of_all**2))
    return ConfidenceInterval(max(0.0, middle - half), min(1.0, middle + half))


def lift(one: tuple[int, int], other: tuple[int, int]) -> tuple[float | None, ConfidenceInterval | None]:
    """Return by which part the rate of ``one`` is above that of ``other``, and its interval.

    Both are counts of all and of successes. Without a success there is no ratio, or none of logarithms.
    """
    (all_one, good_one), (all_other, good_other) = one, other
    if not all_one or not good_other:
        return None, None
    ratio = (good_one / all_one) / (good_other / all_other)
    if not good_one:
        return ratio - 1, None
    spread = _Z * math.sqrt(1 / good_one - 1 / all_one + 1 / good_other - 1 / all_other)
    interval = ConfidenceInterval(ratio * math.exp(-spread) - 1, ratio * math.exp(spread) - 1)
    return ratio - 1, interval


def _result(name: str, counts: tuple[int, int], first: tuple[int, int] | None) -> VariantResult:
    exposed, bought = counts
    more, interval = (None, None) if first is None else lift(counts, first)
    return VariantResult(
        variant=name,
        exposed=exposed,
        bought=bought,
        rate=bought / exposed if exposed else None,
        rate_interval=wilson(bought, exposed) if exposed else None,
        lift=more,
        lift_interval=interval,
    )
