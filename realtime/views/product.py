"""Products as clients see them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol

from core.catalogue.live.products import CatalogueProduct
from realtime.views.base import View


class ProductBrief(View, frozen=True):
    """The product of an add's answer, as the sources' clients read it."""

    barcode: str
    name: str
    price: Decimal


class ProductView(View, frozen=True):
    """The product of a line, as it is today."""

    id: str
    barcode: str
    name: str
    price: Decimal
    is_active: bool
    image: str | None


class ProductLike(Protocol):
    """What a view needs of a catalogue's product."""

    @property
    def price(self) -> Decimal:
        """Of one unit, today."""

    @property
    def is_active(self) -> bool:
        """Whether it is sold."""

    @property
    def image(self) -> str | None:
        """Address of its picture; None or empty without one."""

    @property
    def allergens(self) -> frozenset[str]:
        """What it is known to contain."""

    @property
    def recalled(self) -> frozenset[str]:
        """Its recalled lots, in capitals."""

    @property
    def carbon_kg(self) -> Decimal | None:
        """Kilograms of CO2 equivalent a unit."""

    @property
    def score(self) -> int | None:
        """How sustainable it is, 0 to 100."""


FindProduct = Callable[[str], ProductLike | None]
"""By product id, from the catalogue in memory."""


def product_view(product: CatalogueProduct) -> ProductView:
    """Return a product as it is today, without a line."""
    return ProductView(
        id=product.product_id,
        barcode=product.barcode,
        name=product.name,
        price=product.price,
        is_active=product.is_active,
        image=product.image or None,
    )
