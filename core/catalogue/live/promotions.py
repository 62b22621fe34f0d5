"""A chain's promotions in memory: which are in force where, when and for whom, and for which goods.

Indexed by product and category when they come into force, so that a cart asks only for its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from actors.kit import money
from actors.messages.cart import Line
from actors.messages.money.promotions import Deal
from actors.messages.money.promotions import Promotion as InForce
from actors.messages.pricing import TIERS
from core.catalogue.live.price_rules import usual_zone
from core.catalogue.models.promotions import Promotion, PromotionGoods
from core.tenancy.models import Branch

_MOST = 1_000
"""Places, tiers and products that are remembered."""
_HUNDRED = Decimal(100)


class Sold(Protocol):
    """What of a product says whether a promotion is about it."""

    @property
    def product_id(self) -> str:
        """Its id."""

    @property
    def categories(self) -> tuple[str, ...]:
        """Ids of its category and those above it."""


class GoodsIds(NamedTuple):
    """A set of goods; of nothing it is everything."""

    products: frozenset[str]
    categories: frozenset[str]


class Offered(NamedTuple):
    """A promotion with where, when and for whom it is."""

    promotion: InForce
    sets: tuple[GoodsIds, ...]
    branches: frozenset[str] = frozenset()
    """Codes; none: all."""
    tier: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    weekdays: str = ""
    hours: tuple[time, time] | None = None

    def holds(self, branch: str, tier: str, local: datetime) -> bool:
        """Whether it is in force in a branch for somebody of a tier, by the branch's own clock."""
        if self.branches and branch not in self.branches:
            return False
        if self.tier and TIERS.index(tier) < TIERS.index(self.tier):
            return False
        day, clock = local.date(), local.time()
        if (self.valid_from and day < self.valid_from) or (self.valid_until and day > self.valid_until):
            return False
        if self.weekdays and str(day.isoweekday()) not in self.weekdays:
            return False
        return self.hours is None or self.hours[0] <= clock < self.hours[1]


class Active:
    """The promotions in force in one place at one time, for people of one tier."""

    def __init__(self, offered: Iterable[Offered], until: float) -> None:
        self.until = until
        """POSIX seconds; from then on others may be."""
        self._offered = list(offered)
        self._first: list[int] = []
        """By promotion the number of its first set of goods, among all."""
        self._of: list[int] = []
        """By number of a set its promotion."""
        self._by_product: dict[str, list[int]] = {}
        self._by_category: dict[str, list[int]] = {}
        self._always: list[int] = []
        for place, each in enumerate(self._offered):
            self._first.append(len(self._of))
            for goods in each.sets:
                number = len(self._of)
                self._of.append(place)
                for product_id in goods.products:
                    self._by_product.setdefault(product_id, []).append(number)
                for category in goods.categories:
                    self._by_category.setdefault(category, []).append(number)
                if not goods.products and not goods.categories:
                    self._always.append(number)
        self._known: dict[str, tuple[int, ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._offered)

    def sets_with(self, product: Sold) -> tuple[int, ...]:
        """Return the numbers of the sets of goods in which a product is."""
        found = self._known.get(product.product_id)
        if found is None:
            if len(self._known) >= 50 * _MOST:
                self._known.clear()
            numbers = {*self._always, *self._by_product.get(product.product_id, ())}
            for category in product.categories:
                numbers.update(self._by_category.get(category, ()))
            found = self._known[product.product_id] = tuple(sorted(numbers))
        return found

    def deals(self, lines: Mapping[str, Line], find: Callable[[str], Sold | None]) -> tuple[Deal, ...]:
        """Return the promotions for which there is enough in these lines, with the keys of those lines."""
        keys: dict[int, list[str]] = {}
        for key, line in lines.items():
            product = find(line.product_id)
            for number in () if product is None else self.sets_with(product):
                if number in keys:
                    keys[number].append(key)
                else:
                    keys[number] = [key]
        found = []
        for place in sorted({self._of[number] for number in keys}):
            each, first = self._offered[place], self._first[place]
            sets = [keys.get(number, ()) for number in range(first, first + len(each.sets))]
            if _enough(each.promotion, sets, lines):
                found.append(Deal(each.promotion, tuple([tuple(these) for these in sets])))
        return tuple(found)


def _enough(promotion: InForce, sets: Sequence[Sequence[str]], lines: Mapping[str, Line]) -> bool:
    """Whether there are as many units as it takes; what was spent is seen to later."""
    if promotion.kind == "spend":
        return bool(sets[0])
    for n, keys in zip(promotion.units, sets, strict=True):
        if len(keys) < n and sum([lines[key].quantity for key in keys]) < n:
            return False
    return True


NONE = Active((), float("inf"))


class Promotions:
    """All of a chain. Never changes; a reload makes another."""

    def __init__(
        self, offered: Iterable[Offered] = (), zones: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._offered = tuple(offered)
        self._zones = zones
        self._hours = any(each.hours for each in self._offered)
        self._known: dict[tuple[str, str], Active] = {}

    def __bool__(self) -> bool:
        return bool(self._offered)

    @property
    def offered(self) -> tuple[Offered, ...]:
        """Every one, be it in force now or not."""
        return self._offered

    @property
    def by_branch(self) -> bool:
        """Whether it matters in which branch somebody shops."""
        return any(each.branches for each in self._offered) or (
            bool(self._offered) and len(set(self._zones.values())) > 1
        )

    def active(self, branch: str, tier: str, at: float) -> Active:
        """Return those in force in a branch (empty: nowhere known) for a tier at ``at``, POSIX seconds."""
        if not self._offered:
            return NONE
        known = self._known.get((branch, tier))
        if known is not None and at < known.until and at >= known.until - _DAY_S:
            return known
        return self._remembered(branch, tier, self.at(branch, tier, at))

    def at(self, branch: str, tier: str, at: float) -> Active:
        """Return the same, of any time, not to be remembered."""
        local = datetime.fromtimestamp(at, ZoneInfo(self._zones.get(branch, usual_zone(self._zones))))
        held = (each for each in self._offered if each.holds(branch, tier, local))
        return Active(held, self._until(local))

    def _remembered(self, branch: str, tier: str, active: Active) -> Active:
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[branch, tier] = active
        return active

    def _until(self, local: datetime) -> float:
        """Return until when nothing changes: the end of the minute where hours count, else of the day."""
        if self._hours:
            return local.replace(second=0, microsecond=0).timestamp() + 60
        day = local.date() + timedelta(days=1)
        return datetime(day.year, day.month, day.day, tzinfo=local.tzinfo).astimezone(UTC).timestamp()


_DAY_S = 26 * 3600


def load(chain: str) -> Promotions:
    """Read a chain's promotions. Blocking."""
    rows = (
        Promotion.objects.filter(chain__slug=chain, is_active=True)
        .select_related("chain")
        .prefetch_related("branches", "goods__products", "goods__categories")
        .order_by("-priority", "id")
    )
    found = [offered(row) for row in rows]
    if not found:
        return Promotions()
    zones = Branch.objects.filter(chain__slug=chain).order_by("code").values_list("code", "timezone")
    return Promotions(found, dict(zones))


def offered(row: Promotion) -> Offered:
    """Return a promotion as carts are told of it; its relations are read beforehand."""
    sets = sorted(row.goods.all(), key=lambda each: (each.is_gift, each.pk))
    bundle = row.kind == Promotion.Kind.BUNDLE
    buy, currency = row.buy or 1, row.chain.currency
    promotion = InForce(
        promotion_id=str(row.pk),
        name=row.name,
        kind=row.kind,  # type: ignore[arg-type]  # one of its choices, which are the same
        units=tuple(each.units for each in sets) if bundle else (buy,),
        off_units=buy - (row.pay or 0) if row.kind == Promotion.Kind.N_FOR_M else 1,
        percent=_HUNDRED if row.kind == Promotion.Kind.N_FOR_M else row.percent or Decimal(0),
        amount=None if row.amount is None else money.quantize(row.amount, currency),
        threshold=money.quantize(row.threshold or Decimal(0), currency),
        combines=row.combines,
        priority=row.priority,
    )
    hours = None
    if row.from_time is not None and row.until_time is not None:
        hours = (row.from_time, row.until_time)
    return Offered(
        promotion,
        tuple(_ids(each) for each in sets) or (GoodsIds(frozenset(), frozenset()),),
        frozenset(branch.code for branch in row.branches.all()),
        row.tier,
        row.valid_from,
        row.valid_until,
        row.weekdays,
        hours,
    )


def _ids(goods: PromotionGoods) -> GoodsIds:
    return GoodsIds(_keys(goods.products.all()), _keys(goods.categories.all()))


def _keys(rows: Iterable[Any]) -> frozenset[str]:
    return frozenset(str(row.pk) for row in rows)
