"""What the demo branches have on their shelves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from actors.messages.stock import AdjustStock, Quantity, ReceiveStock
from core.catalogue.models import Product
from core.demo.load import BRANCHES
from core.inventory.models import StockLevel
from core.tenancy.models import Branch

UNITS = 200
RUNNING_OUT = {"8904101521964": 4, "8904102740944": 3, "8904105616444": 5, "8904107581313": 2}
"""Barcodes of what is nearly gone, and how much is left."""
RUNNING_OUT_IN = "BRANCH-002"
"""The branch where it is; on the first branch's map nothing waits when the demo begins."""
LOW_AT = 6


class DemoDelivery(NamedTuple):
    """A command to a branch's stock, and the id by which it is carried out once."""

    branch: str
    command: ReceiveStock | AdjustStock
    id: str


def deliveries() -> list[DemoDelivery]:
    """Return the first delivery of each demo branch that has never had one, and what was counted after it.

    Blocking.
    """
    return list(_deliveries())


def _deliveries() -> Iterator[DemoDelivery]:
    for branch in Branch.objects.filter(code__in=BRANCHES).order_by("code"):
        if StockLevel.objects.filter(branch_code=branch.code).exists():
            continue
        products = list(
            Product.objects.filter(chain=branch.chain_id).order_by("barcode").prefetch_related("variants")
        )
        lines = [Quantity(sku, UNITS) for product in products for sku in _skus(product)]
        if not lines:
            continue
        yield DemoDelivery(
            branch.code, ReceiveStock(tuple(lines), "first delivery"), f"demo:first-delivery:{branch.code}"
        )
        for product in products if branch.code == RUNNING_OUT_IN else ():
            if product.barcode in RUNNING_OUT:
                counted = AdjustStock(
                    sku=str(product.pk), reason="count", counted=RUNNING_OUT[product.barcode], low_at=LOW_AT
                )
                yield DemoDelivery(branch.code, counted, f"demo:count:{branch.code}:{product.barcode}")


def _skus(product: Product) -> list[str]:
    return [str(product.pk), *(f"{product.pk}/{variant.pk}" for variant in product.variants.all())]
