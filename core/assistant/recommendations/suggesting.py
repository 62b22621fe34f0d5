"""Chooses what to suggest for a cart: from what was learnt, what is known of the shopper, and the catalogue.

Never suggested: what is in the cart, not sold, dismissed, without a tag of the shopper's diet, or with an
allergen that they are warned of. Whether the branch has it is asked by whoever shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Literal, NamedTuple

import numpy as np

from core.assistant.preferences.wants import Wants
from core.assistant.recommendations.files import Model
from core.assistant.recommendations.history import History
from core.assistant.recommendations.neighbours import best
from core.catalogue.live.catalogue import Catalogue, CatalogueProduct
from core.catalogue.live.products import UNKNOWN, Nutrients

Kind = Literal["budget", "sustainability", "health", "together", "again"]
_CANDIDATES = 120
_CHEAPER = Decimal("0.9")
_SWAPS = 2
_LEAST = 0.01
_LESS_SHARE, _DEARER = 0.7, Decimal("1.5")
"""What is healthier has at most this share of it, and costs at most this many times as much."""
_LESS_GRAMS = {"sugar": 2.0, "saturated_fat": 1.0, "salt": 0.2}
"""Grams less in 100 g or 100 ml from which it is worth a word."""


class Suggestion(NamedTuple):
    """One product to suggest; ``facts`` are for the reason's sentence."""

    product: CatalogueProduct
    kind: Kind
    reason: str
    confidence: float
    facts: dict[str, object] = {}
    instead_of: str | None = None


class Situation(NamedTuple):
    """The context of a suggestion."""

    catalogue: Catalogue
    lines: tuple[str, ...]
    """The ids of the products in the cart, in the order they came in."""
    wants: Wants
    history: History
    popular: Mapping[str, float]
    tight: bool = False
    """Whether the budget is nearly spent."""


def suggest(model: Model | None, situation: Situation) -> list[Suggestion]:
    """Return what to suggest, the best first; no product twice."""
    fits = _fitting(situation)
    swaps = [*_cheaper(situation, fits)] if situation.tight else []
    swaps += _greener(situation, fits)
    rest = sorted(
        (*_again(situation, fits), *_together(model, situation, fits), *_popular(situation, fits)),
        key=lambda each: -each.confidence,
    )
    first = _SWAPS if situation.wants.care != "low" or situation.tight else 1
    healthier = sorted(_healthier(situation, fits), key=lambda each: -each.confidence)
    return list(_once((*swaps[:first], *healthier[:1], *rest, *swaps[first:], *healthier[1:])))


def greener_than(product: CatalogueProduct, catalogue: Catalogue, wants: Wants) -> CatalogueProduct | None:
    """Return the greenest product of the same kind that suits, or None."""
    return next((other for other in catalogue.greener(product) if suits(other, wants)), None)


def suits(product: CatalogueProduct, wants: Wants) -> bool:
    """Return whether the product may be suggested under these preferences."""
    return wants.diet <= product.tags and not (wants.allergens & product.allergens)


def _fitting(situation: Situation) -> Callable[[str], CatalogueProduct | None]:
    find, wants = situation.catalogue.finder(), situation.wants
    never = {*situation.lines, *situation.history.dismissed}

    def fits(product_id: str) -> CatalogueProduct | None:
        product = None if product_id in never else find(product_id)
        return product if product is not None and product.is_active and suits(product, wants) else None

    return fits


_Fits = Callable[[str], CatalogueProduct | None]


def _together(model: Model | None, situation: Situation, fits: _Fits) -> Iterator[Suggestion]:
    if model is None:
        return
    columns = [column for each in situation.lines if (column := model.column.get(each)) is not None]
    if not columns:
        return
    basket = np.array(columns)
    find = situation.catalogue.finder()
    for column, score in best(model.neighbours, basket, _CANDIDATES):
        if score <= _LEAST:
            return
        if (product := fits(model.products[column])) is None:
            continue
        because = find(model.products[_speaker(model, basket, column)])
        facts: dict[str, object] = {"because": because.name if because else product.name}
        yield Suggestion(product, "together", "bought_together", min(1.0, score), facts)


def _speaker(model: Model, basket: np.ndarray, column: int) -> int:
    """Return the column of the basket that weighs most for the product."""
    known = model.neighbours

    def weight(mine: int) -> float:
        part = slice(known.starts[mine], known.starts[mine + 1])
        places = np.flatnonzero(known.columns[part] == column)
        return float(known.weights[part][places[0]]) if len(places) else 0.0

    return max((int(mine) for mine in basket), key=weight)


def _again(situation: Situation, fits: _Fits) -> Iterator[Suggestion]:
    history = situation.history
    for product_id, times in history.bought.items():
        if (product := fits(product_id)) is not None:
            yield Suggestion(product, "again", "bought_before", times / history.orders)


def _popular(situation: Situation, fits: _Fits) -> Iterator[Suggestion]:
    """Whatever else there is to suggest comes before what is merely popular."""
    for product_id, share in situation.popular.items():
        if (product := fits(product_id)) is not None:
            yield Suggestion(product, "together", "popular_here", share * _LEAST)


def _greener(situation: Situation, fits: _Fits) -> Iterator[Suggestion]:
    for product in _products(situation):
        other = greener_than(product, situation.catalogue, situation.wants)
        if other is None or fits(other.product_id) is None:
            continue
        saved = (product.carbon_kg or Decimal(0)) - (other.carbon_kg or Decimal(0))
        share = float(saved / product.carbon_kg) if product.carbon_kg else 0.0
        facts: dict[str, object] = {"because": product.name, "carbon": saved.normalize().to_eng_string()}
        yield Suggestion(other, "sustainability", "greener", share, facts, product.product_id)


def _cheaper(situation: Situation, fits: _Fits) -> Iterator[Suggestion]:
    """The cheapest of the same kind, the dearest of the cart's products first."""
    for product in sorted(_products(situation), key=lambda each: -each.price):
        kind = (each for each in situation.catalogue.of_kind(product) if fits(each.product_id) is not None)
        other = min(kind, key=lambda each: each.price, default=None)
        if other is None or other.price > product.price * _CHEAPER:
            continue
        saved = product.price - other.price
        facts: dict[str, object] = {
            "because": product.name, "price": saved, "currency": product.currency
        }  # fmt: skip
        share = float(saved / product.price)
        yield Suggestion(other, "budget", "cheaper", share, facts, product.product_id)


def _healthier(situation: Situation, fits: _Fits) -> Iterator[Suggestion]:
    """What is of the same kind with clearly less of one of the nutrients, and more of none."""
    for product in _products(situation):
        if product.nutrients == UNKNOWN:
            continue
        found = [
            (share, other, nutrient)
            for other in situation.catalogue.of_kind(product)
            if other.price <= product.price * _DEARER and fits(other.product_id) is not None
            for share, nutrient in _less(other.nutrients, product.nutrients)
        ]
        if not found:
            continue
        share, other, nutrient = max(found, key=lambda each: (each[0], -each[1].price))
        more, less = getattr(product.nutrients, nutrient), getattr(other.nutrients, nutrient)
        facts: dict[str, object] = {"because": product.name, "grams": f"{more - less:.1f}"}
        yield Suggestion(other, "health", f"less_{nutrient}", share, facts, product.product_id)


def _less(other: Nutrients, product: Nutrients) -> Iterator[tuple[float, str]]:
    """Yield of what the other has clearly less, and by which share; nothing if it has more of anything."""
    pairs = dict(zip(Nutrients._fields, zip(other, product, strict=True), strict=True))
    if any(less is not None and more is not None and less > more for less, more in pairs.values()):
        return
    for nutrient, (less, more) in pairs.items():
        if less is None or more is None:
            continue
        if less <= more * _LESS_SHARE and more - less >= _LESS_GRAMS[nutrient]:
            yield (more - less) / more, nutrient


def _products(situation: Situation) -> Iterator[CatalogueProduct]:
    find = situation.catalogue.finder()
    return (product for each in situation.lines if (product := find(each)) is not None)


def _once(found: Iterable[Suggestion]) -> Iterator[Suggestion]:
    seen: set[str] = set()
    for each in found:
        if each.product.product_id not in seen:
            seen.add(each.product.product_id)
            yield each
