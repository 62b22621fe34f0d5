"""Reads a chain's products into memory: all of them, or those that changed since."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from actors.kit.money import decimals, quantize
from actors.messages.cart import Offer
from actors.messages.money.amounts import ZERO
from actors.messages.restriction import Restriction
from core.catalogue import labels
from core.catalogue.labels import Layout
from core.catalogue.live import price_rules, promotions
from core.catalogue.live.price_rules import Rules
from core.catalogue.live.promotions import Promotions
from core.catalogue.models import Category, LabelLayout, Product, ProductCode, RecalledLot, Variant
from core.tax import live as taxes
from core.tax.live import Taxes
from core.tenancy.models import Chain

_CHUNK = 500
_MOST_CHANGED = 0.2
"""With more than this part changed, reading everything is quicker."""

Asked = tuple[str, str | None, str, str]
NOTHING: frozenset[str] = frozenset()


class Nutrients(NamedTuple):
    """Grams in 100 g or 100 ml; None: not known."""

    sugar: float | None = None
    saturated_fat: float | None = None
    salt: float | None = None


UNKNOWN = Nutrients()
_EAT_LESS = ("sugar_g", "saturated_fat_g", "salt_g")


class CatalogueVariant(msgspec.Struct, frozen=True, gc=False):
    """A variant that can be bought."""

    variant_id: str
    name: str
    price_adjustment: Decimal
    is_active: bool = True


class FurtherCode(NamedTuple):
    """A code that stands for so many units of a product or a variant."""

    code: str
    variant_id: str | None
    units: int


class CatalogueProduct(msgspec.Struct, frozen=True, gc=False):
    """A product as commands and carts need it; money in the currency's decimals."""

    product_id: str
    barcode: str
    name: str
    price: Decimal
    currency: str
    category: str
    """Slug of its category, or empty."""
    is_active: bool
    image: str
    emoji: str = ""
    colour: str = ""
    variants: tuple[CatalogueVariant, ...] = ()
    categories: tuple[str, ...] = ()
    """Ids of its category and those above it, nearest first."""
    version: int = 0
    codes: tuple[FurtherCode, ...] = ()
    allergens: frozenset[str] = NOTHING
    """What it is known to contain, see ``core.catalogue.allergens``."""
    tax_class: str = ""
    """Its own, or that of the nearest category that has one; empty: the usual one."""
    deposit: Decimal = ZERO
    restricted: Restriction | None = None

    recalled: frozenset[str] = NOTHING
    """Its recalled lots, in capitals."""
    tags: frozenset[str] = NOTHING
    """Its dietary tags."""
    carbon_kg: Decimal | None = None
    """Kilograms of CO2 equivalent a unit."""
    score: int | None = None
    """How sustainable it is, 0 to 100."""
    nutrients: Nutrients = UNKNOWN
    """What people are advised to eat less of."""

    def has_recalled(self, lots: Iterable[str]) -> bool:
        """Return whether one of the lots was called back."""
        return bool(self.recalled) and any(lot.upper() in self.recalled for lot in lots)

    def variant(self, variant_id: str) -> CatalogueVariant | None:
        """Return the active variant with that id."""
        return next((one for one in self.variants if one.variant_id == variant_id and one.is_active), None)


class _Place(NamedTuple):
    """What a product takes from its category."""

    slug: str = ""
    emoji: str = ""
    colour: str = ""
    path: tuple[str, ...] = ()
    tax_class: str = ""


_NOWHERE = _Place()


class ChainProducts(NamedTuple):
    """A chain's catalogue at one moment. ``offers``, ``shelves`` and ``greener`` grow."""

    by_id: dict[str, CatalogueProduct]
    by_barcode: dict[str, CatalogueProduct]
    by_code: dict[str, tuple[CatalogueProduct, FurtherCode]]
    rules: Rules
    offers: dict[Asked, Offer]
    layouts: dict[str, Layout]
    currency: str = ""
    places: dict[Any, _Place] = {}
    taxes: Taxes = Taxes()
    simple: bool = True
    """What a cart costs is what its goods do: nothing comes on top, no deposit and no rounding."""
    promotions: Promotions = Promotions()
    shelves: dict[str, tuple[CatalogueProduct, ...]] = {}
    """By category's slug, filled when first asked for."""
    greener: dict[str, tuple[CatalogueProduct, ...]] = {}
    """By product's id, filled when it is asked for."""


EMPTY = ChainProducts({}, {}, {}, Rules(), {}, {}, shelves={}, greener={})


def load(chain: str, before: ChainProducts = EMPTY) -> ChainProducts:
    """Return the chain's products; of ``before`` is kept what did not change. Blocking.

    Rows tell by their version whether they changed, so it does not matter who changed
    them, in which process, and whether anybody announced it.
    """
    row = Chain.objects.filter(slug=chain).first()
    if row is None:
        return EMPTY
    places = _places(row)
    layouts = labels.by_prefix(
        labels.layout(each.pattern, each.decimals) for each in LabelLayout.objects.filter(chain=row)
    )
    by_id = (
        _changed(row, places, before) if (row.currency, places) == (before.currency, before.places) else None
    )
    if by_id is None:
        by_id = {item.product_id: item for item in _products(row, places)}
    by_barcode, by_code = before.by_barcode, before.by_code
    if by_id is not before.by_id:
        by_barcode = {item.barcode: item for item in by_id.values()}
        by_code = {each.code: (item, each) for item in by_id.values() for each in item.codes}
    found, how = price_rules.load(chain), taxes.load(row)
    deposits = any(item.deposit for item in by_id.values())
    return ChainProducts(
        by_id=by_id,
        by_barcode=by_barcode,
        by_code=by_code,
        rules=found,
        offers={},
        layouts=layouts,
        currency=row.currency,
        places=places,
        taxes=how,
        simple=how.included and not deposits and decimals(row.currency) != 3,
        promotions=promotions.load(chain),
        shelves={},
        greener={},
    )


def _changed(
    chain: Chain, places: dict[Any, _Place], before: ChainProducts
) -> dict[str, CatalogueProduct] | None:
    """Return the products with the changed ones read again, or None if that would not be worthwhile."""
    old, wanted, there = before.by_id, [], 0
    versions = Product.objects.filter(chain=chain).order_by().values_list("pk", "version")
    for pk, version in versions.iterator(chunk_size=10_000):
        known = old.get(str(pk))
        there += known is not None
        if known is None or known.version != version:
            wanted.append(pk)
    if len(wanted) > _MOST_CHANGED * len(old):
        return None
    if not wanted and there == len(old):
        return old
    if there < len(old):
        # Something is gone for good, which is rare: only then is it worth to know what.
        left = {str(pk) for pk in Product.objects.filter(chain=chain).order_by().values_list("pk", flat=True)}
        found = {key: item for key, item in old.items() if key in left}
    else:
        found = old.copy()
    for part in _parts(wanted):
        found.update((item.product_id, item) for item in _products(chain, places, part))
    return found


def _parts(items: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(items)
    while part := list(itertools.islice(rest, _CHUNK)):
        yield part


def _products(
    chain: Chain, places: dict[Any, _Place], only: list[Any] | None = None
) -> Iterator[CatalogueProduct]:
    currency = chain.currency
    variants, codes, recalled = _variants(chain, only), _codes(chain, only), _recalled(chain)
    rows = Product.objects.filter(chain=chain).order_by()
    if only is not None:
        rows = rows.filter(pk__in=only)
    # Most products share their price with others: one Decimal does for all of them.
    prices: dict[Decimal, Decimal] = {}
    fields = (
        "pk", "barcode", "name", "price", "category_id", "is_active", "image", "version", "allergens",
        "tax_class", "deposit", "restricted", "dietary_tags", "carbon_footprint", "sustainability_score",
        "nutrition_facts",
    )  # fmt: skip
    for row in rows.values_list(*fields).iterator(chunk_size=10_000):
        pk, barcode, name, price, category, active, image, version, contains, *more = row
        tax_class, deposit, limits, tags, carbon, score, nutrition = more
        amount = prices.get(price)
        if amount is None:
            amount = prices[price] = quantize(price, currency)
        place = places.get(category, _NOWHERE)
        yield CatalogueProduct(
            product_id=str(pk),
            barcode=barcode,
            name=name,
            price=amount,
            currency=currency,
            category=place.slug,
            is_active=active,
            image=image,
            emoji=place.emoji,
            colour=place.colour,
            variants=variants.get(pk, ()),
            categories=place.path,
            version=version,
            codes=codes.get(pk, ()),
            allergens=_same(tuple(contains)) if contains else NOTHING,
            tags=_same(tuple(tags)) if tags else NOTHING,
            carbon_kg=carbon,
            score=score,
            nutrients=_nutrients(*map(nutrition.get, _EAT_LESS)) if nutrition else UNKNOWN,
            tax_class=tax_class or place.tax_class,
            deposit=ZERO if deposit is None else quantize(deposit, currency),
            restricted=Restriction(**limits) if limits else None,
            recalled=recalled.get(pk, NOTHING),
        )


@functools.lru_cache(10_000)
def _nutrients(sugar: float | None, saturated_fat: float | None, salt: float | None) -> Nutrients:
    """Return one record for all products that have the same."""
    found = Nutrients(sugar, saturated_fat, salt)
    return UNKNOWN if found == UNKNOWN else found


@functools.lru_cache(10_000)
def _same(names: tuple[str, ...]) -> frozenset[str]:
    """Return one set for all products of which the same is said."""
    return frozenset(names)


def _variants(chain: Chain, only: list[Any] | None) -> dict[Any, tuple[CatalogueVariant, ...]]:
    rows = Variant.objects.filter(product__chain=chain)
    if only is not None:
        rows = rows.filter(product__in=only)
    found: dict[Any, tuple[CatalogueVariant, ...]] = {}
    for row in rows:
        variant = CatalogueVariant(
            str(row.pk), row.name, quantize(row.price_adjustment, chain.currency), row.is_active
        )
        found[row.product_id] = (*found.get(row.product_id, ()), variant)
    return found


def _codes(chain: Chain, only: list[Any] | None) -> dict[Any, tuple[FurtherCode, ...]]:
    rows = ProductCode.objects.filter(chain=chain)
    if only is not None:
        rows = rows.filter(product__in=only)
    found: dict[Any, tuple[FurtherCode, ...]] = {}
    for product, code, variant, units in rows.values_list("product_id", "code", "variant_id", "units"):
        each = FurtherCode(code, _id(variant), units)
        found[product] = (*found.get(product, ()), each)
    return found


def _recalled(chain: Chain) -> dict[Any, frozenset[str]]:
    found: dict[Any, set[str]] = {}
    for product, lot in RecalledLot.objects.filter(chain=chain).order_by().values_list("product_id", "lot"):
        found.setdefault(product, set()).add(lot.upper())
    return {product: frozenset(lots) for product, lots in found.items()}


def _id(key: Any) -> str | None:
    return None if key is None else str(key)


def _places(chain: Chain) -> dict[Any, _Place]:
    rows = {row.pk: row for row in Category.objects.filter(chain=chain)}
    return {
        pk: _Place(row.slug, row.emoji, row.colour, path, _tax_class(rows, path))
        for pk, row in rows.items()
        for path in (_path(rows, pk),)
    }


def _tax_class(rows: dict[Any, Category], path: tuple[str, ...]) -> str:
    """Return the class of the nearest category that has one."""
    by_id = {str(pk): row.tax_class for pk, row in rows.items()}
    return next((by_id[each] for each in path if by_id[each]), "")


def _path(rows: dict[Any, Category], start: Any) -> tuple[str, ...]:
    path: list[str] = []
    here = start
    while here is not None and str(here) not in path:
        path.append(str(here))
        here = rows[here].parent_id
    return tuple(path)
