"""What a cart's goods do to the climate, and what could come instead; see docs/SUSTAINABILITY.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from actors.messages.cart import Line
from core.catalogue.live.products import CatalogueProduct
from realtime.views.base import View
from realtime.views.product import FindProduct, ProductView, product_view

_GRAM = Decimal("0.001")
_KG = Decimal(1000)

Greener = Callable[[str], CatalogueProduct | None]
"""Finds a greener product of the same kind by a product's id; None where there is none."""


class SwapView(View, frozen=True):
    """A greener product of the same kind as a line, for the whole of the line."""

    product: ProductView
    carbon_saved_kg: Decimal
    price_difference: Decimal
    """What it costs more; below nothing: less. By today's list prices."""


def no_swap(product_id: str) -> CatalogueProduct | None:
    """Find nothing that could come instead."""
    return None


def footprint(lines: Iterable[Line], find: FindProduct) -> tuple[Decimal | None, int | None]:
    """Return the kilograms of CO2 equivalent of all goods of which they are known, and the mean score."""
    carbon: Decimal | None = None
    points = scored = 0
    for line in lines:
        product = find(line.product_id)
        if product is None:
            continue
        if product.carbon_kg is not None:
            carbon = (carbon or Decimal(0)) + carbon_of(line, product.carbon_kg)
        if product.score is not None:
            points += product.score * line.quantity
            scored += line.quantity
    mean = None if not scored else (2 * points + scored) // (2 * scored)
    return None if carbon is None else carbon.quantize(_GRAM), mean


def carbon_of(line: Line, carbon_kg: Decimal) -> Decimal:
    """Return a line's footprint; a weighed piece's is that of its kilograms."""
    if line.weight_g is not None:
        return carbon_kg * line.quantity * line.weight_g / _KG
    return carbon_kg * line.quantity


def swap_of(line: Line, find: FindProduct, greener: Greener) -> SwapView | None:
    """Return what could come in the place of a line; in that of a weighed piece or a variant nothing."""
    other = None if line.label or line.variant_id else greener(line.product_id)
    now = None if other is None else find(line.product_id)
    if other is None or now is None:
        return None
    saved = (now.carbon_kg or Decimal(0)) - (other.carbon_kg or Decimal(0))
    return SwapView(
        product=product_view(other),
        carbon_saved_kg=(saved * line.quantity).quantize(_GRAM),
        price_difference=(other.price - now.price) * line.quantity,
    )
