"""What the demo branches have on their shelves."""

from __future__ import annotations

from collections.abc import Iterator

from actors.messages.stock import Quantity, ReceiveStock
from core.catalogue.models import Product
from core.demo.load import CHAIN, LOCKED_BRANCH, OPEN_BRANCH
from core.inventory.models import StockLevel

UNITS = 200


def deliveries() -> list[tuple[str, ReceiveStock]]:
    """Return the first delivery of each demo branch that has never had one. Blocking."""
    return list(_deliveries())


def _deliveries() -> Iterator[tuple[str, ReceiveStock]]:
    products = Product.objects.filter(chain__slug=CHAIN).order_by("barcode").prefetch_related("variants")
    lines = []
    for product in products:
        skus = [f"{product.pk}/{variant.pk}" for variant in product.variants.all()]
        lines += [Quantity(sku, UNITS) for sku in (str(product.pk), *skus)]
    for code in (LOCKED_BRANCH, OPEN_BRANCH):
        if lines and not StockLevel.objects.filter(branch_code=code).exists():
            yield code, ReceiveStock(tuple(lines), "first delivery")
