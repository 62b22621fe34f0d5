"""What a product costs somebody: the offer, and the tier that it is made to."""

from __future__ import annotations

from actors.messages.cart import Offer
from actors.messages.pricing import TIERS
from core.catalogue.live.catalogue import Catalogue
from realtime.problems import Problem, invalid, not_found


def tier_of(text: str | None, usual: str) -> str:
    """Return the tier that is named, or the usual one. Raises the 400."""
    tier = usual if text is None else text.upper()
    if tier not in TIERS:
        raise invalid("user_tier", f"Expected one of {', '.join(TIERS)}.", code="unknown_tier")
    return tier


def offered(catalogue: Catalogue, product_id: str, variant_id: str | None, branch: str, tier: str) -> Offer:
    """Return the offer of a product that is sold. Raises the 404 or 400."""
    product = catalogue.by_id(product_id)
    if product is None:
        raise not_found("product_not_found", "There is no such product here.")
    if not product.is_active:
        raise Problem(400, "product_unavailable", f"{product.name} is not available.")
    try:
        return catalogue.offer(product, variant_id, branch, tier)
    except KeyError:
        raise not_found("variant_not_found", "There is no such variant of the product.") from None
