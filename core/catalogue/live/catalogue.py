"""A chain's catalogue in memory, for commands that must not wait for the database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache

from msgspec.structs import replace

from actors.messages.cart import Line, Offer
from actors.messages.money.amounts import PLAIN, Amounts, GoodsTerms, Promoted, TaxTerms
from actors.messages.pricing import TIERS, Voucher
from actors.pricing import amounts
from core.catalogue import barcodes, labels
from core.catalogue.labels import Layout, ScaleLabel
from core.catalogue.live import products
from core.catalogue.live.price_rules import Rules
from core.catalogue.live.products import CatalogueProduct, CatalogueVariant, FurtherCode
from core.catalogue.live.promotions import Active, Offered

__all__ = ["Catalogue", "CatalogueProduct", "CatalogueVariant"]

_MOST_OFFERS = 50_000
_LABELLED = 13
_SHORT = 2
_ASIDE = re.compile(r"[,(\[]")
_GREENER, _DEARER = Decimal("0.9"), Decimal("1.5")
"""What is greener has at most this share of the footprint, and costs at most this many times as much."""
_MOST_GREENER = 10


Scanned = tuple[CatalogueProduct | None, ScaleLabel | None, FurtherCode | None]
"""The product, what a label says of the one piece, and which of its further codes was scanned."""


class Catalogue:
    """All products of one chain. Reading is safe from any thread: a reload replaces everything at once."""

    def __init__(self, chain: str) -> None:
        self.chain = chain
        self._products = products.EMPTY
        self.simple = True
        """Whether a cart always costs the sum of its lines; read with every add, so no property."""
        self.plain = True
        """Whether it does so without promotions."""

    def __len__(self) -> int:
        return len(self._products.by_id)

    def by_barcode(self, code: str) -> CatalogueProduct | None:
        """Return the product with a scanned code (inactive ones too), or None if there is none.

        Raises barcodes.BarcodeError for a code that no product can have.
        """
        return self.scan(code)[0]

    def scan(self, code: str) -> Scanned:
        """Return the product with a scanned code, and what else the code says.

        Raises barcodes.BarcodeError for a code that no product can have.
        """
        now = self._products
        known = now.by_barcode
        exactly = known.get(code)
        if exactly is not None:
            if now.layouts and len(code) == _LABELLED:
                _refuse_blank(now.layouts.get(code[:2]), code)
            return exactly, None, None
        if (further := now.by_code.get(code)) is not None:
            return further[0], None, further[1]
        normal, elements = barcodes.reading(code, known)
        product, which = known.get(normal), None
        if product is None and (further := now.by_code.get(normal)) is not None:
            product, which = further
        if product is not None and elements:
            return product, labels.of_message(elements, now.currency), which
        if product is not None or len(normal) != _LABELLED:
            return product, None, which
        layout = now.layouts.get(normal[:2])
        if layout is None:
            return None, None, None
        product = known.get(layout.item_of(normal)) or known.get(layout.blank(normal))
        return product, None if product is None else layout.label(normal), None

    def by_id(self, product_id: str) -> CatalogueProduct | None:
        """Return the product (inactive ones too), or None."""
        return self._products.by_id.get(product_id)

    def finder(self) -> Callable[[str], CatalogueProduct | None]:
        """Return what looks up by id as of now, to look up many."""
        return self._products.by_id.get

    def of_kind(self, product: CatalogueProduct) -> Iterator[CatalogueProduct]:
        """Yield the other products of the same kind: of its category, with the same noun for a name.

        "Cow milk, 1 l" and "Oat milk" of a dairy shelf are both milk; "Milk cream" is another kind.
        """
        noun = _noun(product.name)
        for other in self._shelf(product.category) if noun else ():
            if other.product_id != product.product_id and noun == _noun(other.name):
                yield other

    def greener(self, product: CatalogueProduct) -> tuple[CatalogueProduct, ...]:
        """Return what is of the same kind with clearly less of a footprint, the least first."""
        known = self._products.greener
        found = known.get(product.product_id)
        if found is None:
            found = known[product.product_id] = self._greener(product)
        return found

    def _greener(self, product: CatalogueProduct) -> tuple[CatalogueProduct, ...]:
        if product.carbon_kg is None:
            return ()
        most, dearest = product.carbon_kg * _GREENER, product.price * _DEARER
        found = [
            (each.carbon_kg, each.price, each.product_id, each)
            for each in self.of_kind(product)
            if each.is_active
            and each.price <= dearest
            and each.carbon_kg is not None
            and each.carbon_kg <= most
        ]
        return tuple(each[-1] for each in sorted(found)[:_MOST_GREENER])

    def _shelf(self, category: str) -> tuple[CatalogueProduct, ...]:
        now = self._products
        if not now.shelves:
            found: dict[str, list[CatalogueProduct]] = {}
            for each in now.by_id.values():
                found.setdefault(each.category, []).append(each)
            now.shelves.update((slug, tuple(products)) for slug, products in found.items() if slug)
        return now.shelves.get(category, ())

    def offer(
        self,
        product: CatalogueProduct,
        variant_id: str | None = None,
        branch: str = "",
        tier: str = TIERS[0],
        label: ScaleLabel | None = None,
    ) -> Offer:
        """Return what a command takes along of the product: its price and every rule that could change it.

        ``branch`` is where the shopper is (empty: nowhere known), ``tier`` the account's;
        a ``label`` makes it the offer of that one piece. Raises KeyError for an unknown variant.
        """
        now = self._products
        key = (product.product_id, variant_id, branch, tier)
        if now.by_id.get(product.product_id) is not product:
            # Found before a reload: its offer is not one to keep.
            offer = _offer(now.rules, product, variant_id, branch, tier)
        elif (known := now.offers.get(key)) is not None:
            offer = known
        else:
            offer = _offer(now.rules, product, variant_id, branch, tier)
            if len(now.offers) >= _MOST_OFFERS:
                now.offers.clear()
            now.offers[key] = offer
        return offer if label is None else _labelled(offer, label)

    @property
    def offered(self) -> tuple[Offered, ...]:
        """Every promotion, be it in force now or not."""
        return self._products.promotions.offered

    def promotions(self, branch: str, tier: str, at: float) -> Active:
        """Return the promotions in force in a branch for a tier at ``at``, POSIX seconds."""
        return self._products.promotions.active(branch, tier, at)

    def promotions_then(self, branch: str, tier: str, at: float) -> Active:
        """Return the same of any time, to see what would be."""
        return self._products.promotions.at(branch, tier, at)

    def amounts(
        self,
        lines: Mapping[str, Line],
        currency: str,
        branch: str,
        day: date,
        promotions: tuple[Promoted, ...] = (),
    ) -> Amounts:
        """Return what lines, by their keys, amount to in a branch on a day of its calendar."""
        now = self._products
        by_id, taxes = now.by_id, now.taxes

        def terms(_: str, line: Line) -> GoodsTerms:
            product = by_id.get(line.product_id)
            return PLAIN if product is None else taxes.terms(product.tax_class, product.deposit, branch, day)

        return amounts(
            lines,
            currency,
            terms,
            included=taxes.included,
            by_line=taxes.by_line,
            promotions=promotions,
        )

    def tax_terms(self, lines: Mapping[str, Line], branch: str, day: date) -> TaxTerms:
        """Return what a checkout of the lines takes along."""
        now = self._products
        sold = {key: now.by_id.get(line.product_id) for key, line in lines.items()}
        goods = {
            key: now.taxes.terms(product.tax_class, product.deposit, branch, day)
            for key, product in sold.items()
            if product is not None
        }
        return TaxTerms(now.taxes.included, now.taxes.by_line, goods)

    @property
    def by_branch(self) -> bool:
        """Whether a price may hang on the branch."""
        return self._products.rules.by_branch or self._products.promotions.by_branch

    def voucher(self, code: str, branch: str, at: float) -> Voucher | None:
        """Return the voucher of that code, if it is valid in that branch at ``at``, POSIX seconds."""
        return self._products.rules.voucher(code, branch, at)

    def reload(self) -> None:
        """Read from the database what changed since the last time. Blocking."""
        self._products = products.load(self.chain, self._products)
        self.plain = self._products.simple
        self.simple = self.plain and not self._products.promotions


@lru_cache(200_000)
def _noun(name: str) -> str:
    """Return the word that says what it is: in Hebrew and Arabic the first, elsewhere the last.

    Numbers, units and what stands behind a comma or in brackets are none. Empty if there is no such word.
    """
    head = _ASIDE.split(name, maxsplit=1)[0].casefold()
    words = [word for word in head.split() if len(word) > _SHORT and word.isalpha()]
    if not words:
        return ""
    leads = unicodedata.bidirectional(words[0][0]) in ("R", "AL")
    return words[0] if leads else words[-1]


def _refuse_blank(layout: Layout | None, code: str) -> None:
    """Refuse the code under which the catalogue keeps what is weighed: on a label it has no value."""
    if layout is not None and layout.blank(code) == code:
        layout.label(code)


def _labelled(offer: Offer, label: ScaleLabel) -> Offer:
    if label.weight_g is not None:
        name = f"{offer.name}, {label.weight_g / 1000:.3f} kg"
        return replace(offer, name=name, label=label.code, weight_g=label.weight_g, lot=label.lot)
    if label.price is None:
        return replace(offer, lot=label.lot) if label.lot else offer
    return replace(offer, price=label.price, label=label.code, lot=label.lot, rules=())


def _offer(rules: Rules, product: CatalogueProduct, variant_id: str | None, branch: str, tier: str) -> Offer:
    variant = None
    if variant_id is not None and (variant := product.variant(variant_id)) is None:
        raise KeyError(variant_id)
    return Offer(
        product.product_id,
        product.barcode,
        product.name,
        product.price,
        product.currency,
        variant_id,
        variant.name if variant else None,
        variant.price_adjustment if variant else None,
        rules.of(product.product_id, variant_id, product.categories, branch, tier),
        product.categories,
        restricted=product.restricted,
    )
