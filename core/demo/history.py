"""A year of purchases by simulated shoppers, who have tastes, so that there is something to learn. Blocking.

Everybody has staples, most of them of the categories that they like, each bought on so many trips; some goods
bring others with them; and now and then somebody takes what many take. The same accounts and orders come out
again, whenever it is run.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from actors.kit.money import quantize
from actors.messages.cart import Line, PriceStep
from actors.messages.money.purchase import Purchase
from core.catalogue.models import Product
from core.demo.load import CHAIN, LOCKED_BRANCH, OPEN_BRANCH
from core.demo.visitors import Visitor, visitors
from core.orders.models import Order
from core.tenancy.models import Chain

SHOPPERS = 160
DAYS = 364
DAY_S = 86_400.0
ENDS_BEFORE_S = 3 * DAY_S
"""So long before now it ends: nobody is mailed a receipt of it."""
_HOURS = (10, 14, 19)
_STAPLES, _LIKED, _PREFERRED = 16, 3, 8.0
_BRINGS = 0.25
_TAKES_POPULAR = 0.35
_MOST_LINES = 25


class PastOrder(NamedTuple):
    """One purchase of the year; ``at`` in POSIX seconds."""

    at: float
    order_id: str
    user_id: str
    purchase: Purchase


class _Taste(NamedTuple):
    visitor: Visitor
    branch: str
    staples: dict[int, float]
    """On which share of the trips each product (by its place) is bought."""
    every_days: float


def orders(now: float, shoppers: int = SHOPPERS, days: int = DAYS) -> list[PastOrder]:
    """Return the year's purchases in the order of time; none if they have been written before."""
    accounts = visitors(shoppers)
    if not accounts or Order.objects.filter(pk=_id(accounts[0], 0)).exists():
        return []
    goods = [
        each
        for each in Product.objects.filter(chain__slug=CHAIN, is_active=True)
        .order_by("barcode")
        .select_related("category")
        if not each.restricted
    ]
    currency = Chain.objects.get(slug=CHAIN).currency
    dice = random.Random(0)
    popular = [1.0 / (rank + 2) for rank in range(len(goods))]
    dice.shuffle(popular)
    brings = {place: dice.sample(range(len(goods)), 2) for place in range(len(goods))}
    first_day = (now - ENDS_BEFORE_S) // DAY_S - days
    found = []
    for visitor in accounts:
        taste, day, number = _taste(visitor, goods, popular, dice), dice.uniform(0, 7), 0
        while day < days:
            at = (first_day + int(day)) * DAY_S + dice.choice(_HOURS) * 3600.0
            basket = _basket(taste, brings, popular, dice)
            found.append(_order(taste, number, at, [goods[place] for place in basket], currency, dice))
            day += dice.uniform(0.6, 1.4) * taste.every_days
            number += 1
    return sorted(found)


def _id(visitor: Visitor, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"demo-history:{visitor.username}:{number}"))


def _taste(
    visitor: Visitor, goods: Sequence[Product], popular: Sequence[float], dice: random.Random
) -> _Taste:
    kinds = sorted({_kind(each) for each in goods})
    liked = set(dice.sample(kinds, min(_LIKED, len(kinds))))
    weights = [
        weight * (_PREFERRED if _kind(each) in liked else 1.0)
        for each, weight in zip(goods, popular, strict=True)
    ]
    staples = {
        place: dice.uniform(0.15, 0.75) for place in dice.choices(range(len(goods)), weights, k=_STAPLES)
    }
    return _Taste(visitor, dice.choice((LOCKED_BRANCH, OPEN_BRANCH)), staples, dice.uniform(4, 11))


def _kind(product: Product) -> str:
    return product.category.slug if product.category else ""


def _basket(
    taste: _Taste, brings: dict[int, list[int]], popular: Sequence[float], dice: random.Random
) -> list[int]:
    """Return the places of what is bought on one trip, at least one thing."""
    found = [place for place, share in taste.staples.items() if dice.random() < share]
    found += [other for place in found for other in brings[place] if dice.random() < _BRINGS]
    while not found or dice.random() < _TAKES_POPULAR:
        found += dice.choices(range(len(popular)), popular)
    return list(dict.fromkeys(found))[:_MOST_LINES]


def _order(
    taste: _Taste, number: int, at: float, goods: Sequence[Product], currency: str, dice: random.Random
) -> PastOrder:
    order_id = _id(taste.visitor, number)
    lines = tuple(
        _line(f"{order_id[:8]}-{place}", each, dice.choice((1, 1, 1, 2, 3)), currency, at)
        for place, each in enumerate(goods)
    )
    purchase = Purchase(
        reservation_id=str(uuid.uuid5(uuid.NAMESPACE_OID, order_id)),
        branch=taste.branch,
        chain=CHAIN,
        session_id=None,
        trolley_id=None,
        lines=lines,
        total=sum((line.line_total for line in lines), Decimal(0)),
        currency=currency,
    )
    return PastOrder(at, order_id, taste.visitor.user_id, purchase)


def _line(line_id: str, product: Product, quantity: int, currency: str, at: float) -> Line:
    price = quantize(product.price, currency)
    return Line(
        line_id=line_id,
        product_id=str(product.pk),
        barcode=product.barcode,
        name=product.name,
        quantity=quantity,
        unit_price=price,
        line_total=price * quantity,
        price_trace=(PriceStep("base", price),),
        added_at=at,
    )
