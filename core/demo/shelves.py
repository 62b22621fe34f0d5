"""What the demonstration's chains sell: products with pictures and variants, offers, labels of a scale."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from core import reference
from core.catalogue import media
from core.catalogue.models import (
    Category,
    LabelLayout,
    PriceRule,
    Product,
    ProductImage,
    Promotion,
    PromotionGoods,
    Variant,
    Voucher,
)
from core.demo import drawings
from core.tenancy.models import Chain

Pictures = dict[str, str]
"""Barcode of a product to the file of its picture."""
FILES = ("products.csv", "products-berlin.csv")
WEIGHED = "2100123000005"
"""Barcode of what the counter's scale labels by weight, as the label is without a weight."""
LAYOUT = "21IIIIIWWWWWC"
_DATA = Path(__file__).resolve().parent.parent / "catalogue" / "demo"
_NUTRITION = ("energy_kcal", "fat_g", "carbohydrate_g", "sugar_g", "protein_g", "salt_g")
_VARIANTS = {
    "8904108632779": (("Ground for filter", "0"), ("500 g", "380.00")),
    "8904110787085": (("Cool white", "0"), ("Daylight", "15.00")),
    "8904111452760": (("Medium", "0"), ("Hard", "0")),
}


def draw() -> Pictures:
    """Draw the pictures that are not in the media folder; outside a transaction, as it takes a second."""
    names = {row["barcode"]: row["name"] for file in FILES for row in _rows(file)}
    shown = ProductImage.objects.filter(product__barcode__in=names, position=0)
    there = {
        barcode: file
        for barcode, file in shown.values_list("product__barcode", "file")
        if media.path_of(file).exists()
    }
    return {
        barcode: there.get(barcode) or media.keep(drawings.picture(name)) for barcode, name in names.items()
    }


def fill(chain: Chain, file: str, pictures: Pictures) -> None:
    """Put categories and products into a chain. What is there already stays as it is."""
    rows = list(_rows(file))
    categories = _categories(chain, {row["category"] for row in rows})
    known = set(Product.objects.filter(chain=chain).values_list("barcode", flat=True))
    new = [_product(chain, categories, row) for row in rows if row["barcode"] not in known]
    unseen = [] if ProductImage.objects.filter(product__chain=chain).exists() else _unseen(chain, rows)
    Product.objects.bulk_create(new)
    Variant.objects.bulk_create(
        Variant(product=product, name=name, price_adjustment=Decimal(adjustment))
        for product in new
        for name, adjustment in _VARIANTS.get(product.barcode, ())
    )
    _show([*new, *unseen], pictures)
    if new or unseen:
        reference.changed(reference.CATALOGUE)


def _unseen(chain: Chain, rows: list[dict[str, str]]) -> list[Product]:
    """Return what was loaded before there were pictures."""
    barcodes = [row["barcode"] for row in rows]
    return list(Product.objects.filter(chain=chain, barcode__in=barcodes, image=""))


def _show(products: list[Product], pictures: Pictures) -> None:
    images = [
        ProductImage(
            product=product,
            file=pictures[product.barcode],
            width=drawings.SIDE,
            height=drawings.SIDE,
            alt=product.name,
        )
        for product in products
    ]
    for image in images:
        image.product.image = image.url
    ProductImage.objects.bulk_create(images)
    Product.objects.bulk_update(products, ["image"])


def _categories(chain: Chain, wanted: set[str]) -> dict[str, Category]:
    rows = list(_rows("categories.csv"))
    wanted = wanted | {row["parent"] for row in rows if row["slug"] in wanted}
    found: dict[str, Category] = {}
    for position, row in enumerate(rows):
        if row["slug"] not in wanted:
            continue
        found[row["slug"]], _ = Category.objects.get_or_create(
            chain=chain,
            slug=row["slug"],
            defaults={
                "name": row["name"],
                "parent": found.get(row["parent"]),
                "emoji": row["emoji"],
                "colour": row["colour"],
                "position": position,
            },
        )
    return found


def _product(chain: Chain, categories: dict[str, Category], row: dict[str, str]) -> Product:
    return Product(
        chain=chain,
        category=categories[row["category"]],
        barcode=row["barcode"],
        name=row["name"],
        price=Decimal(row["price"]),
        carbon_footprint=Decimal(row["carbon_footprint"]),
        sustainability_score=int(row["sustainability_score"]),
        nutrition_facts={name: float(row[name]) for name in _NUTRITION if row[name]},
        dietary_tags=row["dietary_tags"].split(),
        allergens=row["allergens"].split(),
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def offers_of_demo_mart(chain: Chain) -> None:
    """Two vouchers, rules by quantity, season and tier, and the layout of a scale's labels."""
    _voucher(chain, "WELCOME10", value=10, max_per_person=1)
    _voucher(chain, "FIRST100", value=20, max_uses=100)
    LabelLayout.objects.get_or_create(chain=chain, prefix="21", defaults={"pattern": LAYOUT, "decimals": 3})
    if PriceRule.objects.filter(chain=chain).exists():
        return
    for category in Category.objects.filter(chain=chain, slug="juices-and-water"):
        _rule(chain, "Six drinks or more", "quantity", 10, min_quantity=6, category=category)
    _season(chain, "Mango season", 20, "04-01", "06-30", "8904109307423")
    _season(chain, "Festive sweets", 10, "10-01", "11-30", "8904107581313")
    _tiers(chain)
    promotions_of_demo_mart(chain)


def promotions_of_demo_mart(chain: Chain) -> None:
    """Three of them: 3 for 2, the second at half price, and something off for spending much."""
    if Promotion.objects.filter(chain=chain).exists():
        return
    _promotion(chain, "Household: 3 for 2", "household", kind="n_for_m", buy=3, pay=2)
    _promotion(chain, "Care: the second at half price", "personal-care", kind="nth", buy=2, percent=50)
    spent = {"kind": "spend", "threshold": 1500, "amount": 150, "tier": "SILVER"}
    _promotion(chain, "150 off for members", "home-and-care", **spent)


def _promotion(chain: Chain, name: str, category: str, **gives: Any) -> None:
    for found in Category.objects.filter(chain=chain, slug=category):
        row = Promotion.objects.create(chain=chain, name=name, **gives)
        PromotionGoods.objects.create(promotion=row).categories.add(found)


def offers_of_kiezmarkt(chain: Chain) -> None:
    """One voucher, Advent, and the tiers."""
    _voucher(chain, "WILLKOMMEN", value=10, max_per_person=1)
    if PriceRule.objects.filter(chain=chain).exists():
        return
    _season(chain, "Advent", 15, "11-25", "12-24", "4260999002065")
    _tiers(chain)


def _voucher(chain: Chain, code: str, **offer: int) -> None:
    Voucher.objects.get_or_create(chain=chain, code=code, defaults=offer)


def _season(chain: Chain, name: str, percent: int, first: str, last: str, barcode: str) -> None:
    for product in Product.objects.filter(chain=chain, barcode=barcode):
        _rule(chain, name, "sale", percent, season_from=first, season_until=last, product=product)


def _tiers(chain: Chain) -> None:
    _rule(chain, "Gold customers", "tier", 15, tier="GOLD")
    _rule(chain, "Silver customers", "tier", 5, tier="SILVER")


def _rule(chain: Chain, name: str, kind: str, percent: int, **scope: Any) -> None:
    PriceRule.objects.create(chain=chain, name=name, kind=kind, value=percent, **scope)
